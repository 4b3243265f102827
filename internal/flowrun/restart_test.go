package flowrun_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/executor"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// chainFlow is a flow of two tasks, extract and load.
func chainFlow(name string) map[string]any {
	flow := taskFlow(name)
	var tasks []any
	for _, slug := range []string{"extract-1", "load-1"} {
		task := map[string]any{}
		for key, value := range taskFlow(name)["tasks"].([]any)[0].(map[string]any) { //nolint:errcheck // as made above
			task[key] = value
		}
		task["name"], task["slug"] = strings.TrimSuffix(slug, "-1"), slug
		tasks = append(tasks, task)
	}
	end := func(slug string) map[string]any { return map[string]any{"__version__": "1.4.1", "slug": slug} }
	flow["tasks"], flow["edges"] = tasks, []any{map[string]any{
		"__version__": "1.4.1", "upstream_task": end("extract-1"), "downstream_task": end("load-1"), "key": nil, "mapped": false, "flattened": false,
	}}
	return flow
}

// executes plays an agent and the processes of runs: each time that a run is scheduled, its next attempt is executed in the
// next environment, and in the last one from then on.
func (b *bench) executes(environments ...map[string]string) {
	b.t.Helper()
	attempts := map[string]int{}
	next := func(ctx context.Context) bool {
		runs, err := b.Client.ListFlowRuns(ctx, prefect.FlowRunFilter{States: []string{"Scheduled"}})
		if err != nil {
			return false
		}
		for _, run := range runs {
			environment := environments[min(attempts[run.ID], len(environments)-1)]
			attempts[run.ID]++
			executor.Run(ctx, executor.Options{
				Client: b.Client, FlowRunID: run.ID, Environment: func(name string) string { return environment[name] }, SendLogs: true,
			})
		}
		return false
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { when(ctx, func() bool { return next(ctx) }) })
	b.t.Cleanup(func() { stop(); all.Wait() })
}

var failsToLoad = map[string]string{"PREFECT_DEVSTACK_FAIL_TASK": "load"} //nolint:gochecknoglobals // a constant

// restarts restarts the run "nightly" of a chain, whose second task has failed, without an objection. It returns what the action
// tells.
func restarts(t *testing.T, session *acctest.Session, config map[string]any) []string {
	t.Helper()
	if found := withoutAgents(session.PlanAction("prefect_flow_run_restart", config)); len(found) > 0 {
		t.Fatalf("the plan says %+v", found)
	}
	var told progress
	if found := withoutAgents(session.Invoke("prefect_flow_run_restart", config, told.add)); len(found) > 0 {
		t.Fatalf("got %+v", found)
	}
	told.says(t, `Restarted flow run "nightly" (`, ", which was Failed: 1 task run to execute, 1 already finished", `"nightly" is Success`)
	return told.lines
}

// TestAccFlowRunAction_restart restarts a run that failed: what failed runs again, and nothing else.
func TestAccFlowRunAction_restart(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Server(t), chainFlow("etl"))
	b.executes(failsToLoad, nil)
	session := acctest.Connect(t, b.PrefectServer, nil)
	failed := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "nightly", "on_failure": "warn"})
	if failed.At("state") != "Failed" {
		t.Fatal(failed)
	}
	config := map[string]any{"id": failed.At("id")}
	for _, line := range restarts(t, session, config) {
		if strings.Contains(line, "made to fail") {
			t.Errorf("tells of the first attempt: %s", line)
		}
	}
	if err := b.count(1); err != nil {
		t.Error(err)
	}
	if refreshed := session.Refresh(failed); refreshed.At("state") != "Success" || refreshed.At("id") != failed.At("id") {
		t.Errorf("the resource has %s", refreshed)
	}
	for stage, found := range map[string][]acctest.Diagnostic{
		"plan": session.PlanAction("prefect_flow_run_restart", config), "invocation": session.Invoke("prefect_flow_run_restart", config, nil),
	} {
		if len(found) != 1 || found[0].Warning || found[0].Path != "id" || found[0].Summary != `Flow run "nightly" has nothing to restart` {
			t.Errorf("%s: %+v", stage, found)
		}
	}
}

// TestAccFlowRunAction_restartTenant restarts a run of another tenant than the provider's, and waits for it there.
func TestAccFlowRunAction_restartTenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, acctest.AnotherTenant(t, server), chainFlow("etl"))
	b.executes(failsToLoad, nil)
	session := acctest.Connect(t, server, nil)
	failed := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "tenant_id": b.TenantID, "name": "nightly", "on_failure": "warn"})
	if failed.At("state") != "Failed" {
		t.Fatal(failed)
	}
	restarts(t, session, map[string]any{"id": failed.At("id"), "tenant_id": b.TenantID})
	if runs := b.runs(); len(runs) != 1 || runs[0].State != "Success" {
		t.Errorf("the runs are %+v", runs)
	}
	for stage, found := range map[string][]acctest.Diagnostic{
		"plan":       session.PlanAction("prefect_flow_run_restart", map[string]any{"id": failed.At("id")}),
		"invocation": session.Invoke("prefect_flow_run_restart", map[string]any{"id": failed.At("id")}, nil),
	} {
		if len(found) != 1 || found[0].Warning || found[0].Path != "id" || !strings.Contains(found[0].Detail, "Set `tenant_id`") {
			t.Errorf("%s without the tenant: %+v", stage, found)
		}
	}
}

