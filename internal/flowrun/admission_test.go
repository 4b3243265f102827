package flowrun_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

type reviewer = func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse

// deny is a webhook that refuses everything with this result.
func deny(result *metav1.Status) reviewer {
	return func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{Result: result}
	}
}

// denied is how webhooks made with the usual library answer.
func denied(message string) reviewer {
	return deny(&metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: message})
}

// untilRefused waits until the API server has learnt of a rule about a resource.
func (b *clusterBench) untilRefused(resource string) {
	b.t.Helper()
	dry := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	spec := corev1.PodSpec{RestartPolicy: "Never", Containers: []corev1.Container{{Name: "probe", Image: "probe"}}}
	until(b.t, "the rule is in force", func() bool {
		var err error
		if set := b.cluster.Set; resource == "jobs" {
			job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: spec}}}
			_, err = set.BatchV1().Jobs(b.cluster.Namespace).Create(b.t.Context(), job, dry)
		} else {
			_, err = set.CoreV1().Pods(b.cluster.Namespace).Create(b.t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: spec}, dry)
		}
		return err != nil
	})
}

// admissionRules are rules of a cluster, and what a diagnostic says of them.
func admissionRules() map[string]struct {
	rule func(t *testing.T, cluster *acctest.KubernetesCluster, resource string)
	says string
} {
	webhook := func(review reviewer) func(*testing.T, *acctest.KubernetesCluster, string) {
		return func(t *testing.T, cluster *acctest.KubernetesCluster, resource string) {
			t.Helper()
			acctest.Webhook(t, cluster, resource, review)
		}
	}
	return map[string]struct {
		rule func(t *testing.T, cluster *acctest.KubernetesCluster, resource string)
		says string
	}{
		"webhook":                    {webhook(denied("images come from registry.example.com only")), `.guard.example.com" denied the request: images come from registry.example.com only`},
		"webhook without a reason":   {webhook(deny(&metav1.Status{Message: "not on Fridays"})), `.guard.example.com" denied the request: not on Fridays`},
		"webhook without any result": {webhook(deny(nil)), `.guard.example.com" denied the request without explanation`},
		"policy": {func(t *testing.T, cluster *acctest.KubernetesCluster, resource string) {
			t.Helper()
			acctest.Policy(t, cluster, resource, "images come from registry.example.com only")
		}, "denied request: images come from registry.example.com only"},
	}
}

// TestAccFlowRun_jobDenied finds out before the run exists that a rule of the
// cluster refuses its Job.
func TestAccFlowRun_jobDenied(t *testing.T) {
	t.Parallel()
	for name, tt := range admissionRules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newClusterBench(t, jobTemplate(nil, nil))
			tt.rule(t, b.cluster, "jobs")
			b.untilRefused("jobs")
			run := acctest.Connect(t, b.PrefectServer, b.cluster).Create("prefect_flow_run", map[string]any{"flow_id": b.flow})
			b.refusedWith(run, `The cluster refuses the Job of flow "my-example-flow"`, tt.says)
			if err := b.count(0); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccFlowRun_jobDeniedWithoutTemplate warns of a rule of the cluster that
// refuses the Job as the provider makes it, and creates the run: the agent's own
// template may comply. The run's own template, if it has one, is what counts, and
// no template helps a Job that is none.
func TestAccFlowRun_jobDeniedWithoutTemplate(t *testing.T) {
	t.Parallel()
	for name, tt := range admissionRules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newClusterBench(t, nil)
			tt.rule(t, b.cluster, "jobs")
			b.untilRefused("jobs")
			session := acctest.Connect(t, b.PrefectServer, b.cluster)
			run := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "wait_for": "none"})
			if len(run.Diagnostics) != 1 || !run.Diagnostics[0].Warning || run.Diagnostics[0].Summary != `The cluster may refuse the Job of flow "my-example-flow"` ||
				!strings.Contains(run.Diagnostics[0].Detail, tt.says) {
				t.Errorf("got:\n%s", run)
			}
			for _, config := range []map[string]any{
				{"job_template": string(encode(t, jobTemplate(nil, nil)))},
				{"cpu_request": "2", "cpu_limit": "1"},
			} {
				config["labels"] = []string{"k8s"}
				strict := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "run_config": map[string]any{"kubernetes": config}})
				if len(strict.Diagnostics) != 1 || strict.Diagnostics[0].Warning {
					t.Errorf("%v: got:\n%s", config, strict)
				}
			}
			if err := b.count(1); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccFlowRun_podDenied explains a Job whose pod a rule of the cluster
