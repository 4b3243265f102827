package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestExecute runs flows in processes of the user, without an agent: by
// `prefect run --execute` and by `prefect execute flow-run`.
func TestExecute(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	w.register("-p", w.flows)

	says(t, w.prefect("run", "--name", "greet", "--project", project, "--param", `name="process"`, "--execute"),
		"Looking up flow metadata... Done", "Creating run for flow 'greet'... Done", "Hello, process!", "Flow run succeeded!")
	output, code := w.try("run", "--name", "breaks", "--project", project, "--execute")
	if code != 1 {
		t.Errorf("exit code %d of a run that failed, want 1", code)
	}
	says(t, output, "1 is not enough", "Flow run failed!")

	// Mapped tasks and a branch.
	mapped := strings.TrimSpace(w.prefect("run", "--name", "mapped", "--project", project, "--quiet"))
	w.with(
		"PREFECT__CONTEXT__FLOW_RUN_ID="+mapped, "PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS=prefect.engine.cloud.CloudFlowRunner",
	).prefect("execute", "flow-run")
	var out struct {
		Runs []struct {
			State string `json:"state"`
			Tasks []struct {
				State string
				Task  struct{ Name string }
			} `json:"task_runs"`
		} `json:"flow_run"`
	}
	w.ask(`query($id: uuid) {
		flow_run(where: {id: {_eq: $id}}) { state task_runs { state task { name } } }
	}`, map[string]any{"id": mapped}, &out)
	states := map[string]int{}
	for _, task := range out.Runs[0].Tasks {
		states[task.Task.Name+" "+task.State]++
	}
	// One parent and three children; one of the two branches was skipped.
	for state, want := range map[string]int{
		"square Mapped": 1, "square Success": 3, "total Success": 1, "say Success": 1, "say Skipped": 1, "Merge Success": 1,
	} {
		if states[state] != want {
			t.Errorf("%d task runs are %q, want %d; there are %v", states[state], state, want, states)
		}
	}
	if out.Runs[0].State != "Success" {
		t.Errorf("the mapped run ended %s", out.Runs[0].State)
	}

	if output, code := w.try("execute", "flow-run"); code == 0 {
		t.Errorf("there was nothing to execute:\n%s", output)
	}
	const unknown = "11111111-0000-4000-8000-000000000000"
	if output, code := w.with("PREFECT__CONTEXT__FLOW_RUN_ID="+unknown).try("execute", "flow-run"); code == 0 || !strings.Contains(output, "not found") {
		t.Errorf("exit code %d for a run that does not exist:\n%s", code, output)
	}
}

// TestRun runs flows on the cluster through the real agent, watched by the
// command line, and asks for everything that it can show.
func TestRun(t *testing.T) {
	t.Parallel()
	cluster := clusterOf(t)
	w := newWorkshop(t)
	w.register("-p", w.flows)
	w.agent(cluster, "--label", "interop", "--disable-job-deletion")

	says(t, w.prefect("run", "--name", "greet", "--project", project, "--param", `name="cluster"`, "--run-name", "the-greeting", "--watch"),
		"Name: the-greeting", "Watching flow run execution...", "Entered state <Scheduled>", "Entered state <Submitted>",
		"Submitted for execution: Job prefect-job-", "Entered state <Success>", "Flow run succeeded!")
	output, code := w.try("run", "--name", "breaks", "--project", project, "--run-name", "the-failure", "--watch")
	if code != 1 {
		t.Errorf("exit code %d of a run that failed, want 1", code)
	}
	says(t, output, "Entered state <Failed>", "Flow run failed!")
	w.logged("the-greeting", "Beginning Flow run for 'greet'", "Hello, cluster!")
	w.logged("the-failure", "ValueError: 1 is not enough", "Flow run FAILED")
	if log := podLogs(t, cluster); strings.Contains(log, "virtual node:") || !strings.Contains(log, "Hello, cluster!") {
		t.Errorf("the run was not executed by the real Prefect; its pods' logs are:\n%s", log)
	}

	// What flows do with the API: child runs, views and artifacts.
	says(t, w.prefect("run", "--name", "parent", "--project", project, "--param", `project="`+project+`"`, "--run-name", "the-parent", "--watch"),
		"Entered state <Success>", "Flow run succeeded!")
	w.logged("the-parent", "Flow 'the child': Entered state <Success>")
	w.logged("the-parent", "The child's result: greeted child")
	w.logged("the-parent", "The views agree on greet.")
	w.children()

	says(t, w.prefect("get", "flows", "--project", project), "NAME", "VERSION", "breaks", "greet", "mapped", "parent", "waits")
	listed := w.prefect("get", "flow-runs", "--flow", "greet")
	for _, run := range []string{"the child", "the other child"} { // either may have been the first
		says(t, listed, "NAME", "FLOW NAME", "STATE", run, "Success", "the-greeting")
	}
	says(t, w.prefect("get", "tasks", "--flow-name", "breaks"), "first", "prefect.tasks.core.function.FunctionTask")
	says(t, w.prefect("describe", "flows", "--name", "greet"), `"name": "greet"`, `"name": "interop"`, `"stored_as_script": true`, `"version": 1`)
	says(t, w.prefect("describe", "tasks", "--name", "breaks"), `"slug"`)
	says(t, w.prefect("describe", "flow-runs", "--name", "the-failure"), `"serialized_state"`, `"type": "Failed"`)
	says(t, w.prefect("delete", "project", project), "interop deleted")
	if listed = w.prefect("get", "flows"); strings.Contains(listed, "greet") {
		t.Errorf("flows are left after their project:\n%s", listed)
	}
}