// TestAccFlowRunAction_restartDeletedMeanwhile: a run that is deleted between the checks and the restart. There is no plan that would
// show more, and no run to restart.
func TestAccFlowRunAction_restartDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"SetTaskRunStates", "SetFlowRunState"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), chainFlow("etl"))
			b.executes(failsToLoad)
			session := acctest.Connect(t, b.PrefectServer, nil)
			failed := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "nightly", "on_failure": "warn"})
			id := fmt.Sprint(failed.At("id"))
			hits := b.Server.Faults().Add(prefectserver.Fault{Operation: operation, Times: 1, Before: func() {
				if err := b.Client.DeleteFlowRun(t.Context(), id); err != nil {
					t.Error(err)
				}
			}})
			var told progress
			found := withoutAgents(session.Invoke("prefect_flow_run_restart", map[string]any{"id": id}, told.add))
			one(t, found, false, "", `Could not restart flow run "nightly"`, "Somebody has deleted the run")
			if hits() != 1 || len(told.lines) > 0 {
				t.Errorf("deleted %d times, told %q", hits(), told.lines)
			}
		})
	}
}

// TestAccFlowRunAction_restartRefused restarts no run that is not over, and none that would not end.
func TestAccFlowRunAction_restartRefused(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Server(t), chainFlow("etl"))
	session := acctest.Connect(t, b.PrefectServer, nil)
	create := func(name string, states ...string) string {
		id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range states {
			b.set(id, state, "")
		}
		return id
	}
	crashed := create("crashed")
	executor.Run(t.Context(), executor.Options{
		Client: b.Client, FlowRunID: crashed, Environment: func(name string) string { return map[string]string{"PREFECT_DEVSTACK_CRASH": "9"}[name] },
	})
	b.set(crashed, "Failed", "Kubernetes Error: pods failed for this job")
	for name, tt := range map[string]struct {
		id, summary, detail string
		atPlan              bool // an error already there, otherwise a warning
	}{
		"waiting":   {create("waiting"), `"waiting" has not finished`, "The run is Scheduled", false},
		"running":   {create("running", "Running"), `"running" has not finished`, "The run is Running", false},
		"crashed":   {crashed, `"crashed" has a task run that is still Running`, `considers 1 task run to be running: "extract"`, false},
		"unknown":   {"00000000-0000-4000-8000-000000000000", "Could not restart flow run", "Check the id", true},
		"not an id": {"nightly", "Not a UUID", "", true},
	} {
		for stage, found := range map[string][]acctest.Diagnostic{
			"plan":       session.PlanAction("prefect_flow_run_restart", map[string]any{"id": tt.id}),
			"invocation": session.Invoke("prefect_flow_run_restart", map[string]any{"id": tt.id}, nil),
		} {
			warning := stage == "plan" && !tt.atPlan
			if stage == "invocation" && !tt.atPlan {
				found = found[len(found)-1:] // after the plan's warning
			}
			if name == "not an id" && stage == "plan" {
				continue // validation comes before it
			}
			if len(found) != 1 || found[0].Warning != warning || found[0].Path != "id" ||
				!strings.Contains(found[0].Summary, tt.summary) || !strings.Contains(found[0].Detail, tt.detail) {
				t.Errorf("%s at %s: %+v", name, stage, found)
			}
		}
	}
	for _, run := range b.runs() {
		if want := map[string]string{"waiting": "Scheduled", "running": "Running", "crashed": "Failed"}[run.Name]; run.State != want {
			t.Errorf("run %q is %s, want %s", run.Name, run.State, want)
		}
	}
}

// TestAccFlowRunAction_restartNoWait restarts a cancelled run and does not wait.
func TestAccFlowRunAction_restartNoWait(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Server(t), chainFlow("etl"))
	id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: "stopped", Labels: []string{"west"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Client.CancelFlowRun(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	session := acctest.Connect(t, b.PrefectServer, nil)
	config := map[string]any{"id": id, "wait_for": "none"}
	if found := session.PlanAction("prefect_flow_run_restart", config); len(found) != 1 || !found[0].Warning || !strings.Contains(found[0].Detail, `The run has labels "west"`) {
		t.Errorf("the plan says %+v", found)
	}
	var told progress
	if found := withoutAgents(session.Invoke("prefect_flow_run_restart", config, told.add)); len(found) > 0 {
		t.Fatalf("got %+v", found)
	}
	told.says(t, "which was Cancelled: 2 task runs to execute, 0 already finished")
	states, err := b.Client.FlowRunStates(t.Context(), id)
	if err != nil || len(states) != 3 || states[2].State != "Scheduled" || states[2].Message != "Restarted by Terraform" {
		t.Errorf("the states are %+v, %v", states, err)
	}
}

// TestAccFlowRun_restarted: a failed run that is restarted by the action makes the next apply of its resource succeed, without
// another run.
func TestAccFlowRun_restarted(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Server(t), chainFlow("etl"))
	b.executes(failsToLoad, nil)
	config := b.config(`name = "nightly"`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Says(`Flow run "nightly" ended in the state Failed`)},
			{
				PreConfig: func() {
					session := acctest.Connect(t, b.PrefectServer, nil)
					if found := withoutAgents(session.Invoke("prefect_flow_run_restart", map[string]any{"id": b.runs()[0].ID}, nil)); len(found) > 0 {
						t.Errorf("got %+v", found)
					}
				},
				Config: config, ConfigPlanChecks: emptyPlan(), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{value("state", knownvalue.StringExact("Success"))},
			},
		},
	})
}

