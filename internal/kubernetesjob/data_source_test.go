package kubernetesjob_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

func config(server *acctest.PrefectServer, cluster *acctest.KubernetesCluster, lines ...string) string {
	return acctest.ProviderConfig(server, cluster) + fmt.Sprintf("data \"prefect_kubernetes_job\" \"test\" {\n%s\n}\n", strings.Join(lines, "\n"))
}

func is(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.prefect_kubernetes_job.test", tfjsonpath.New(attribute), check)
}

// create makes a Job and waits until it has failed.
func create(t *testing.T, cluster *acctest.KubernetesCluster, name, flowRunID string) {
	t.Helper()
	labels := map[string]string{}
	if flowRunID != "" {
		labels[jobspec.LabelFlowRunID] = flowRunID
	}
	jobs := cluster.Set.BatchV1().Jobs(cluster.Namespace)
	_, err := jobs.Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: batchv1.JobSpec{BackoffLimit: new(int32(0)), Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{
				Name: "flow", Image: "busybox:1", Command: []string{"sh", "-c", "exit 3"},
			}}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := jobs.Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Stop()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case event := <-events.ResultChan():
			job, ok := event.Object.(*batchv1.Job)
			if !ok {
				t.Fatalf("watch: %v", event)
			}
			for _, c := range job.Status.Conditions {
				if c.Type == batchv1.JobFailed && c.Status == corev1.ConditionTrue {
					return
				}
			}
		case <-timeout:
			t.Fatal("the Job does not fail")
		}
	}
}

func TestAccKubernetesJobDataSource(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	// The Prefect Server is not asked.
	server := &acctest.PrefectServer{API: "http://127.0.0.1:1"}
	run := uuid.NewString()
	create(t, cluster, "first", run)
	create(t, cluster, "second", run)
	create(t, cluster, "other", "")
	container := knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"name": knownvalue.StringExact("flow"), "image": knownvalue.StringExact("busybox:1"), "state": knownvalue.StringExact("terminated"),
		"reason": knownvalue.StringExact("Error"), "exit_code": knownvalue.Int64Exact(3), "restart_count": knownvalue.Int64Exact(0),
		"start_time": knownvalue.NotNull(), "end_time": knownvalue.NotNull(), "last_exit_code": knownvalue.Null(),
	})
	checks := func(name string, attempts int64, flowRun knownvalue.Check) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			is("name", knownvalue.StringExact(name)), is("namespace", knownvalue.StringExact(cluster.Namespace)), is("uid", knownvalue.NotNull()),
			is("flow_run_id", flowRun), is("attempts", knownvalue.Int64Exact(attempts)), is("image", knownvalue.StringExact("busybox:1")),
			is("status", knownvalue.StringExact("failed")), is("reason", knownvalue.StringExact("BackoffLimitExceeded")), is("message", knownvalue.NotNull()),
			is("active", knownvalue.Int64Exact(0)), is("created", knownvalue.NotNull()), is("start_time", knownvalue.NotNull()), is("end_time", knownvalue.NotNull()),
			is("conditions", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("True"),
			})})),
			is("events", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"reason": knownvalue.StringExact("SuccessfulCreate"), "type": knownvalue.StringExact("Normal"), "count": knownvalue.Int64Exact(1),
				"first_time": knownvalue.NotNull(),
			})})),
			is("pods", knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"phase": knownvalue.StringExact("Failed"), "node": knownvalue.NotNull(), "containers": knownvalue.ListExact([]knownvalue.Check{container}),
				"init_containers": knownvalue.ListSizeExact(0), "conditions": knownvalue.NotNull(), "events": knownvalue.NotNull(),
			})})),
		}
	}
	ofRun := fmt.Sprintf("flow_run_id = %q", run)
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server, cluster, ofRun), ConfigStateChecks: checks("second", 2, knownvalue.StringExact(run))},
			{Config: config(server, cluster, `name = "first"`), ConfigStateChecks: checks("first", 1, knownvalue.StringExact(run))},
			{Config: config(server, cluster, `name = "other"`), ConfigStateChecks: checks("other", 1, knownvalue.Null())},
			{Config: config(server, cluster, ofRun, fmt.Sprintf("namespace = %q", cluster.Namespace)), ConfigStateChecks: checks("second", 2, knownvalue.StringExact(run))},
			{
				Config:      config(server, cluster, ofRun, `namespace = "default"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      config(server, cluster, `name = "nothing"`),
				ExpectError: acctest.Recorded(),
			},
		},
	})
}

func TestAccKubernetesJobDataSource_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	cases := []string{
		``,
		`flow_run_id = "x"`,
		`name = ""`,
		"name = \"a\"\nnamespace = \" \"",
		"name = \"a\"\nflow_run_id = \"6f6b0e0e-0000-4000-8000-00000000000f\"",
		`name = "a"`,
	}
	steps := make([]resource.TestStep, 0, len(cases)+1)
	for _, lines := range cases {
		steps = append(steps, resource.TestStep{Config: config(server, nil, lines), ExpectError: acctest.Recorded(lines)})
	}
	steps = append(steps, resource.TestStep{
		Config:      config(server, &acctest.KubernetesCluster{Kubeconfig: "/nowhere/kubeconfig", Namespace: "a"}, `name = "a"`),
		ExpectError: acctest.Recorded(),
	})
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
