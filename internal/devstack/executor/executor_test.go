package executor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/executor"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// bench is a Server with a tenant and a project.
type bench struct {
	*prefect.Client
	server  *prefectserver.Server
	project string
	output  *bytes.Buffer
	// look is how often the executor looks for a cancellation.
	look time.Duration
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	http := httptest.NewServer(server.Handler())
	t.Cleanup(http.Close)
	client, err := prefect.New(prefect.Config{Endpoint: http.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateTenant(t.Context(), "test", "test"); err != nil {
		t.Fatal(err)
	}
	project, err := client.CreateProject(t.Context(), "project", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Client: client, server: server, project: project, output: &bytes.Buffer{}, look: 10 * time.Millisecond}
}

func taskOf(slug string, members map[string]any) map[string]any {
	t := map[string]any{
		"name": strings.TrimSuffix(slug, "-1"), "slug": slug, "type": "prefect.tasks.core.function.FunctionTask",
		"trigger": map[string]any{"fn": "prefect.triggers.all_successful", "kwargs": map[string]any{}}, "max_retries": 0, "tags": []any{},
	}
	for name, value := range members {
		t[name] = value
	}
	return t
}

func edgeOf(upstream, downstream string, mapped bool) map[string]any {
	return map[string]any{
		"upstream_task": map[string]any{"slug": upstream}, "downstream_task": map[string]any{"slug": downstream},
		"key": "x", "mapped": mapped, "flattened": false,
	}
}

func (b *bench) run(t *testing.T, flow map[string]any, input prefect.CreateFlowRunInput) string {
	t.Helper()
	flow["name"], flow["type"], flow["__version__"] = "flow", "prefect.core.flow.Flow", "1.4.1"
	flow["run_config"] = map[string]any{"type": "UniversalRun", "labels": []any{}, "env": nil, "__version__": "1.4.1"}
	id, err := b.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: b.project, SerializedFlow: flow})
	if err != nil {
		t.Fatal(err)
	}
	input.FlowID = id
	run, err := b.CreateFlowRun(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (b *bench) execute(ctx context.Context, run string, environment map[string]string) int {
	return executor.Run(ctx, executor.Options{
		Client: b.Client, FlowRunID: run, Environment: func(name string) string { return environment[name] },
		Output: b.output, SendLogs: true, CancellationInterval: b.look,
	})
}

func (b *bench) states(t *testing.T, run string) []string {
	t.Helper()
	states, err := b.FlowRunStates(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(states))
	for _, s := range states {
		names = append(names, s.State)
	}
	return names
}

// taskStates returns the states of the task runs, by slug and, for the children of mapped tasks, index.
func (b *bench) taskStates(t *testing.T, run string) map[string]string {
	t.Helper()
	var answer struct {
		Runs []struct {
			State    string
			MapIndex int `json:"map_index"`
			Task     struct{ Slug string }
		} `json:"task_run"`
	}
	if err := b.Do(t.Context(), `query Q($id: uuid!) { task_run(where: {flow_run_id: {_eq: $id}}) { state map_index task { slug } } }`,
		map[string]any{"id": run}, &answer); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, r := range answer.Runs {
		name := r.Task.Slug
		if r.MapIndex >= 0 {
			name += "[" + string(rune('0'+r.MapIndex)) + "]"
		}
		states[name] = r.State
	}
	return states
}

func chain() map[string]any {
	return map[string]any{
		"tasks": []any{taskOf("extract-1", nil), taskOf("load-1", nil), taskOf("transform-1", nil)},
		"edges": []any{edgeOf("extract-1", "transform-1", false), edgeOf("transform-1", "load-1", false)},
	}
}

// with is a list with one more entry.
func with(list any, entry map[string]any) []any {
	entries, _ := list.([]any)
	return append(entries, entry)
}

func TestRunSucceeds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, chain(), prefect.CreateFlowRunInput{})
	if code := b.execute(t.Context(), run, nil); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, b.output)
	}
	if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running", "Success"}) {
		t.Errorf("states: %v", got)
	}
	for slug, s := range b.taskStates(t, run) {
		if s != "Success" {
			t.Errorf("task %s: %s", slug, s)
		}
	}
	if text := b.output.String(); strings.Count(text, "without the bodies of its tasks") != 1 ||
		strings.Index(text, "'extract': Finished") > strings.Index(text, "'transform': Starting") ||
		strings.Index(text, "'transform': Finished") > strings.Index(text, "'load': Starting") {
		t.Errorf("log:\n%s", text)
	}
	logs, _, err := b.FlowRunLogs(t.Context(), run, prefect.LogCursor{})
	if err != nil || len(logs) != strings.Count(b.output.String(), "\n") {
		t.Errorf("logs on the Server: %d, %v", len(logs), err)
	}
	// A second Job of the same run finds nothing to do.
	if code := b.execute(t.Context(), run, nil); code != 0 || len(b.states(t, run)) != 3 {
		t.Errorf("a finished run was executed again: %d, %v", code, b.states(t, run))
	}
}

