package prefect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// trouble is one way in which a request goes wrong.
type trouble struct {
	name  string
	fault prefectserver.Fault
}

func troubles() []trouble {
	return []trouble{
		{"connection dropped before", prefectserver.Fault{Drop: prefectserver.DropBefore}},
		{"connection dropped after", prefectserver.Fault{Drop: prefectserver.DropAfter}},
		{"bad gateway", prefectserver.Fault{Status: http.StatusBadGateway}},
		{"service unavailable", prefectserver.Fault{Status: http.StatusServiceUnavailable, RetryAfter: "1"}},
		{"gateway timeout", prefectserver.Fault{Status: http.StatusGatewayTimeout}},
		{"too many requests", prefectserver.Fault{Status: http.StatusTooManyRequests, RetryAfter: "1"}},
		{"internal error", prefectserver.Fault{Message: "Unable to complete operation. An internal API error occurred.", Code: "API_ERROR"}},
		{"no database", prefectserver.Fault{Message: "Unable to connect to postgres."}},
		{"no service behind apollo", prefectserver.Fault{Message: "request to http://graphql:4201/graphql/ failed, reason: connect ECONNREFUSED 10.0.0.1:4201"}},
	}
}

// mutationCase prepares an object, then does one mutation to it, and counts what must be there exactly once.
type mutationCase struct {
	name  string
	field string
	// prepare returns the mutation and a count of its results.
	prepare func(t *testing.T, e *env) (do func(context.Context) error, results func() int, want int)
}

// count asks the Server how many rows there are.
func (e *env) count(t *testing.T, table, where string) int {
	t.Helper()
	var out map[string]struct {
		Aggregate struct{ Count int }
	}
	document := fmt.Sprintf(`query { %s_aggregate(where: {%s}) { aggregate { count } } }`, table, where)
	check(t, newClient(t, prefect.Config{Endpoint: e.url}).Do(t.Context(), document, nil, &out))
	return out[table+"_aggregate"].Aggregate.Count
}

