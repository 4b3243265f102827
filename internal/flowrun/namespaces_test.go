package flowrun_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
)

// elsewhere has an agent create Jobs in another namespace than the bench's, which it returns.
func (b *clusterBench) elsewhere() *acctest.KubernetesCluster {
	b.t.Helper()
	other := b.cluster.Another(b.t)
	b.agent(func(o *agent.Options) { o.Kubernetes, o.Namespace = other.Client, other.Namespace })
	return other
}

// TestAccFlowRun_namespaces follows a run to its Job in the second of several namespaces, and deletes it there.
func TestAccFlowRun_namespaces(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, nil)
	other := b.elsewhere()
	several := *b.cluster
	several.Others = []string{other.Namespace}
	session := acctest.Connect(t, b.PrefectServer, &several)
	made := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "on_destroy": "delete"})
	if len(made.Diagnostics) > 0 || made.At("state") != "Success" || made.At("job", "namespace") != other.Namespace || made.At("job", "status") != "complete" {
		t.Errorf("got %s, %v", made, made.At("job"))
	}
	if found := acctest.Connect(t, b.PrefectServer, &several).Destroy(made); len(found) > 0 { // another command
		t.Errorf("got %+v", found)
	}
	jobs, err := other.Set.BatchV1().Jobs(other.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(jobs.Items) > 0 {
		t.Errorf("%d Jobs are left: %v", len(jobs.Items), err)
	}
	if err := b.count(0); err != nil {
		t.Error(err)
	}
}

// TestAccFlowRun_jobElsewhere says that the Job of a run is not in the namespace of the provider: as a warning if the run
// succeeds, and in the error if it does not.
func TestAccFlowRun_jobElsewhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script  string
		warning bool
		summary string
	}{
		"succeeds": {"", true, "The run's Job is not where the provider looks for it"},
		"fails":    {"exit 3", false, "ended in the state Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := jobTemplate(nil, nil)
			if tt.script != "" {
				template = jobTemplate(shell(tt.script), nil)
			}
			b := newClusterBench(t, template)
			other := b.elsewhere()
			made := acctest.Connect(t, b.PrefectServer, b.cluster).Create("prefect_flow_run", map[string]any{"flow_id": b.flow})
			one(t, made.Diagnostics, tt.warning, "", tt.summary, "There is no Job of this run in namespace "+b.cluster.Namespace, "although the agent submitted prefect-job-",
				"its `namespace` is the agent's")
			if made.At("job") != nil || strings.Contains(made.String(), other.Namespace) {
				t.Errorf("got %s", made)
			}
		})
	}
}

// TestAccFlowRun_jobDeleted has somebody delete the Job of a run, as `kubectl delete job` does, while it is waited for.
func TestAccFlowRun_jobDeleted(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, jobTemplate(shell(untilTerminated), map[string]any{"terminationGracePeriodSeconds": 1}))
	b.agent(func(o *agent.Options) { o.JobManagementInterval = time.Hour })
	session := acctest.Connect(t, b.PrefectServer, b.cluster)
	done := make(chan acctest.Applied, 1)
	go func() {
		done <- session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "timeouts": map[string]any{"lost_job": "2s"}})
	}()
	jobs := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace)
	until(t, "a pod runs", func() bool {
		all, err := jobs.List(t.Context(), metav1.ListOptions{})
		return err == nil && len(all.Items) == 1 && all.Items[0].Status.Ready != nil && *all.Items[0].Status.Ready == 1
	})
	background := metav1.DeletePropagationBackground
	if err := jobs.DeleteCollection(t.Context(), metav1.DeleteOptions{PropagationPolicy: &background}, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	made := <-done
	one(t, made.Diagnostics, false, "", "is still Submitted, but its Job is gone", "was deleted before its pod had ended", "for instance with `kubectl delete job`")
	if text := made.String(); strings.Contains(text, "Python module") {
		t.Errorf("blames Python: %s", text)
	}
}

// TestAccFlowRun_wrongCluster finds at plan that the cluster of the configuration cannot be used, for a run to be started and
// for one to be destroyed with its Job, which then fails and leaves the run.
func TestAccFlowRun_wrongCluster(t *testing.T) {
	t.Parallel()
	const context = "apiVersion: v1\nkind: Config\ncurrent-context: agent\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n" +
		"users: [{name: u, user: {token: x}}]\ncontexts: [{name: agents, context: {cluster: c, user: u}}]\n"
	for name, tt := range map[string]struct{ kubeconfig, says string }{
		"no kubeconfig": {"", "no such file"},
		"no context":    {context, "agent"},
		"not YAML":      {"{", "config"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			wrong := &acctest.KubernetesCluster{Kubeconfig: filepath.Join(t.TempDir(), "config"), Namespace: "flows"}
			if tt.kubeconfig != "" {
				if err := os.WriteFile(wrong.Kubeconfig, []byte(tt.kubeconfig), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			const summary = "The cluster in `kubernetes` cannot be used yet"
			config := map[string]any{"flow_id": b.flow, "wait_for": "none", "on_destroy": "delete"}
			session := acctest.Connect(t, b.PrefectServer, wrong)
			one(t, session.PlanNew("prefect_flow_run", config).Diagnostics, true, "", summary, tt.says, "is followed only on the Server")

			made := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_run", config)
			session = acctest.Connect(t, b.PrefectServer, wrong) // another command
			one(t, session.PlanDestroy(made), true, "", summary, tt.says, "it will fail")
			found := session.Destroy(made)
			if len(found) != 2 || !found[0].Warning || found[1].Warning || !strings.Contains(found[1].Detail, "could not remove the run's Job") {
				t.Errorf("got %+v", found)
			}
			if err := b.count(1); err != nil {
				t.Error(err)
			}
		})
	}
}
