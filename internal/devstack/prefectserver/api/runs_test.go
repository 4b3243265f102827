package api_test

import (
	"strings"
	"testing"
	"time"
)

func TestLabelAndRunConfigPrecedence(t *testing.T) {
	t.Parallel()
	config := func(label string) map[string]any {
		return map[string]any{"type": "UniversalRun", "labels": []any{label}}
	}
	steps := []struct {
		name       string
		apply      func(s *server, group string, call in)
		labels     []any
		runConfigs string // label of the run config in force
	}{
		{"flow", func(*server, string, in) {}, []any{"k8s", "prod"}, "k8s"},
		{"group run config", func(s *server, group string, _ in) {
			s.call("set_flow_group_run_config", in{"flow_group_id": group, "run_config": config("group-config")})
		}, []any{"group-config"}, "group-config"},
		{"group", func(s *server, group string, _ in) {
			s.call("set_flow_group_labels", in{"flow_group_id": group, "labels": []any{"group"}})
		}, []any{"group"}, "group-config"},
		{"empty group", func(s *server, group string, _ in) {
			s.call("set_flow_group_labels", in{"flow_group_id": group, "labels": []any{}})
		}, []any{}, "group-config"},
		{"call's run config", func(_ *server, _ string, call in) { call["run_config"] = config("call-config") }, []any{"call-config"}, "call-config"},
		{"call", func(_ *server, _ string, call in) { call["labels"] = []any{"z", "a"} }, []any{"a", "z"}, "call-config"},
		{"empty call", func(_ *server, _ string, call in) { call["labels"] = []any{} }, []any{}, "call-config"},
		{"null call", func(_ *server, _ string, call in) { call["labels"] = nil }, []any{"call-config"}, "call-config"},
	}
	s := newServer(t)
	flow := s.register("f", "")
	call := in{"flow_id": flow}
	for _, step := range steps {
		step.apply(s, s.group(flow), call)
		run := s.row("flow_run", s.run(call))
		same(t, step.name, run["labels"], step.labels)
		inForce, _ := run["run_config"].(map[string]any)
		labels, _ := inForce["labels"].([]any)
		same(t, step.name+": run config", labels[0], step.runConfigs)
	}
}

func TestEnvironmentLabels(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"run_config": null, "environment": {"labels": ["env"]}}`)
	same(t, "labels", s.row("flow_run", s.run(in{"flow_id": flow}))["labels"], []any{"env"})
	bare := s.register("g", `{"run_config": null}`)
	same(t, "no labels", s.row("flow_run", s.run(in{"flow_id": bare}))["labels"], []any{})
}

func TestParameters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"parameters": [
		{"slug": "a", "name": "a", "required": true}, {"slug": "b", "name": "b", "required": true, "default": null},
		{"slug": "c", "name": "c", "default": 3}, {"slug": "d", "name": "d", "default": 0}]}`)
	s.refused("Required parameters were not supplied: {'a', 'b'}", "create_flow_run", in{"flow_id": flow})
	s.call("set_flow_group_default_parameters", in{"flow_group_id": s.group(flow), "parameters": decode(t, `{"a": 1, "c": 4}`)})
	s.refused("Required parameters were not supplied: {'b'}", "create_flow_run", in{"flow_id": flow, "parameters": nil})
	run := s.run(in{"flow_id": flow, "parameters": decode(t, `{"b": 0, "extra": true}`)})
	same(t, "parameters", s.row("flow_run", run)["parameters"], decode(t, `{"a": 1, "b": 0, "c": 4, "extra": true}`))
}

