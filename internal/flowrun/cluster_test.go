package flowrun_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
)

// clusterBench is a bench whose runs are executed by a real agent in a real
// cluster.
type clusterBench struct {
	*bench
	cluster *acctest.KubernetesCluster
	// skew is by how much the clock of the embedded Server is wrong, if it can be.
	skew *atomic.Int64
}

// newClusterBench registers a flow with this job template, if it is not nil.
func newClusterBench(t testing.TB, template map[string]any) *clusterBench {
	t.Helper()
	cluster := acctest.Cluster(t)
	server := acctest.Server(t)
	flow := flowJSON("my-example-flow")
	flow["run_config"] = kubernetesRun(map[string]any{"job_template": template}, "k8s")
	return &clusterBench{bench: benchOn(t, server, flow), cluster: cluster}
}

func (b *clusterBench) agent(change ...func(*agent.Options)) {
	b.t.Helper()
	acctest.AgentWith(b.t, b.PrefectServer, b.cluster, func(o *agent.Options) {
		o.Labels = []string{"k8s"}
		for _, c := range change {
			c(o)
		}
	})
}

func (b *clusterBench) config(lines ...string) string {
	return acctest.ProviderConfig(b.PrefectServer, b.cluster) + b.block("test", lines...)
}

// jobTemplate is a Job whose first container is changed by set.
func jobTemplate(set map[string]any, podSpec map[string]any) map[string]any {
	container := map[string]any{"name": "flow"}
	for name, value := range set {
		container[name] = value
	}
	spec := map[string]any{"containers": []any{container}, "restartPolicy": "Never"}
	for name, value := range podSpec {
		spec[name] = value
	}
	return map[string]any{
		"apiVersion": "batch/v1", "kind": "Job",
		"spec": map[string]any{"backoffLimit": 0, "template": map[string]any{"spec": spec}},
	}
}

// TestAccFlowRun_job follows a run to its Job, which the agent deletes as soon as
// it has finished.
func TestAccFlowRun_job(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, nil)
	b.agent(func(o *agent.Options) { o.DeleteFinishedJobs = true })
	job := knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"name":      knownvalue.StringRegexp(regexp.MustCompile(`^prefect-job-[0-9a-f]{8}$`)),
		"namespace": knownvalue.StringExact(b.cluster.Namespace),
		"uid":       knownvalue.NotNull(),
		"image":     knownvalue.StringExact("prefecthq/prefect:1.4.1"),
		"node":      knownvalue.NotNull(),
		"attempt":   knownvalue.Int64Exact(1),
		"pods": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"phase": knownvalue.StringExact("Succeeded"),
			"containers": knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"name": knownvalue.StringExact("flow"), "state": knownvalue.StringExact("terminated"),
				"reason": knownvalue.StringExact("Completed"), "exit_code": knownvalue.Int64Exact(0),
			})}),
		})}),
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: b.config(`on_destroy = "delete"`), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{
					value("state", knownvalue.StringExact("Success")),
					value("job", job),
					value("agent", knownvalue.ObjectPartial(map[string]knownvalue.Check{"id": knownvalue.NotNull()})),
					value("logs", knownvalue.NotNull()),
				},
			},
		},
	})
	if err := b.count(0); err != nil {
		t.Error(err)
	}
	jobs, err := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(jobs.Items) > 0 {
		t.Errorf("%d Jobs are left: %v", len(jobs.Items), err)
	}
}

// TestAccFlowRun_jobStays keeps the record of a run whose Job does not go away,
// and says that it is not a matter of rights.
func TestAccFlowRun_jobStays(t *testing.T) {
	t.Parallel()
	template := jobTemplate(nil, nil)
	template["metadata"] = map[string]any{"finalizers": []any{"example.com/hold"}}
	b := newClusterBench(t, template)
	b.agent()
	release := func() {
		jobs := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace)
		all, err := jobs.List(context.Background(), metav1.ListOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		for i := range all.Items {
			if _, err := jobs.Patch(context.Background(), all.Items[i].Name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(release)
	none := acctest.ProviderConfig(b.PrefectServer, b.cluster)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: b.config(`on_destroy = "delete"`, `timeouts = { stop = "4s" }`), Check: b.total(1)},
			{Config: none, ExpectError: acctest.Says("Could not delete the Job of flow run", "were still terminating", "`timeouts.stop`", "kubectl describe jobs,pods", "record was kept")},
			{PreConfig: release, Config: none, Check: b.total(0)},
		},
	})
}

// TestAccFlowRun_jobFails shows a failure in the cluster as Terraform prints it;
// TestAccFlowRun_causes has all of them.
func TestAccFlowRun_jobFails(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, jobTemplate(shell("exit 3"), nil))
	b.agent()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config:      b.config(`on_destroy = "delete"`),
			ExpectError: acctest.Says("ended in the state Failed", "exit code 3", "BackoffLimitExceeded", "container flow"),
		}},
	})
}

// TestAccFlowRun_jobRefused finds out before the run exists that the cluster
// would refuse its Job.
func TestAccFlowRun_jobRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		template map[string]any
		lines    []string
		says     []string
	}{
		"by the API server": {
			template: jobTemplate(map[string]any{"imagePullPolicy": "Sometimes"}, nil),
			says:     []string{"The cluster refuses the Job", "imagePullPolicy", "No run was created"},
		},
		"by the agent": {
			template: map[string]any{"apiVersion": "batch/v1", "kind": "Job", "spec": map[string]any{"template": "none"}},
			says:     []string{"The Kubernetes agent could not create a Job", "No run was created"},
		},
		"quantity": {
			lines: []string{`run_config = { kubernetes = { cpu_limit = "much", labels = ["k8s"] } }`},
			says:  []string{"much"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newClusterBench(t, tt.template)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps:                    []resource.TestStep{{Config: b.config(tt.lines...), ExpectError: acctest.Says(tt.says...)}},
			})
			if err := b.count(0); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccFlowRun_withoutCluster degrades to the Server alone when the cluster
// cannot be reached, and says so.
func TestAccFlowRun_withoutCluster(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.ends("Success", ""))
	config := strings.Replace(b.config(), "provider \"prefect\" {\n",
		fmt.Sprintf("provider \"prefect\" {\n  kubernetes = {\n    host = %q\n    token = \"none\"\n    insecure = true\n  }\n", "https://127.0.0.1:1"), 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config: config, ConfigPlanChecks: emptyPlan(),
			ConfigStateChecks: []statecheck.StateCheck{value("state", knownvalue.StringExact("Success")), value("job", knownvalue.Null())},
		}},
	})
}
