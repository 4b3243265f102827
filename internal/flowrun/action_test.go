package flowrun_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// progress collects what an action tells.
type progress struct {
	mu    sync.Mutex
	lines []string
}

func (p *progress) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

func (p *progress) has(part string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.lines, func(line string) bool { return strings.Contains(line, part) })
}

func (p *progress) says(t *testing.T, parts ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	at := 0
	for _, part := range parts {
		found := slices.IndexFunc(p.lines[at:], func(line string) bool { return strings.Contains(line, part) })
		if found < 0 {
			t.Errorf("nothing says %q in its place:\n%s", part, strings.Join(p.lines, "\n"))
			return
		}
		at += found
	}
}

// withoutAgents drops the plan's warning that no agent is alive. The agents of these tests ask for work once, and a slow
// machine takes longer than they count as alive.
func withoutAgents(found []acctest.Diagnostic) []acctest.Diagnostic {
	return slices.DeleteFunc(found, func(d acctest.Diagnostic) bool { return strings.HasPrefix(d.Summary, "No agent would take a run") })
}

// TestAccFlowRunAction_run invokes the action twice, which makes two runs, and
// reads its progress.
func TestAccFlowRunAction_run(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	b.serve(b.ends("Success", "All reference tasks succeeded."))
	session := acctest.Connect(t, b.PrefectServer, nil)
	config := map[string]any{"version_group_id": b.group, "name": "again", "parameters": `{"x": 2}`}
	for range 2 {
		var told progress
		if found := withoutAgents(session.Invoke("prefect_flow_run", config, told.add)); len(found) > 0 {
			t.Fatalf("got %+v", found)
		}
		told.says(t, `Started flow run "again"`, "INFO prefect.etl | Hello from the flow", `"again" is Success: All reference tasks succeeded`)
		if last := told.lines[len(told.lines)-1]; !strings.HasPrefix(last, `Flow run "again" is Success`) {
			t.Errorf("the last line is %q", last)
		}
	}
	runs := b.runs()
	if len(runs) != 2 || string(runs[0].Parameters) != `{"x": 2}` && string(runs[0].Parameters) != `{"x":2}` {
		t.Errorf("got %d runs, %s", len(runs), runs[0].Parameters)
	}
}

func TestAccFlowRunAction_runFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x")
	b.serve(func(run prefect.FlowRun) {
		if slices.Contains(run.Labels, "k8s") {
			b.ends("Failed", "Some reference tasks failed.")(run)
		}
	})
	session := acctest.Connect(t, b.PrefectServer, nil)
	for _, tt := range []struct {
		name    string
		config  map[string]any
		warning bool
		says    []string
	}{
		{"failed", map[string]any{"flow_id": b.flow, "parameters": `{"x": 1}`}, false, []string{"ended in the state Failed", "Hello from the flow", "on_failure"}},
		{"warn", map[string]any{"flow_id": b.flow, "parameters": `{"x": 1}`, "on_failure": "warn"}, true, []string{"ended in the state Failed"}},
		{"missing parameter", map[string]any{"flow_id": b.flow}, false, []string{"Required parameters are missing"}},
		{"both", map[string]any{"flow_id": b.flow, "version_group_id": b.group}, false, []string{"Set one of `flow_id`"}},
		{"deadline", map[string]any{
			"flow_id": b.flow, "parameters": `{"x": 1}`, "scheduled_start_time": "2000-01-01T00:00:00Z", "labels": []string{"none"},
			"timeouts": map[string]any{"total": "1s"}, "on_timeout": "cancel",
		}, false, []string{"did not finish within 1s", "is Cancelled", "The run was cancelled"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found := withoutAgents(session.Invoke("prefect_flow_run", tt.config, nil))
			if len(found) == 0 || found[0].Warning != tt.warning {
				t.Fatalf("got %+v", found)
			}
			text := found[0].Summary + "\n" + found[0].Detail
			for _, part := range tt.says {
				if !strings.Contains(text, part) {
					t.Errorf("does not say %q: %s", part, text)
				}
			}
			if strings.Contains(text, "next apply") || strings.Contains(text, "triggers") {
				t.Errorf("speaks of a resource: %s", text)
			}
			if tt.warning && strings.Contains(text, "on_failure") {
				t.Errorf("advises what is set already: %s", text)
			}
		})
	}
}