func TestNewRun(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	id := s.run(in{"flow_id": flow})
	run := s.row("flow_run", id)
	same(t, "state", run["state"], "Scheduled")
	same(t, "version", run["version"], decode(t, "1"))
	same(t, "context", run["context"], map[string]any{})
	if name, _ := run["name"].(string); strings.Count(name, "-") != 1 {
		t.Errorf("name %q", name)
	}
	if run["scheduled_start_time"] != run["state_start_time"] {
		t.Error("the state does not start when the run is scheduled")
	}
	tasks := s.rows("task_run", "flow_run_id", id)
	if len(tasks) != 2 || tasks[0]["state"] != "Pending" {
		t.Errorf("task runs: %v", tasks)
	}
	at := start.Add(90 * time.Minute)
	later := s.row("flow_run", s.run(in{
		"version_group_id": run2group(s, flow), "flow_run_name": "n", "scheduled_start_time": at, "context": decode(t, `{"k": 1}`),
	}))
	same(t, "flow", later["flow_id"], flow)
	same(t, "name", later["name"], "n")
	same(t, "context", later["context"], decode(t, `{"k": 1}`))
	if start, _ := later["scheduled_start_time"].(time.Time); !start.Equal(at) {
		t.Errorf("start %v", start)
	}
	state, _ := later["serialized_state"].(map[string]any)
	same(t, "serialized", state, decode(t, `{"type": "Scheduled", "message": "Flow run scheduled.", "__version__": "1.4.1",
		"start_time": "2024-01-01T13:30:00+00:00", "context": {}, "cached_inputs": {},
		"_result": {"type": "NoResultType", "__version__": "1.4.1"}}`))
}

func run2group(s *server, flow string) any { return s.row("flow", flow)["version_group_id"] }

func TestRunsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refused("A flow id or version group ID must be provided.", "create_flow_run", in{"parameters": map[string]any{}})
	s.refused("Flow "+missing+" not found", "create_flow_run", in{"flow_id": missing})
	s.refused("Version group nope has no unarchived flows.", "create_flow_run", in{"version_group_id": "nope"})
}

func TestRunIdempotency(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow, other := s.register("f", ""), s.register("g", "")
	first := s.run(in{"flow_id": flow, "idempotency_key": "k", "parameters": map[string]any{"a": "1"}})
	s.state(first, "Failed")
	if again := s.run(in{"flow_id": flow, "idempotency_key": "k"}); again != first {
		t.Error("the key made another run")
	}
	same(t, "parameters", s.row("flow_run", first)["parameters"], map[string]any{"a": "1"})
	same(t, "state", s.row("flow_run", first)["state"], "Failed")
	if s.run(in{"flow_id": other, "idempotency_key": "k"}) == first {
		t.Error("the key counts for another flow")
	}
	if s.run(in{"flow_id": flow}) == s.run(in{"flow_id": flow, "idempotency_key": nil}) {
		t.Error("no key is a key")
	}
}

func TestSmallRunMutations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	s.success(true, "set_flow_run_name", in{"flow_run_id": run, "name": "n"})
	s.success(false, "set_flow_run_name", in{"flow_run_id": missing, "name": "n"})
	s.refused("Invalid name", "set_flow_run_name", in{"flow_run_id": run, "name": ""})
	s.success(true, "set_flow_run_labels", in{"flow_run_id": run, "labels": []any{"b", "a"}})
	same(t, "labels", s.row("flow_run", run)["labels"], []any{"a", "b"})
	s.success(true, "update_flow_run_heartbeat", in{"flow_run_id": run})
	s.success(true, "update_flow_run_heartbeat", in{"flow_run_id": missing})
	if s.row("flow_run", run)["heartbeat"] == nil {
		t.Error("no heartbeat")
	}
	task := s.rows("task_run", "flow_run_id", run)[0]["id"]
	s.success(true, "set_task_run_name", in{"task_run_id": task, "name": "n"})
	s.refused("Invalid name", "set_task_run_name", in{"task_run_id": task, "name": ""})
	s.success(true, "update_task_run_heartbeat", in{"task_run_id": task})
	s.success(true, "delete_flow_run", in{"flow_run_id": run})
	s.success(false, "delete_flow_run", in{"flow_run_id": run})
}