// TestAccFlowRunAction_restartJob waits until the failed Job is gone, because the agent would fail the restarted run, and
// follows the new one.
func TestAccFlowRunAction_restartJob(t *testing.T) {
	t.Parallel()
	mended := filepath.Join(t.TempDir(), "mended")
	b := newFollowBench(t, jobTemplate(shell(fmt.Sprintf("[ -e '%s' ] || exit 3", mended)), nil))
	b.agent(func(o *agent.Options) { o.JobManagementInterval = time.Second })
	session := acctest.Connect(t, b.PrefectServer, b.cluster)
	failed := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "nightly", "on_failure": "warn"})
	if failed.At("state") != "Failed" || failed.At("job", "name") == nil {
		t.Fatal(failed)
	}
	job, id := fmt.Sprint(failed.At("job", "name")), fmt.Sprint(failed.At("id"))
	config := map[string]any{"id": id, "timeouts": map[string]any{"stop": "1s"}}
	if found := withoutAgents(session.Invoke("prefect_flow_run_restart", config, nil)); len(found) != 1 || found[0].Path != "id" ||
		found[0].Summary != `The earlier Job of flow run "nightly" still exists` || !strings.Contains(found[0].Detail, "delete job "+job) {
		t.Errorf("got %+v", found)
	}
	if run, err := b.Client.GetFlowRun(t.Context(), id); err != nil || run.State != "Failed" {
		t.Fatalf("the run is %+v, %v", run, err)
	}

	if err := os.WriteFile(mended, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var told progress
	submitted := b.inState("Submitted")
	inBackground(t, func(ctx context.Context) {
		if !when(ctx, func() bool { return told.has("still exists; the restart waits") }) {
			return
		}
		background := metav1.DeletePropagationBackground
		if err := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace).Delete(ctx, job, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			t.Error(err)
		}
		if when(ctx, submitted) {
			b.set(id, "Running", "Running flow.")                  //nolint:contextcheck // the bench's own context lasts longer
			b.set(id, "Success", "All reference tasks succeeded.") //nolint:contextcheck // as above
		}
	})
	if found := withoutAgents(session.Invoke("prefect_flow_run_restart", map[string]any{"id": id}, told.add)); len(found) > 0 {
		t.Fatalf("got %+v", found)
	}
	told.says(t, "still exists; the restart waits", `Restarted flow run "nightly"`, `"nightly" is Success`)
	for _, line := range told.lines {
		if strings.Contains(line, "exit code 3") {
			t.Errorf("tells of the earlier Job: %s", line)
		}
	}
}

// TestAccFlowRunAction_restartedMeanwhile: while the action waits for the failed Job to go, somebody else restarts the run.
// Restarting it once more would execute it twice at the same time.
func TestAccFlowRunAction_restartedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newFollowBench(t, jobTemplate(shell("exit 3"), nil))
	b.agent(func(o *agent.Options) { o.JobManagementInterval = time.Second })
	session := acctest.Connect(t, b.PrefectServer, b.cluster)
	failed := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "nightly", "on_failure": "warn"})
	job, id := fmt.Sprint(failed.At("job", "name")), fmt.Sprint(failed.At("id"))
	var told progress
	inBackground(t, func(ctx context.Context) {
		if !when(ctx, func() bool { return told.has("still exists; the restart waits") }) {
			return
		}
		b.set(id, "Running", "Restarted in the UI.") //nolint:contextcheck // the bench's own context lasts longer
		background := metav1.DeletePropagationBackground
		if err := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace).Delete(ctx, job, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			t.Error(err)
		}
	})
	found := withoutAgents(session.Invoke("prefect_flow_run_restart", map[string]any{"id": id}, told.add))
	if len(found) != 1 || found[0].Warning || found[0].Path != "id" || found[0].Summary != `Flow run "nightly" has not finished` {
		t.Errorf("got %+v", found)
	}
	if run, err := b.Client.GetFlowRun(t.Context(), id); err != nil || run.State != "Running" {
		t.Errorf("the run is %+v, %v", run, err)
	}
}