func mutationCases() []mutationCase { //nolint:maintidx // a table
	onFlow := func(name, field string, do func(ctx context.Context, e *env, flow *prefect.Flow) error, table, where string, want int) mutationCase {
		return mutationCase{name, field, func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			flow := e.flow(t, e.project(t, "p"), "f")
			return func(ctx context.Context) error { return do(ctx, e, flow) },
				func() int { return e.count(t, table, where) }, want
		}}
	}
	onRun := func(name, field string, do func(ctx context.Context, e *env, run string) error, where string, want int) mutationCase {
		return mutationCase{name, field, func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			run := e.run(t, e.flow(t, e.project(t, "p"), "f").ID)
			return func(ctx context.Context) error { return do(ctx, e, run) },
				func() int { return e.count(t, "flow_run", where) }, want
		}}
	}
	return []mutationCase{
		{"create tenant", "create_tenant", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			return func(ctx context.Context) error { _, err := e.CreateTenant(ctx, "New", "new"); return err },
				func() int { return e.count(t, "tenant", `name: {_eq: "New"}`) }, 1
		}},
		{"create project", "create_project", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			return func(ctx context.Context) error { _, err := e.CreateProject(ctx, "new", ptr("d")); return err },
				func() int { return e.count(t, "project", `name: {_eq: "new"}`) }, 1
		}},
		{"create cloud hook", "create_cloud_hook", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			return func(ctx context.Context) error {
				_, err := e.CreateCloudHook(ctx, prefect.CreateCloudHookInput{
					Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
				})
				return err
			}, func() int { return e.count(t, "cloud_hook", "") }, 1
		}},
		{"register flow with key", "create_flow_from_compressed_string", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			in := prefect.RegisterFlowInput{ProjectID: e.project(t, "p"), SerializedFlow: smallFlow("f"), IdempotencyKey: "k"}
			return func(ctx context.Context) error { _, err := e.RegisterFlow(ctx, in); return err },
				func() int { return e.count(t, "flow", "") }, 1
		}},
		{"register flow without key", "create_flow_from_compressed_string", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			in := prefect.RegisterFlowInput{ProjectID: e.project(t, "p"), SerializedFlow: smallFlow("f")}
			return func(ctx context.Context) error { _, err := e.RegisterFlow(ctx, in); return err },
				func() int { return e.count(t, "flow", "") }, 1
		}},
		onFlow("create flow run", "create_flow_run", func(ctx context.Context, e *env, f *prefect.Flow) error {
			_, err := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: f.ID})
			return err
		}, "flow_run", `state: {_eq: "Scheduled"}`, 1),
		onFlow("rename project", "set_project_name", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetProjectName(ctx, f.ProjectID, "q")
		}, "project", `name: {_eq: "q"}`, 1),
		onFlow("describe project", "set_project_description", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetProjectDescription(ctx, f.ProjectID, ptr("d"))
		}, "project", `description: {_eq: "d"}`, 1),
		onFlow("delete project", "delete_project", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.DeleteProject(ctx, f.ProjectID)
		}, "project", "", 0),
		onFlow("rename tenant", "update_tenant_name", func(ctx context.Context, e *env, _ *prefect.Flow) error {
			return e.SetTenantName(ctx, e.tenant, "Q")
		}, "tenant", `name: {_eq: "Q"}`, 1),
		onFlow("change tenant slug", "update_tenant_slug", func(ctx context.Context, e *env, _ *prefect.Flow) error {
			return e.SetTenantSlug(ctx, e.tenant, "q")
		}, "tenant", `slug: {_eq: "q"}`, 1),
		onFlow("delete tenant", "delete_tenant", func(ctx context.Context, e *env, _ *prefect.Flow) error {
			return e.DeleteTenant(ctx, e.tenant)
		}, "tenant", "", 0),
		onFlow("archive flow", "archive_flow", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.ArchiveFlow(ctx, f.ID)
		}, "flow", "archived: {_eq: true}", 1),
		onFlow("delete flow", "delete_flow", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.DeleteFlow(ctx, f.ID)
		}, "flow", "", 0),
		onFlow("delete flow group", "delete_flow_group", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.DeleteFlowGroup(ctx, f.FlowGroupID)
		}, "flow_group", "", 0),
		onFlow("label flow group", "set_flow_group_labels", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetFlowGroupLabels(ctx, f.FlowGroupID, []string{"a"})
		}, "flow_group", "labels: {_is_null: false}", 1),
		onFlow("describe flow group", "set_flow_group_description", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetFlowGroupDescription(ctx, f.FlowGroupID, ptr("d"))
		}, "flow_group", `description: {_eq: "d"}`, 1),
		onFlow("configure flow group", "set_flow_group_run_config", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetFlowGroupRunConfig(ctx, f.FlowGroupID, json.RawMessage(`{"type":"UniversalRun"}`))
		}, "flow_group", "run_config: {_is_null: false}", 1),
		onFlow("default parameters", "set_flow_group_default_parameters", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetFlowGroupDefaultParameters(ctx, f.FlowGroupID, json.RawMessage(`{"a":1}`))
		}, "flow_group", `default_parameters: {_contains: {a: 1}}`, 1),
		onFlow("schedule flow group", "set_flow_group_schedule", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetFlowGroupSchedule(ctx, f.FlowGroupID, prefect.FlowGroupSchedule{CronClocks: []prefect.CronClock{{Cron: "0 0 1 1 *"}}})
		}, "flow_group", "schedule: {_is_null: false}", 1),
		onFlow("unschedule flow group", "delete_flow_group_schedule", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.DeleteFlowGroupSchedule(ctx, f.FlowGroupID)
		}, "flow_group", "schedule: {_is_null: true}", 1),
		onFlow("heartbeat off", "disable_flow_heartbeat", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetHeartbeat(ctx, f.ID, false)
		}, "flow_group", "settings: {_contains: {heartbeat_enabled: false}}", 1),
		onFlow("heartbeat on", "enable_flow_heartbeat", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetHeartbeat(ctx, f.ID, true)
		}, "flow_group", "settings: {_contains: {heartbeat_enabled: true}}", 1),
		onFlow("lazarus off", "disable_flow_lazarus_process", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetLazarus(ctx, f.ID, false)
		}, "flow_group", "settings: {_contains: {lazarus_enabled: false}}", 1),
		onFlow("lazarus on", "enable_flow_lazarus_process", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetLazarus(ctx, f.ID, true)
		}, "flow_group", "settings: {_contains: {lazarus_enabled: true}}", 1),
		onFlow("deactivate schedule", "set_schedule_inactive", func(ctx context.Context, e *env, f *prefect.Flow) error {
			return e.SetScheduleInactive(ctx, f.ID)
		}, "flow", "is_schedule_active: {_eq: false}", 1),
		onRun("cancel run", "cancel_flow_run", func(ctx context.Context, e *env, run string) error {
			_, err := e.CancelFlowRun(ctx, run)
			return err
		}, `state: {_eq: "Cancelled"}`, 1),
		onRun("delete run", "delete_flow_run", func(ctx context.Context, e *env, run string) error {
			return e.DeleteFlowRun(ctx, run)
		}, "", 0),
		onRun("rename run", "set_flow_run_name", func(ctx context.Context, e *env, run string) error {
			return e.SetFlowRunName(ctx, run, "new")
		}, `name: {_eq: "new"}`, 1),
		onRun("label run", "set_flow_run_labels", func(ctx context.Context, e *env, run string) error {
			return e.SetFlowRunLabels(ctx, run, []string{"new"})
		}, `labels: {_contains: "new"}`, 1),
		{"reset task runs", "set_task_run_states", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			do, _ := e.restart(t)
			return do, func() int { return e.count(t, "task_run", `state: {_eq: "Pending"}`) }, 2
		}},
		{"restart run", "set_flow_run_states", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			do, run := e.restart(t)
			return do, func() int {
				return e.count(t, "flow_run_state", `state: {_eq: "Scheduled"}, flow_run_id: {_eq: "`+run+`"}`)
			}, 2
		}},
		{"activate schedule", "set_schedule_active", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			flow := e.flow(t, e.project(t, "p"), "f")
			check(t, e.SetFlowGroupSchedule(t.Context(), flow.FlowGroupID, prefect.FlowGroupSchedule{CronClocks: []prefect.CronClock{{Cron: "0 0 1 1 *"}}}))
			return func(ctx context.Context) error { return e.SetScheduleActive(ctx, flow.ID) },
				func() int { return e.count(t, "flow", "is_schedule_active: {_eq: true}") }, 1
		}},
		{"move flow", "update_flow_project", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			flow := e.flow(t, e.project(t, "p"), "f")
			target := e.project(t, "q")
			return func(ctx context.Context) error { return e.UpdateFlowProject(ctx, flow.ID, target) },
				func() int { return e.count(t, "flow", `project_id: {_eq: "`+target+`"}`) }, 1
		}},
		hookCase("switch hook off", "set_cloud_hook_inactive", func(ctx context.Context, e *env, id string) error {
			return e.SetCloudHookActive(ctx, id, false)
		}, "active: {_eq: false}", 1),
		hookCase("switch hook on", "set_cloud_hook_active", func(ctx context.Context, e *env, id string) error {
			return e.SetCloudHookActive(ctx, id, true)
		}, "active: {_eq: true}", 1),
		hookCase("delete hook", "delete_cloud_hook", func(ctx context.Context, e *env, id string) error {
			return e.DeleteCloudHook(ctx, id)
		}, "", 0),
		{"delete agent", "delete_agent", func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
			t.Helper()
			var out struct {
				Agent struct{ ID string } `json:"register_agent"`
			}
			check(t, e.Do(t.Context(), `mutation($input: register_agent_input!) { register_agent(input: $input) { id } }`,
				map[string]any{"input": map[string]any{"tenant_id": e.tenant, "type": "KubernetesAgent"}}, &out))
			return func(ctx context.Context) error { return e.DeleteAgent(ctx, out.Agent.ID) },
				func() int { return e.count(t, "agent", "") }, 0
		}},
	}
}