// refuses, which no agent reports.
func TestAccFlowRun_podDenied(t *testing.T) {
	t.Parallel()
	for name, tt := range admissionRules() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newClusterBench(t, jobTemplate(nil, nil))
			tt.rule(t, b.cluster, "pods")
			b.untilRefused("pods")
			b.agent()
			run := acctest.Connect(t, b.PrefectServer, b.cluster).Create("prefect_flow_run", map[string]any{
				"flow_id": b.flow, "name": "nightly", "timeouts": map[string]any{"lost_job": "1s"},
			})
			b.refusedWith(run, `Flow run "nightly" has a Job that cannot start`, tt.says)
		})
	}
}

// TestAccFlowRun_lostJobCancelled cancels a run whose Job never had a pod, when
// on_timeout wants that.
func TestAccFlowRun_lostJobCancelled(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, jobTemplate(nil, nil))
	acctest.Webhook(t, b.cluster, "pods", denied("no pods today"))
	b.untilRefused("pods")
	b.agent()
	run := acctest.Connect(t, b.PrefectServer, b.cluster).Create("prefect_flow_run", map[string]any{
		"flow_id": b.flow, "name": "nightly", "timeouts": map[string]any{"lost_job": "1s"}, "on_timeout": "cancel",
	})
	b.refusedWith(run, `Flow run "nightly" has a Job that cannot start`, "The run was cancelled because of `on_timeout`.")
	if runs := b.runs(); len(runs) != 1 || runs[0].State != "Cancelled" {
		t.Errorf("the Server has %+v, want one run that is Cancelled", runs)
	}
}

// refusedWith checks that there is one error, with this headline and text.
func (b *clusterBench) refusedWith(run acctest.Applied, headline, text string) {
	b.t.Helper()
	if len(run.Diagnostics) != 1 || run.Diagnostics[0].Warning || run.Diagnostics[0].Summary != headline ||
		!strings.Contains(run.Diagnostics[0].Detail, text) {
		b.t.Errorf("want %q, %q; got:\n%s", headline, text, run)
	}
}

// TestAccFlowRun_webhookFails takes a webhook that does not answer for what may
// pass: it warns that the Job could not be tried, and creates the run, whose pod
// it goes on waiting for.
func TestAccFlowRun_webhookFails(t *testing.T) {
	t.Parallel()
	b := newClusterBench(t, jobTemplate(nil, nil))
	acctest.Webhook(t, b.cluster, "jobs", nil)
	b.untilRefused("jobs")
	session := acctest.Connect(t, b.PrefectServer, b.cluster)
	run := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "wait_for": "none"})
	if len(run.Diagnostics) != 1 || !run.Diagnostics[0].Warning || run.Diagnostics[0].Summary != "The Job could not be checked (dry run)" ||
		!strings.Contains(run.Diagnostics[0].Detail, "failed calling webhook") {
		t.Errorf("got:\n%s", run)
	}

	pods := newClusterBench(t, jobTemplate(nil, nil))
	acctest.Webhook(t, pods.cluster, "pods", nil)
	pods.untilRefused("pods")
	pods.agent()
	began := time.Now()
	late := acctest.Connect(t, pods.PrefectServer, pods.cluster).Create("prefect_flow_run", map[string]any{
		"flow_id": pods.flow, "name": "nightly", "timeouts": map[string]any{"lost_job": "100ms", "pod_start": "5s"},
	})
	pods.refusedWith(late, `Flow run "nightly" did not start within 5s`, "failed calling webhook")
	if took := time.Since(began); took < 5*time.Second {
		t.Errorf("gave up after %s", took)
	}
}