func TestFailingTaskFailsTheRunButNotTheProcess(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	flow := chain()
	flow["tasks"] = with(flow["tasks"], taskOf("clean-1", map[string]any{
		"trigger": map[string]any{"fn": "prefect.triggers.any_failed", "kwargs": map[string]any{}},
	}))
	flow["edges"] = with(flow["edges"], edgeOf("transform-1", "clean-1", false))
	run := b.run(t, flow, prefect.CreateFlowRunInput{})
	if code := b.execute(t.Context(), run, map[string]string{"PREFECT_DEVSTACK_FAIL_TASK": "transform"}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running", "Failed"}) {
		t.Errorf("states: %v", got)
	}
	want := map[string]string{"extract-1": "Success", "transform-1": "Failed", "load-1": "TriggerFailed", "clean-1": "Success"}
	for slug, s := range b.taskStates(t, run) {
		if want[slug] != s {
			t.Errorf("task %s: %s", slug, s)
		}
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, map[string]any{
		"tasks": []any{taskOf("flaky-1", map[string]any{"max_retries": 2, "retry_delay": 0})}, "edges": []any{},
	}, prefect.CreateFlowRunInput{})
	environment := map[string]string{"PREFECT_DEVSTACK_FAIL_TASK": "*", "PREFECT_DEVSTACK_FAIL_TIMES": "2"}
	if code := b.execute(t.Context(), run, environment); code != 0 {
		t.Errorf("exit code %d:\n%s", code, b.output)
	}
	if got := b.states(t, run); got[len(got)-1] != "Success" {
		t.Errorf("states: %v\n%s", got, b.output)
	}
}

func TestMappedTasksFollowTheirParameter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, map[string]any{
		"parameters": []any{map[string]any{"name": "n", "slug": "n", "required": true, "default": nil, "type": "prefect.core.parameter.Parameter"}},
		"tasks": []any{
			taskOf("n", map[string]any{"type": "prefect.core.parameter.Parameter"}), taskOf("each-1", nil), taskOf("after-1", nil),
		},
		"edges": []any{edgeOf("n", "each-1", true), edgeOf("each-1", "after-1", true)},
	}, prefect.CreateFlowRunInput{Parameters: json.RawMessage(`{"n": [1, 2, 3]}`)})
	if code := b.execute(t.Context(), run, nil); code != 0 {
		t.Errorf("exit code %d:\n%s", code, b.output)
	}
	got := b.taskStates(t, run)
	for slug, want := range map[string]string{"n": "Success", "each-1": "Mapped", "each-1[2]": "Success", "after-1[0]": "Success", "after-1": "Mapped"} {
		if got[slug] != want {
			t.Errorf("task %s: %s", slug, got[slug])
		}
	}
	if states := b.states(t, run); len(got) != 9 || states[len(states)-1] != "Success" {
		t.Errorf("task runs: %v, states: %v", got, states)
	}
}