func hookCase(name, field string, do func(ctx context.Context, e *env, id string) error, where string, want int) mutationCase {
	return mutationCase{name, field, func(t *testing.T, e *env) (func(context.Context) error, func() int, int) {
		t.Helper()
		id, err := e.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
			Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
		})
		check(t, err)
		return func(ctx context.Context) error { return do(ctx, e, id) },
			func() int { return e.count(t, "cloud_hook", where) }, want
	}}
}

// Whatever goes wrong, every mutation ends well and has happened exactly once.
// With -v, the test prints the results as a table in Markdown.
func TestEveryMutationSurvivesEveryTrouble(t *testing.T) {
	t.Parallel()
	table := newFaultTable()
	t.Cleanup(func() { t.Log(table.markdown()) })
	for _, m := range mutationCases() {
		for _, trouble := range troubles() {
			most := 1
			if strings.HasPrefix(m.field, "create_") {
				most = 2 // where a repetition could do harm
			}
			for times := 1; times <= most; times++ {
				t.Run(fmt.Sprintf("%s/%s/%d", m.name, trouble.name, times), func(t *testing.T) {
					t.Parallel()
					e := newEnv(t, prefectserver.Options{})
					do, results, want := m.prepare(t, e)
					fault := trouble.fault
					fault.Field, fault.Times = m.field, times
					hits := e.server.Faults().Add(fault)
					before := e.server.CountRequests(m.field)
					if err := do(t.Context()); err != nil {
						t.Errorf("failed: %v", err)
					}
					sent := e.server.CountRequests(m.field) - before
					if n := hits(); n == 0 {
						t.Error("the fault did not strike")
					}
					if got := results(); got != want {
						t.Errorf("%d results, want %d", got, want)
					}
					table.add(m, trouble.name, sent, !t.Failed())
				})
			}
		}
	}
}

// All mutations of this client are in the table above.
func TestFaultTableIsComplete(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{
		"register_tasks": true, "register_edges": true, // see TestRegistrationInParts
		"write_run_logs": true, // not repeated when in doubt
	}
	for _, m := range mutationCases() {
		tested[m.field] = true
	}
	for _, field := range mutationsInUse(t) {
		if !tested[field] {
			t.Errorf("%s is not tested under faults", field)
		}
	}
}