// logged waits until the client reads these lines in a run's log. What --watch
// shows ends with the run's final state, and the flow runner sends its last lines
// after that.
func (w *workshop) logged(run string, lines ...string) {
	w.t.Helper()
	eventually(w.t, "the log of "+run, func() (bool, string) {
		rest := w.prefect("get", "logs", "--name", run)
		for _, line := range lines {
			_, after, found := strings.Cut(rest, line)
			if !found {
				return false, rest
			}
			rest = after
		}
		return true, ""
	})
}

// children checks the runs and artifacts that the flow "parent" has made.
func (w *workshop) children() {
	w.t.Helper()
	var out struct {
		Runs []struct {
			Name, State string
			Parameters  map[string]any
		} `json:"flow_run"`
		Artifacts []struct {
			Kind string
			Data map[string]any
		} `json:"task_run_artifact"`
	}
	w.ask(`query {
		flow_run(where: {name: {_in: ["the child", "the other child"]}}, order_by: {name: asc}) { name state parameters }
		task_run_artifact(order_by: {kind: asc}) { kind data }
	}`, nil, &out)
	text, err := json.Marshal(out)
	if err != nil {
		w.t.Fatal(err)
	}
	// create_flow_run and StartFlowRun leave a link each, besides the flow's own.
	for part, want := range map[string]int{
		`"State":"Success"`: 2, `{"name":"child"}`: 1, `{"name":"other child"}`: 1, "http://example.com/second": 1, "# Second": 1, "irst": 0, "Gone": 0,
	} {
		if got := strings.Count(string(text), part); got != want {
			w.t.Errorf("%q is there %d times, want %d: %s", part, got, want, text)
		}
	}
}