func TestTaskRunsOnDemand(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	run := s.run(in{"flow_id": flow})
	task := s.rows("task", "flow_id", flow)[0]["id"]
	id := s.id("get_or_create_task_run", in{"flow_run_id": run, "task_id": task, "map_index": nil})
	same(t, "existing", id, s.rows("task_run", "flow_run_id", run)[0]["id"])
	made := s.call("get_or_create_task_run_info", in{"flow_run_id": run, "task_id": task, "map_index": int64(0)})
	same(t, "version of a new one", made["version"], decode(t, "0"))
	same(t, "state", made["state"], "Pending")
	again := s.call("get_or_create_task_run_info", in{"flow_run_id": run, "task_id": task, "map_index": int64(0)})
	same(t, "same", again["id"], made["id"])
	same(t, "version", again["version"], decode(t, "1"))
	for _, bad := range []in{{"flow_run_id": run, "task_id": missing}, {"flow_run_id": missing, "task_id": task}} {
		s.refused("Invalid ID", "get_or_create_task_run", bad)
	}
	s.refused("Invalid task ID", "get_or_create_task_run_info", in{"flow_run_id": run, "task_id": missing})
	s.refused("Foreign key violation.", "get_or_create_task_run_info", in{"flow_run_id": missing, "task_id": task})

	info := s.call("get_task_run_info", in{"task_run_id": id})
	same(t, "info", info["state"], "Pending")
	s.refused("Invalid task run ID", "get_task_run_info", in{"task_run_id": missing})
	children := s.call("mapped_children", in{"task_run_id": id})
	same(t, "children", children["state_counts"], decode(t, `{"Pending": 1}`))
	same(t, "start", children["min_start_time"], nil)
}

func TestArtifacts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	task := s.rows("task_run", "flow_run_id", run)[0]["id"]
	id := s.id("create_task_run_artifact", in{"task_run_id": task, "kind": "link", "data": map[string]any{"l": "x"}})
	same(t, "tenant", s.row("task_run_artifact", id)["tenant_id"], s.tenant)
	s.success(true, "update_task_run_artifact", in{"task_run_artifact_id": id, "data": map[string]any{"l": "y"}})
	same(t, "data", s.row("task_run_artifact", id)["data"], map[string]any{"l": "y"})
	s.refused("Task run "+missing+" not found", "create_task_run_artifact", in{"task_run_id": missing, "kind": "k", "data": map[string]any{}})
	s.refused("Invalid tenant ID.", "create_task_run_artifact", in{"task_run_id": task, "kind": "k", "data": map[string]any{}, "tenant_id": missing})
	s.refused("Artifact data payload exceeds 1000000 bytes limit.", "create_task_run_artifact",
		in{"task_run_id": task, "kind": "k", "data": map[string]any{"x": strings.Repeat("x", 1_000_000)}})
	s.success(true, "delete_task_run_artifact", in{"task_run_artifact_id": id})
	s.success(false, "delete_task_run_artifact", in{"task_run_artifact_id": id})
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	s.success(true, "write_run_logs", in{"logs": []any{
		map[string]any{"flow_run_id": run, "message": "m", "timestamp": start, "level": "ERROR", "info": map[string]any{"a": true}},
		map[string]any{"flow_run_id": run, "message": "dropped", "info": "text"},
		map[string]any{"flow_run_id": run},
	}})
	logs := s.rows("log", "flow_run_id", run)
	if len(logs) != 2 {
		t.Fatalf("logs: %v", logs)
	}
	same(t, "level", logs[0]["level"], "ERROR")
	same(t, "standard level", logs[1]["level"], "INFO")
	s.refused("Foreign key violation.", "write_run_logs", in{"logs": []any{
		map[string]any{"flow_run_id": run, "message": "m"}, map[string]any{"flow_run_id": missing},
	}})
	if len(s.rows("log", "flow_run_id", run)) != 2 {
		t.Error("half of a refused call was stored")
	}
}
