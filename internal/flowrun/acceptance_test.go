package flowrun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

const address = "prefect_flow_run.test"

// bench is a Server with a project, a registered flow, and an agent that does to
// each run what a script says.
type bench struct {
	*acctest.PrefectServer
	t       testing.TB
	project string
	flow    string
	group   string
}

// flowJSON is a serialised flow without tasks.
func flowJSON(name string, parameters ...string) map[string]any {
	list := make([]any, 0, len(parameters))
	for _, p := range parameters {
		name, value, optional := strings.Cut(p, "=")
		parameter := map[string]any{"__version__": "1.4.1", "name": name, "slug": name, "required": !optional, "default": nil, "tags": []any{}, "outputs": "typing.Any", "type": "prefect.core.parameter.Parameter"}
		if optional {
			parameter["default"] = value
		}
		list = append(list, parameter)
	}
	return map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": name, "parameters": list, "tasks": []any{}, "edges": []any{},
		"reference_tasks": []any{}, "schedule": nil, "run_config": kubernetesRun(nil, "k8s"), "storage": map[string]any{
			"__version__": "1.4.1", "type": "Module", "module": "flows", "flows": map[string]any{name: "flows"}, "secrets": []any{},
		},
	}
}

func kubernetesRun(set map[string]any, labels ...string) map[string]any {
	run, err := serialization.KubernetesRun{Labels: labels}.Serialize("1.4.1")
	if err != nil {
		panic(err)
	}
	for name, value := range set {
		run[name] = value
	}
	return run
}

func newBench(t testing.TB, parameters ...string) *bench {
	t.Helper()
	return benchOn(t, acctest.Server(t), flowJSON("etl", parameters...))
}

func benchOn(t testing.TB, server *acctest.PrefectServer, flow map[string]any) *bench {
	t.Helper()
	project, err := server.Client.CreateProject(t.Context(), "runs", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{PrefectServer: server, t: t, project: project}
	b.flow = b.register(flow)
	registered, err := server.Client.GetFlow(t.Context(), b.flow)
	if err != nil {
		t.Fatal(err)
	}
	b.group = registered.VersionGroupID
	return b
}

func (b *bench) register(flow map[string]any) string {
	b.t.Helper()
	id, err := b.Client.RegisterFlow(b.t.Context(), prefect.RegisterFlowInput{ProjectID: b.project, SerializedFlow: flow})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// config is a configuration with one run and further lines.
func (b *bench) config(lines ...string) string {
	return acctest.ProviderConfig(b.PrefectServer, nil) + b.block("test", lines...)
}

func (b *bench) block(name string, lines ...string) string {
	if !slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "version_group_id") || strings.HasPrefix(l, "flow_id")
	}) {
		lines = append([]string{fmt.Sprintf("flow_id = %q", b.flow)}, lines...)
	}
	return fmt.Sprintf("resource \"prefect_flow_run\" %q {\n  %s\n}\n", name, strings.Join(lines, "\n  "))
}

// runs returns the runs of the tenant, oldest first.
func (b *bench) runs() []prefect.FlowRun {
	b.t.Helper()
	runs, err := b.Client.ListFlowRuns(context.Background(), prefect.FlowRunFilter{})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Reverse(runs)
	return runs
}

// count is a check that there are so many runs.
func (b *bench) count(want int) error {
	runs := b.runs()
	if len(runs) == want {
		return nil
	}
	var all []string
	for _, r := range runs {
		all = append(all, fmt.Sprintf("%s %s %s", r.Name, r.State, r.IdempotencyKey))
	}
	return fmt.Errorf("the Server has %d runs, want %d: %s", len(runs), want, strings.Join(all, "; "))
}

const setState = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id status message } } }`

// set puts a run into a state, as a flow's process or an agent would.
func (b *bench) set(id, state, message string) {
	b.t.Helper()
	err := b.Client.Do(context.Background(), setState, map[string]any{"input": map[string]any{"states": []any{map[string]any{
		"flow_run_id": id, "state": map[string]any{"type": state, "message": message, "__version__": "1.4.1"},
	}}}}, nil)
	if err != nil {
		b.t.Errorf("set %s: %v", state, err)
	}
}

func (b *bench) log(id, level, message string) {
	b.t.Helper()
	const write = `mutation($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }`
	line := map[string]any{"flow_run_id": id, "name": "prefect.etl", "level": level, "message": message}
	if err := b.Client.Do(context.Background(), write, map[string]any{"input": map[string]any{"logs": []any{line}}}, nil); err != nil {
		b.t.Errorf("write a log line: %v", err)
	}
}

// registerAgent makes an agent that never asks for work after now.
func (b *bench) registerAgent(name string, labels ...string) {
	b.t.Helper()
	const register = `mutation($input: register_agent_input!) { register_agent(input: $input) { id } }`
	input := map[string]any{"tenant_id": b.TenantID, "name": name, "type": "KubernetesAgent", "labels": labels}
	if err := b.Client.Do(context.Background(), register, map[string]any{"input": input}, nil); err != nil {
		b.t.Fatal(err)
	}
}

// serve plays the agent and the flow's processes: script is called once for each
// new run, in a goroutine of its own, until the test ends.
func (b *bench) serve(script func(run prefect.FlowRun)) {
	b.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		seen := map[string]bool{}
		tick := time.NewTicker(30 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			runs, err := b.Client.ListFlowRuns(ctx, prefect.FlowRunFilter{States: []string{"Scheduled"}})
			if err != nil {
				continue
			}
			for _, run := range runs {
				if !seen[run.ID] {
					seen[run.ID] = true
					all.Add(1)
					go func() { defer all.Done(); script(run) }()
				}
			}
		}
	}()
	b.t.Cleanup(func() { stop(); all.Wait() })
}

// ends is a script that runs through to a final state.
func (b *bench) ends(state, message string) func(prefect.FlowRun) {
	return func(run prefect.FlowRun) {
		b.set(run.ID, "Submitted", "Submitted for execution")
		b.set(run.ID, "Running", "Running flow.")
		b.log(run.ID, "INFO", "Hello from the flow")
		b.set(run.ID, state, message)
	}
}

// starts is a script that leaves the run running.
func (b *bench) starts(run prefect.FlowRun) {
	b.set(run.ID, "Submitted", "Submitted for execution")
	b.set(run.ID, "Running", "Running flow.")
}

func encode(t testing.TB, value any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// stopsWhenAsked plays the process of a run that is cancelled.
func (b *bench) stopsWhenAsked(id string) {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		run, err := b.Client.GetFlowRun(ctx, id)
		switch {
		case err != nil, run.State == "Cancelled":
			return
		case run.State == "Cancelling":
			b.set(id, "Cancelled", "Flow run cancelled.")
			return
		}
	}
}