// TestBothWays has the command line and Terraform run flows for each other.
func TestBothWays(t *testing.T) {
	t.Parallel()
	cluster := clusterOf(t)
	w := newWorkshop(t)
	document := filepath.Join(w.home, "flows.json")
	w.prefect("build", "-p", w.flows, "-o", document)
	w.agent(cluster, "--label", "interop", "--disable-job-deletion", "--name", "the-real-one",
		"--env", "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL=1")

	// Registered by Terraform, which the client then has nothing to add to.
	file := filepath.Join(w.home, "there")
	terraform := w.terraform(cluster, fmt.Sprintf(`
resource "prefect_flow" "all" {
  for_each   = provider::prefect::flows(file(%q))
  project_id = %q
  flow_json  = each.value
}
`, document, w.projectID))
	terraform.apply()
	says(t, w.register("-p", w.flows), "0 registered, 5 skipped")
	terraform.unchanged("after the client registered the same flows")

	// Run by the client, read by Terraform.
	says(t, w.prefect("run", "--name", "greet", "--project", project, "--param", `name="Terraform"`, "--run-name", "by-client", "--watch"),
		"Flow run succeeded!")
	eventually(t, "the Job to complete, which takes longer than the run", func() (bool, string) {
		list, err := cluster.Set.BatchV1().Jobs(cluster.Namespace).List(t.Context(), metav1.ListOptions{})
		done := err == nil && len(list.Items) == 1 && list.Items[0].Status.CompletionTime != nil
		return done, fmt.Sprint(err)
	})
	terraform.write("read.tf", `
data "prefect_flow_run" "by_client" {
  name = "by-client"
}

data "prefect_flow_run_logs" "by_client" {
  flow_run_id = data.prefect_flow_run.by_client.id
}

data "prefect_kubernetes_job" "by_client" {
  flow_run_id = data.prefect_flow_run.by_client.id
}

data "prefect_flow_runs" "greet" {
  version_group_id = prefect_flow.all["greet"].id
}

data "prefect_agents" "all" {}

output "read" {
  value = [
    data.prefect_flow_run.by_client.state,
    jsondecode(data.prefect_flow_run.by_client.parameters).name,
    data.prefect_flow_run.by_client.agent.name,
    strcontains(data.prefect_flow_run_logs.by_client.text, "Hello, Terraform!"),
    data.prefect_flow_run.by_client.job.name == data.prefect_kubernetes_job.by_client.name,
    data.prefect_kubernetes_job.by_client.status,
    data.prefect_kubernetes_job.by_client.pods[0].containers[0].exit_code,
    join(",", data.prefect_flow_runs.greet.flow_runs[*].name),
    join(",", data.prefect_agents.all.agents[*].name),
  ]
}
`)
	terraform.apply()
	var read []any
	terraform.output("read", &read)
	if got, want := fmt.Sprint(read), "[Success Terraform the-real-one true true complete 0 by-client the-real-one]"; got != want {
		t.Errorf("Terraform reads %s, want %s", got, want)
	}

	// Run by Terraform, watched by the client while it runs.
	terraform.write("run.tf", fmt.Sprintf(`
resource "prefect_flow_run" "waits" {
  flow_id    = prefect_flow.all["waits"].flow_id
  name       = "by-terraform"
  parameters = jsonencode({ path = %q })
  wait_for   = "finished"
}

output "run" {
  value = prefect_flow_run.waits
}
`, file))
	applying := terraform.run("apply", "-auto-approve", "-input=false", "-no-color")
	run := w.running("by-terraform")
	watching := w.start("prefect", "run", "--id", run.FlowID, "--idempotency-key", run.IdempotencyKey,
		"--param", fmt.Sprintf("path=%q", file), "--watch")
	script := w.start("python", testdata(t, "watch.py"), run.ID)
	eventually(t, "the client to see Terraform's run", func() (bool, string) {
		watching.stillRuns()
		script.stillRuns()
		applying.stillRuns()
		seen := strings.Contains(watching.text(), "Waiting for the file.") && strings.Contains(script.text(), "Waiting for the file.")
		return seen, watching.text() + script.text()
	})
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := watching.wait(); code != 0 {
		t.Errorf("exit code %d of the watching client", code)
	}
	says(t, watching.text(), "Name: by-terraform", "UUID: "+run.ID,
		"Entered state <Running>", "Waiting for the file.", "Entered state <Success>", "Flow run succeeded!")
	if code := script.wait(); code != 0 {
		t.Errorf("exit code %d of the script that watches", code)
	}
	says(t, script.text(), "Waiting for the file.", "Success by-terraform")
	if code := applying.wait(); code != 0 {
		t.Fatalf("terraform apply: exit code %d\n%s", code, applying.text())
	}
	w.logged("by-terraform", "The file is there.")
	terraform.unchanged("after the run")
	var ended struct {
		ID, State string
		Agent     struct{ Name string }
		Job       struct{ Name string }
	}
	terraform.output("run", &ended)
	job := jobOf(t, cluster, run.ID)
	if ended.ID != run.ID || ended.State != "Success" || ended.Agent.Name != "the-real-one" || ended.Job.Name != job.Name {
		t.Errorf("Terraform's run is %+v, its Job %s", ended, job.Name)
	}

	// Begun by Terraform and cancelled by it, which the real flow runner obeys.
	never := filepath.Join(w.home, "never")
	cancelled := w.terraform(cluster, fmt.Sprintf(`
data "prefect_flow" "waits" {
  project_name = %q
  name         = "waits"
}

resource "prefect_flow_run" "cancelled" {
  flow_id    = data.prefect_flow.waits.flow_id
  name       = "cancelled"
  parameters = jsonencode({ path = %q })
  wait_for   = "running"
  on_destroy = "cancel"
}
`, project, never))
	cancelled.apply()
	stopped := w.running("cancelled")
	cancelled.must("destroy", "-auto-approve", "-input=false", "-no-color")
	states, err := w.server.Client.FlowRunStates(t.Context(), stopped.ID)
	if err != nil {
		t.Fatal(err)
	}
	passed := make([]string, 0, len(states))
	for _, state := range states {
		passed = append(passed, state.State)
	}
	if got, want := strings.Join(passed, " "), "Scheduled Submitted Running Cancelling Cancelled"; got != want {
		t.Errorf("the cancelled run passed through %s, want %s", got, want)
	}

	if !t.Failed() {
		t.Log(`both ways:
| done by          | then by           | gives
|------------------|-------------------|------
| terraform apply  | prefect register  | Skipped (metadata unchanged); the next plan is empty
| prefect register | terraform import  | an empty plan (TestKeys)
| prefect run      | data sources      | state, parameters, agent, log, Job, exit code
| prefect_flow_run | prefect run -w    | the same run, followed to its end, exit code 0
| prefect_flow_run | watch_flow_run    | the same run, followed to its end
| prefect_flow_run | terraform destroy | Cancelling, and Cancelled by the flow runner`)
	}
}

// running waits until a run of this name is running.
func (w *workshop) running(name string) *prefect.FlowRun {
	w.t.Helper()
	var found *prefect.FlowRun
	eventually(w.t, "a running flow run "+name, func() (bool, string) {
		all, err := w.server.Client.ListFlowRuns(w.t.Context(), prefect.FlowRunFilter{Name: name})
		if err != nil || len(all) == 0 {
			return false, fmt.Sprint(err)
		}
		found = &all[0]
		return found.State == "Running", "it is " + found.State
	})
	return found
}

// clusterOf is the test's cluster.
func clusterOf(t *testing.T) *acctest.KubernetesCluster {
	t.Helper()
	_ = build(t)
	return acctest.Cluster(t)
}