func TestCancellationEndsTheTasks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, chain(), prefect.CreateFlowRunInput{})
	code := make(chan int)
	go func() {
		code <- b.execute(t.Context(), run, map[string]string{"PREFECT_DEVSTACK_TASK_SECONDS": "1000"})
	}()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C {
		if found, err := b.GetFlowRun(t.Context(), run); err != nil || found.State == "Running" {
			break
		}
	}
	if s, err := b.CancelFlowRun(t.Context(), run); err != nil || s != "Cancelling" {
		t.Fatalf("cancel: %s, %v", s, err)
	}
	if got := <-code; got != 0 {
		t.Errorf("exit code %d:\n%s", got, b.output)
	}
	if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running", "Cancelling", "Cancelled"}) {
		t.Errorf("states: %v", got)
	}
}

// TestCancellationInAnInstant cancels a run just before a request of the executor
// that changes it, when nothing but that request's answer can tell: the periodic
// look for a cancellation is never due.
func TestCancellationInAnInstant(t *testing.T) {
	t.Parallel()
	const (
		setTask = "SetTaskRunStates"
		look    = "ReadFlowRunState"
	)
	for name, tt := range map[string]struct {
		operation string
		skip      int
		extract   string // the state of the first task in the end
	}{
		"between the run's start and its first task's": {operation: setTask, extract: "Cancelled"},
		"while a task runs":                            {operation: setTask, skip: 1, extract: "Success"},
		"between two tasks":                            {operation: setTask, skip: 2, extract: "Success"},
		"after the last task":                          {operation: look, extract: "Success"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.look = time.Hour
			run := b.run(t, chain(), prefect.CreateFlowRunInput{})
			applied := b.server.Faults().Add(prefectserver.Fault{Operation: tt.operation, Skip: tt.skip, Times: 1, Before: func() {
				if s, err := b.CancelFlowRun(t.Context(), run); err != nil || s != "Cancelling" {
					t.Errorf("cancel: %s, %v", s, err)
				}
			}})
			if got := b.execute(t.Context(), run, nil); got != 0 {
				t.Errorf("exit code %d:\n%s", got, b.output)
			}
			if applied() != 1 {
				t.Error("nothing was cancelled")
			}
			if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running", "Cancelling", "Cancelled"}) {
				t.Errorf("states: %v\n%s", got, b.output)
			}
			if got := b.taskStates(t, run)["extract-1"]; got != tt.extract {
				t.Errorf("the first task is %s", got)
			}
		})
	}
}

// TestCancellationThatCannotBeLookedFor keeps looking when the Server is away at
// the end of the tasks, and ends the run as what it is.
func TestCancellationThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, map[string]any{"tasks": []any{taskOf("only-1", nil)}, "edges": []any{}}, prefect.CreateFlowRunInput{})
	b.server.Faults().Add(prefectserver.Fault{Operation: "SetTaskRunStates", Times: 1, Before: func() {
		if _, err := b.CancelFlowRun(t.Context(), run); err != nil {
			t.Errorf("cancel: %v", err)
		}
	}})
	refused := b.server.Faults().Add(prefectserver.Fault{Operation: "ReadFlowRunState", Times: 3, Message: "Something went wrong."})
	if got := b.execute(t.Context(), run, nil); got != 0 {
		t.Errorf("exit code %d:\n%s", got, b.output)
	}
	if n := refused(); n != 3 {
		t.Errorf("%d looks were refused", n)
	}
	if got := b.states(t, run); got[len(got)-1] != "Cancelled" {
		t.Errorf("states: %v", got)
	}
}

func TestRunThatIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if code := b.execute(t.Context(), "00000000-0000-4000-8000-000000000000", nil); code != 1 || !strings.Contains(b.output.String(), "not found") {
		t.Errorf("exit code %d: %s", code, b.output)
	}
}