func TestAccFlowRunAction_cancel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := acctest.Connect(t, b.PrefectServer, nil)
	create := func(name string) string {
		id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	t.Run("running", func(t *testing.T) {
		t.Parallel()
		id := create("running")
		b.starts(prefect.FlowRun{ID: id})
		var process sync.WaitGroup
		process.Go(func() { b.stopsWhenAsked(id) })
		defer process.Wait()
		var told progress
		if found := session.Invoke("prefect_flow_run_cancel", map[string]any{"id": id}, told.add); len(found) > 0 {
			t.Fatalf("got %+v", found)
		}
		told.says(t, `Flow run "running" is Running and is being cancelled`, `"running" is Cancelled`)
	})
	t.Run("finished", func(t *testing.T) {
		t.Parallel()
		id := create("finished")
		b.set(id, "Success", "")
		var told progress
		if found := session.Invoke("prefect_flow_run_cancel", map[string]any{"id": id}, told.add); len(found) > 0 {
			t.Fatalf("got %+v", found)
		}
		told.says(t, "has already finished: it is Success")
	})
	t.Run("stubborn", func(t *testing.T) {
		t.Parallel()
		id := create("stubborn")
		b.starts(prefect.FlowRun{ID: id})
		found := session.Invoke("prefect_flow_run_cancel", map[string]any{"id": id, "timeout": "1s"}, nil)
		if len(found) != 1 || !strings.Contains(found[0].Detail, "still Cancelling 1s after") {
			t.Errorf("got %+v", found)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		found := session.Invoke("prefect_flow_run_cancel", map[string]any{"id": "00000000-0000-4000-8000-000000000000"}, nil)
		if len(found) != 1 || !strings.Contains(found[0].Summary, "Could not cancel flow run") {
			t.Errorf("got %+v", found)
		}
	})
}

// TestAccFlowRunAction_byName runs the flow that a project and a name give.
func TestAccFlowRunAction_byName(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	session := acctest.Connect(t, b.PrefectServer, nil)
	config := func(project, flow string) map[string]any {
		return map[string]any{"project_name": project, "flow_name": flow, "wait_for": "none"}
	}
	if found := withoutAgents(session.Invoke("prefect_flow_run", config("runs", "etl"), nil)); len(found) > 0 || len(b.runs()) != 1 {
		t.Errorf("%d runs, %+v", len(b.runs()), found)
	}
	for name, tt := range map[string]struct {
		config     map[string]any
		path, says string
	}{
		"no such flow":    {config("runs", "ETL"), "flow_name", `by flow_name "ETL"`},
		"no such project": {config("Flows", "etl"), "project_name", `by project_name "Flows"`},
		"half a name":     {map[string]any{"flow_name": "etl"}, "flow_name", "Set `project_name` too"},
		"other half":      {map[string]any{"project_name": "runs", "flow_id": b.flow}, "project_name", "Set `flow_name` too"},
		"two ways":        {map[string]any{"project_name": "runs", "flow_name": "etl", "flow_id": b.flow}, "flow_id", "Set one of `flow_id`"},
	} {
		found := withoutAgents(session.Invoke("prefect_flow_run", tt.config, nil))
		if len(found) == 0 || found[0].Path != tt.path || !strings.Contains(found[0].Summary+found[0].Detail, tt.says) {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if err := b.Client.ArchiveFlow(t.Context(), b.flow); err != nil {
		t.Fatal(err)
	}
	one(t, withoutAgents(session.Invoke("prefect_flow_run", config("runs", "etl"), nil)), false, "flow_name",
		`Could not start a run of flow "etl" of project "runs"`, "Register the flow again")
	if len(b.runs()) != 1 {
		t.Errorf("a refused action has made a run")
	}
}

// TestAccFlowRunAction_unchecked warns at plan of a Server that cannot be asked: that is not a flow which does not exist yet.
func TestAccFlowRunAction_unchecked(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
	for name, tt := range map[string]struct {
		field  string
		config map[string]any
	}{
		"by id":      {"flow", map[string]any{"flow_id": b.flow}},
		"by group":   {"flow_group", map[string]any{"version_group_id": b.group}},
		"by project": {"project", map[string]any{"flow_name": "etl", "project_name": "runs"}},
		"by name":    {"flow", map[string]any{"flow_name": "etl", "project_name": "runs"}},
	} {
		for _, fault := range []prefectserver.Fault{{Field: tt.field, Message: "The database is upset."}, {Field: tt.field, Status: 404, Body: "<h1>The database is upset.</h1>"}} {
			session := acctest.Connect(t, b.PrefectServer, nil)
			remove := b.Server.Faults().Add(fault)
			planned := session.PlanAction("prefect_flow_run", tt.config)
			one(t, planned, true, "", "The flow run could not be checked")
			if _, named := tt.config["flow_name"]; !named {
				tt.config["wait_for"] = "none"
				one(t, session.PlanNew("prefect_flow_run", tt.config).Diagnostics, true, "", "The flow run could not be checked")
				delete(tt.config, "wait_for")
			}
			if remove() == 0 {
				t.Errorf("%s: nothing failed", name)
			}
		}
	}
}

// TestAccFlowRunAction_writeOnly takes values that are in no plan, and starts no run when Terraform has withheld them.
func TestAccFlowRunAction_writeOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	session := acctest.Connect(t, b.PrefectServer, nil)
	with := func(more map[string]any) map[string]any {
		more["flow_id"], more["wait_for"] = b.flow, "none"
		return more
	}
	if found := withoutAgents(session.Invoke("prefect_flow_run", with(map[string]any{"parameters_wo": `{"x": 2}`, "parameters_wo_version": 1.0}), nil)); len(found) > 0 {
		t.Fatalf("got %+v", found)
	}
	if runs := b.runs(); len(runs) != 1 || !strings.Contains(string(runs[0].Parameters), "2") {
		t.Fatalf("got %+v", runs)
	}
	for name, tt := range map[string]struct {
		config map[string]any
		path   string
	}{
		"withheld parameters": {map[string]any{"parameters_wo_version": 1.0}, "parameters_wo"},
		"withheld context":    {map[string]any{"context_wo_version": 1.0}, "context_wo"},
		"withheld env":        {map[string]any{"env_wo_version": 1.0}, "env_wo"},
		"no version":          {map[string]any{"context_wo": `{"x": 2}`}, "context_wo"},
		"both":                {map[string]any{"parameters_wo": `{"x": 2}`, "parameters_wo_version": 1.0, "parameters": `{}`}, "parameters_wo"},
		"not an object":       {map[string]any{"parameters_wo": `[2]`, "parameters_wo_version": 1.0}, "parameters_wo"},
	} {
		if found := withoutAgents(session.Invoke("prefect_flow_run", with(tt.config), nil)); len(found) != 1 || found[0].Warning || found[0].Path != tt.path {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if len(b.runs()) != 1 {
		t.Error("a refused action has made a run")
	}
	// What is wrong with them is said at the argument that gives them, without the values.
	mistyped := session.PlanAction("prefect_flow_run", with(map[string]any{"parameters_wo": `{"x": ["sesame"]}`, "parameters_wo_version": 1.0}))
	one(t, withoutAgents(mistyped), true, "parameters_wo", `Parameter "x"`, "the value is the list, but")
	for _, d := range mistyped {
		if strings.Contains(d.Summary+d.Detail, "sesame") {
			t.Errorf("shows a write-only value: %+v", d)
		}
	}
	needs := newBench(t, "y")
	missing := map[string]any{"flow_id": needs.flow, "parameters_wo": `{}`, "parameters_wo_version": 1.0}
	one(t, withoutAgents(acctest.Connect(t, needs.PrefectServer, nil).PlanAction("prefect_flow_run", missing)), false, "parameters_wo", "Add a value to `parameters_wo`")
}

// TestAccFlowRunAction_plan finds at plan what the invocation would be refused for, and what would keep the run waiting.
func TestAccFlowRunAction_plan(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x")
	session := acctest.Connect(t, b.PrefectServer, nil)
	for name, tt := range map[string]struct {
		config  map[string]any
		warning bool
		says    string
	}{
		"missing parameter": {map[string]any{"flow_id": b.flow}, false, "Required parameters are missing"},
		"unknown parameter": {map[string]any{"flow_id": b.flow, "parameters": `{"x": 1, "y": 2}`}, true, "Parameters that the flow does not have"},
		"no agent":          {map[string]any{"flow_id": b.flow, "parameters": `{"x": 1}`, "labels": []string{"gpu"}}, true, `The run has labels "gpu"`},
		"no agent, labels of the run configuration": {map[string]any{
			"flow_id": b.flow, "parameters": `{"x": 1}`,
			"run_config": map[string]any{"kubernetes": map[string]any{"labels": []string{"west"}}},
		}, true, `The run has labels "west"`},
		"no agent, labels of the flow": {map[string]any{"flow_id": b.flow, "parameters": `{"x": 1}`}, true, `The run has labels "k8s"`},
		"registered by the same apply": {map[string]any{"version_group_id": "later"}, true, ""},
	} {
		found := session.PlanAction("prefect_flow_run", tt.config)
		var said strings.Builder
		for _, d := range found {
			said.WriteString(d.Summary + "\n" + d.Detail + "\n")
		}
		if !strings.Contains(said.String(), tt.says) || (tt.says == "") != (len(found) == 0) || len(found) > 0 && found[0].Warning != tt.warning {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if len(b.runs()) != 0 {
		t.Errorf("a plan has made a run")
	}
}

// TestAccFlowRunAction_cancelAll cancels what a flow has under way, of all versions, and nothing else.
func TestAccFlowRunAction_cancelAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := acctest.Connect(t, b.PrefectServer, nil)
	create := func(flow, name string) string {
		id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: flow, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	other := create(b.register(flowJSON("other")), "theirs")
	create(b.flow, "waiting")
	running := create(b.flow, "running")
	b.starts(prefect.FlowRun{ID: running})
	over := create(b.flow, "over")
	b.set(over, "Success", "")
	group := map[string]any{"version_group_id": b.group}
	if found := session.Invoke("prefect_flow_run_cancel", map[string]any{"version_group_id": b.group, "timeout": "1s"}, nil); len(found) != 1 ||
		!strings.Contains(found[0].Summary, "1 run of version group") || !strings.Contains(found[0].Detail, `"running"`) {
		t.Errorf("a stubborn run: %+v", found)
	}
	var process sync.WaitGroup
	process.Go(func() { b.stopsWhenAsked(running) })
	defer process.Wait()
	var told progress
	if found := session.Invoke("prefect_flow_run_cancel", group, told.add); len(found) > 0 {
		t.Fatalf("got %+v", found)
	}
	told.says(t, "All runs of the flow have ended")
	for id, want := range map[string]string{other: "Scheduled", running: "Cancelled", over: "Success"} {
		if run, err := b.Client.GetFlowRun(t.Context(), id); err != nil || run.State != want {
			t.Errorf("run %q is %s, want %s: %v", run.Name, run.State, want, err)
		}
	}
	var again progress
	if found := session.Invoke("prefect_flow_run_cancel", group, again.add); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	again.says(t, "No run of the flow is unfinished")
	for name, config := range map[string]map[string]any{
		"a typo": {"version_group_id": "nobody"}, "both": {"version_group_id": b.group, "id": other}, "neither": {},
	} {
		var told progress
		if found := session.Invoke("prefect_flow_run_cancel", config, told.add); len(found) != 1 || found[0].Warning || told.has("No run") {
			t.Errorf("%s: %+v, %q", name, found, told.lines)
		}
	}
}

// TestAccFlowRunAction_cancelAgain only waits for a run that is being cancelled already.
func TestAccFlowRunAction_cancelAgain(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
	session := acctest.Connect(t, b.PrefectServer, nil)
	running, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow})
	if err != nil {
		t.Fatal(err)
	}
	b.starts(prefect.FlowRun{ID: running})
	for i, config := range []map[string]any{{"id": running}, {"id": running}, {"version_group_id": b.group}} {
		config["timeout"] = "100ms"
		if found := session.Invoke("prefect_flow_run_cancel", config, nil); len(found) != 1 || !strings.Contains(found[0].Summary, "not end") {
			t.Errorf("invocation %d: %+v", i+1, found)
		}
	}
	if n := b.Server.CountRequests("cancel_flow_run"); n != 1 {
		t.Errorf("the run was cancelled %d times", n)
	}
}

// TestAccFlowRunAction_cancelAllScheduled does not wait for a run that a schedule creates while the others are cancelled.
func TestAccFlowRunAction_cancelAllScheduled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := acctest.Connect(t, b.PrefectServer, nil)
	create := func(name string) string {
		id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: name})
		if err != nil {
			t.Error(err)
		}
		return id
	}
	create("waiting")
	var created sync.Once
	var next string
	found := session.Invoke("prefect_flow_run_cancel", map[string]any{"version_group_id": b.group, "timeout": "3s"}, func(line string) {
		if strings.Contains(line, "is being cancelled") {
			created.Do(func() { next = create("next") })
		}
	})
	if len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	if run, err := b.Client.GetFlowRun(t.Context(), next); err != nil || run.State != "Scheduled" {
		t.Errorf("the new run is %+v, %v", run, err)
	}
}
