package interop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// TestAgent lets the real agent take the runs that Terraform creates. Each Job that it makes is compared, as the API
// server keeps it, with the one that this project's generator predicts.
func TestAgent(t *testing.T) {
	t.Parallel()
	cluster, elsewhere := clusterOf(t), clusterOf(t)
	w := newWorkshop(t)
	w.register("-p", w.script("greet"))
	w.agent(cluster, "--label", "interop", "--label", "another", "--disable-job-deletion",
		"--service-account-name", "default", "--env", "FROM_AGENT=1", "--env", "SHARED=agent")
	terraform := w.terraform(cluster, fmt.Sprintf(`
locals {
  job = {
    apiVersion = "batch/v1"
    kind       = "Job"
    metadata   = { name = "a-job-template-with-a-name-that-is-longer-than-allowed", labels = { team = "data" } }
    spec = {
      backoffLimit = 2
      template = {
        metadata = { annotations = { note = "kept" } }
        spec = {
          nodeSelector   = { "kubernetes.io/os" = "linux" }
          initContainers = [{ name = "prepare", image = "busybox:1", command = ["true"] }]
          containers = [
            {
              name      = "flow", image = "template:1", command = ["tini", "-g", "--"], resources = { limits = { cpu = 1 } }
              env       = [{ name = "SHARED", value = "template" }, { name = "OWN", value = "1" }]
            },
            { name = "second", image = "busybox:1", command = ["true"] },
          ]
        }
      }
    }
  }

  cases = {
    default = {}
    settings = {
      image = "flow:1", image_pull_policy = "IfNotPresent", image_pull_secrets = ["pull"], env = { SHARED = "run", MORE = "2" },
      cpu_request = "10m", cpu_limit = "2", memory_request = "16Mi", memory_limit = "1Gi", service_account_name = "default"
    }
    template = { job_template = jsonencode(local.job) }
    both     = { job_template = jsonencode(local.job), image = "flow:2", memory_limit = "512Mi", env = { SHARED = "run" } }
    path     = { job_template_path = "${path.module}/job.yaml" }
  }
}

data "prefect_flow" "greet" {
  project_name = %q
  name         = "greet"
}

resource "prefect_flow_run" "case" {
  for_each   = local.cases
  flow_id    = data.prefect_flow.greet.flow_id
  name       = each.key
  parameters = jsonencode({ name = each.key })
  labels     = ["interop"]
  run_config = { kubernetes = each.value }
  wait_for   = "finished"
}

output "runs" {
  value = { for name, run in prefect_flow_run.case : name => { id = run.id, state = run.state, job = run.job.name, image = run.job.image } }
}
`, project))
	terraform.write("job.yaml", `# A template as people write them.
apiVersion: batch/v1
kind: Job
spec:
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: flow
          env:
            - {name: QUOTED, value: "yes"}
          volumeMounts:
            - {name: scratch, mountPath: /scratch}
      volumes:
        - name: scratch
          emptyDir: {}
`)
	terraform.apply()
	var runs map[string]struct{ ID, State, Job, Image string }
	terraform.output("runs", &runs)
	if len(runs) != 5 {
		t.Fatalf("the runs are %v", runs)
	}
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		run := runs[name]
		if run.State != "Success" {
			t.Errorf("%s: the run ended %s", name, run.State)
		}
		made := jobOf(t, cluster, run.ID)
		if image := made.Spec.Template.Spec.Containers[0].Image; made.Name != run.Job || image != run.Image {
			t.Errorf("%s: Terraform has Job %s and image %s, the cluster %s and %s", name, run.Job, run.Image, made.Name, image)
		}
		predicted := w.predicted(elsewhere, run.ID, made.Labels[jobspec.LabelIdentifier])
		if diff := cmp.Diff(withoutIdentity(t, made), withoutIdentity(t, predicted)); diff != "" {
			t.Errorf("%s: the Jobs differ (-agent +generator):\n%s", name, diff)
		}
	}
	logs := podLogs(t, cluster)
	for name := range runs {
		says(t, logs, "Hello, "+name+"!")
	}
	terraform.unchanged("after the runs")
	if !t.Failed() {
		t.Logf("%d runs of Terraform were taken by the real agent, executed by the real flow runner, and their Jobs are as predicted", len(runs))
	}
}

// TestAgentRefusals compares what the real agent makes of a Job that the API
// server refuses with what Terraform says, which asks before it makes a run.
func TestAgentRefusals(t *testing.T) {
	t.Parallel()
	cluster := clusterOf(t)
	w := newWorkshop(t)
	w.register("-p", w.script("greet"))
	w.agent(cluster, "--label", "interop")
	const template = `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [` +
		`{"name": "flow", "volumeMounts": [{"name": "nowhere", "mountPath": "/x"}]}]}}}}`
	terraform := w.terraform(cluster, fmt.Sprintf(`
data "prefect_flow" "greet" {
  project_name = %q
  name         = "greet"
}

resource "prefect_flow_run" "refused" {
  flow_id    = data.prefect_flow.greet.flow_id
  labels     = ["interop"]
  run_config = { kubernetes = { job_template = %q } }
}
`, project, template))
	const refusal = "volumeMounts[0].name: Not found"
	applying := terraform.run("apply", "-auto-approve", "-input=false", "-no-color")
	if code := applying.wait(); code != 1 {
		t.Errorf("terraform apply ended with exit code %d, want 1", code)
	}
	says(t, strings.Join(strings.Fields(strings.ReplaceAll(applying.text(), "│", " ")), " "), refusal)
	if runs, err := w.server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{}); err != nil || len(runs) > 0 {
		t.Fatalf("Terraform has made %d runs of a Job that is refused: %v", len(runs), err)
	}

	// The agent finds out only when the run is there.
	output := w.python("templated.py", w.version("greet").ID, template)
	says(t, output, "Entered state <Submitted>", "Entered state <Failed>", refusal, "Failed")
}