func TestCrashAndLoadError(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	crashed := b.run(t, chain(), prefect.CreateFlowRunInput{Context: json.RawMessage(`{"devstack": {"crash": 9}}`)})
	if code := b.execute(t.Context(), crashed, nil); code != 9 {
		t.Errorf("exit code %d", code)
	}
	if got := b.states(t, crashed); !slices.Equal(got, []string{"Scheduled", "Running"}) {
		t.Errorf("states: %v", got)
	}
	unloaded := b.run(t, chain(), prefect.CreateFlowRunInput{})
	if code := b.execute(t.Context(), unloaded, map[string]string{"PREFECT_DEVSTACK_LOAD_ERROR": "no such file"}); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := b.states(t, unloaded); !slices.Equal(got, []string{"Scheduled", "Failed"}) {
		t.Errorf("states: %v", got)
	}
}

// A task run that the Server takes for running is left alone, as the real flow runner does, and the run does not end.
func TestTaskThatIsRunning(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, chain(), prefect.CreateFlowRunInput{})
	if code := b.execute(t.Context(), run, map[string]string{"PREFECT_DEVSTACK_CRASH": "9"}); code != 9 {
		t.Fatalf("exit code %d", code)
	}
	if code := b.execute(t.Context(), run, nil); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running"}) {
		t.Errorf("states: %v", got)
	}
	want := map[string]string{"extract-1": "Running", "transform-1": "Pending", "load-1": "Pending"}
	if got := b.taskStates(t, run); !maps.Equal(got, want) {
		t.Errorf("task runs: %v, want %v", got, want)
	}
	if !strings.Contains(b.output.String(), "terminal tasks are incomplete") {
		t.Error(b.output)
	}
}

// A restarted run executes what failed and what comes after it, and nothing else.
func TestRestartedRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := b.run(t, chain(), prefect.CreateFlowRunInput{})
	b.execute(t.Context(), run, map[string]string{"PREFECT_DEVSTACK_FAIL_TASK": "transform"})
	want := map[string]string{"extract-1": "Success", "transform-1": "Failed", "load-1": "TriggerFailed"}
	if got := b.taskStates(t, run); !maps.Equal(got, want) {
		t.Fatalf("task runs: %v, want %v", got, want)
	}
	restart, err := b.FlowRunRestart(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.RestartFlowRun(t.Context(), restart, "Again"); err != nil {
		t.Fatal(err)
	}
	b.output.Reset()
	if code := b.execute(t.Context(), run, nil); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := b.states(t, run); !slices.Equal(got, []string{"Scheduled", "Running", "Failed", "Scheduled", "Running", "Success"}) {
		t.Errorf("states: %v", got)
	}
	want = map[string]string{"extract-1": "Success", "transform-1": "Success", "load-1": "Success"}
	if got := b.taskStates(t, run); !maps.Equal(got, want) {
		t.Errorf("task runs: %v, want %v", got, want)
	}
	if strings.Contains(b.output.String(), "Task 'extract'") {
		t.Errorf("what had succeeded ran again:\n%s", b.output)
	}
}

func TestFromEnvironmentNeedsARun(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"PREFECT__CLOUD__API": "http://localhost:1", "PREFECT__BACKEND": "server"}
	lookup := func(name string) string { return environment[name] }
	if _, err := executor.FromEnvironment(lookup, t.TempDir(), nil); err == nil {
		t.Error("there is no run")
	}
	environment["PREFECT__CONTEXT__FLOW_RUN_ID"], environment["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS"] = "id", "False"
	options, err := executor.FromEnvironment(lookup, t.TempDir(), nil)
	if err != nil || options.SendLogs || options.Client.Endpoint() != "http://localhost:1" {
		t.Errorf("options: %+v, %v", options, err)
	}
}