// TestAgentManagesJobs leaves the real agent to look after its Jobs, which it
// does once a minute: it fails the run whose image cannot be pulled, and deletes
// the Jobs that are over. Terraform says why the one failed, and keeps what it
// knows of the other.
func TestAgentManagesJobs(t *testing.T) {
	t.Parallel()
	cluster := clusterOf(t)
	w := newWorkshop(t)
	w.register("-p", w.script("greet"))
	w.agent(cluster, "--label", "interop")
	run := func(name, lines string) *workspace {
		return w.terraform(cluster, fmt.Sprintf(`
data "prefect_flow" "greet" {
  project_name = %q
  name         = "greet"
}

resource "prefect_flow_run" "this" {
  flow_id  = data.prefect_flow.greet.flow_id
  name     = %q
  wait_for = "finished"
  %s
}
`, project, name, lines))
	}
	stuck := run("stuck", `labels = ["interop"]
  run_config = { kubernetes = { image = "registry.invalid/flow:1" } }`)
	failing := stuck.run("apply", "-auto-approve", "-input=false", "-no-color")
	finished := run("finished", "")
	finished.apply()
	jobs := cluster.Set.BatchV1().Jobs(cluster.Namespace)
	if code := failing.wait(); code != 1 {
		t.Errorf("terraform apply of a run whose image cannot be pulled ended with exit code %d, want 1", code)
	}
	said := strings.Join(strings.Fields(strings.ReplaceAll(failing.text(), "│", " ")), " ")
	for _, part := range []string{"registry.invalid/flow:1", "ErrImagePull"} {
		says(t, said, part)
	}
	eventually(t, "the agent to delete its Jobs", func() (bool, string) {
		list, err := jobs.List(t.Context(), metav1.ListOptions{})
		return err == nil && len(list.Items) == 0, fmt.Sprintf("%d are left, %v", len(list.Items), err)
	})
	// The agent has failed the run, not Terraform, which only waited.
	failed, err := w.server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{Name: "stuck"})
	if err != nil || len(failed) != 1 || failed[0].State != "Failed" || !strings.Contains(failed[0].StateMessage, "Kubernetes Error: ") {
		t.Errorf("the run whose image cannot be pulled is %+v, %v", failed, err)
	}
	finished.unchanged("after the agent deleted the Job")
}

// jobOf is the Job of a run.
func jobOf(t *testing.T, cluster *acctest.KubernetesCluster, runID string) *batchv1.Job {
	t.Helper()
	jobs := cluster.Set.BatchV1().Jobs(cluster.Namespace)
	list, err := jobs.List(t.Context(), metav1.ListOptions{LabelSelector: jobspec.LabelFlowRunID + "=" + runID})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("run %s has %d Jobs: %v", runID, len(list.Items), err)
	}
	return &list.Items[0]
}

// predicted is the Job that the generator makes of a run, with what the API
// server adds. Nothing is created.
func (w *workshop) predicted(cluster *acctest.KubernetesCluster, runID, identifier string) *batchv1.Job {
	w.t.Helper()
	run, err := w.server.Client.GetFlowRun(w.t.Context(), runID)
	if err != nil {
		w.t.Fatal(err)
	}
	flow, err := w.server.Client.GetFlow(w.t.Context(), run.FlowID)
	if err != nil {
		w.t.Fatal(err)
	}
	object := func(text []byte) map[string]any {
		value, err := serialization.Decode(text)
		if err != nil {
			w.t.Fatal(err)
		}
		members, _ := value.(map[string]any)
		return members
	}
	job, err := jobspec.Generate(jobspec.Run{
		ID: runID, FlowID: run.FlowID, CoreVersion: flow.CoreVersion, RunConfig: object(run.RunConfig), Storage: object(flow.Storage),
	}, jobspec.Agent{
		API: w.server.API, Labels: []string{"another", "interop"}, // sorted by the command line
		ServiceAccountName: "default",
		Env:                map[string]string{"FROM_AGENT": "1", "SHARED": "agent"},
	}, identifier)
	if err != nil {
		w.t.Fatal(err)
	}
	typed, err := jobspec.ToJob(job)
	if err != nil {
		w.t.Fatal(err)
	}
	jobs := cluster.Set.BatchV1().Jobs(cluster.Namespace)
	kept, err := jobs.Create(w.t.Context(), typed, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		w.t.Fatal(err)
	}
	return kept
}

// withoutIdentity is a Job without what differs between any two Jobs.
func withoutIdentity(t *testing.T, job *batchv1.Job) any {
	t.Helper()
	plain := job.DeepCopy()
	plain.ObjectMeta = metav1.ObjectMeta{Name: job.Name, Labels: job.Labels, Annotations: job.Annotations}
	plain.TypeMeta, plain.Status, plain.Spec.Selector = metav1.TypeMeta{}, batchv1.JobStatus{}, nil
	for _, label := range []string{"controller-uid", "batch.kubernetes.io/controller-uid"} {
		delete(plain.Labels, label)
		delete(plain.Spec.Template.Labels, label)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return decodeNumbers(t, text)
}
