package api_test

import (
	"strings"
	"testing"
	"time"
)

func states(key string, id any, state any) in {
	return in{"states": []any{map[string]any{key: id, "state": state, "version": int64(99)}}}
}

func TestStateHistory(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	for _, kind := range []string{"Submitted", "Running", "Running", "Success", "Failed"} {
		s.state(run, kind)
	}
	rows := s.rows("flow_run_state", "flow_run_id", run)
	history := make([]string, len(rows))
	for i, state := range rows {
		history[i], _ = state["state"].(string)
	}
	if got := strings.Join(history, " "); got != "Scheduled Submitted Running Running Success Failed" {
		t.Errorf("history: %s", got)
	}
	row := s.row("flow_run", run)
	same(t, "version", row["version"], decode(t, "6"))
	same(t, "state", row["state"], "Failed")
	if row["start_time"] == nil || row["end_time"] == nil || row["heartbeat"] == nil {
		t.Errorf("times: %v %v %v", row["start_time"], row["end_time"], row["heartbeat"])
	}
}

func TestSubmittedOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	submit := states("flow_run_id", run, decode(t, `{"type": "Submitted"}`))
	agent := s.id("register_agent", in{"tenant_id": s.tenant, "type": "KubernetesAgent"})
	s.headers.Set("x-prefect-agent-id", agent)
	s.call("set_flow_run_states", submit)
	same(t, "agent", s.row("flow_run", run)["agent_id"], agent)
	s.refused("State update failed: this run has already been submitted.", "set_flow_run_states", submit)
	s.state(run, "Scheduled")
	s.clock.advance(29 * time.Second)
	s.refused("State update failed: this run has already been submitted.", "set_flow_run_states", submit)
	s.clock.advance(2 * time.Second)
	s.call("set_flow_run_states", submit)
}

func TestRefusedStates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	for message, state := range map[string]string{
		"{'type': ['Unsupported value: Nonsense']}":      `{"type": "Nonsense"}`,
		"{'type': ['Missing data for required field.']}": `{}`,
		"{'_schema': 'Invalid data type: x'}":            `"x"`,
		"{'message': ['Not a valid string.']}":           `{"type": "Failed", "message": 5}`,
		"{'context': ['Not a valid mapping type.']}":     `{"type": "Failed", "context": 5}`,
		"{'_result': ['Field may not be null.']}":        `{"type": "Failed", "_result": null}`,
		"{'start_time': ['Not a valid datetime.']}":      `{"type": "Scheduled", "start_time": "soon"}`,
		"State payload is too large.":                    `{"type": "Failed", "message": "` + strings.Repeat("x", 1_000_000) + `"}`,
	} {
		s.refused(message, "set_flow_run_states", states("flow_run_id", run, decode(t, state)))
	}
	running := map[string]any{"type": "Running"}
	s.refused("State update failed for flow run ID "+missing, "set_flow_run_states", states("flow_run_id", missing, running))
	s.refused("State update failed for task run ID "+missing, "set_task_run_states", states("task_run_id", missing, running))
	// One refusal does not undo the others of the call.
	_, err := s.try("set_flow_run_states", in{"states": []any{
		map[string]any{"flow_run_id": missing, "state": running}, map[string]any{"flow_run_id": run, "state": running},
	}})
	if err == nil || s.row("flow_run", run)["state"] != "Running" {
		t.Errorf("error %v, state %v", err, s.row("flow_run", run)["state"])
	}
}

// The expected forms are what the client library 1.4.1 makes of the same input.
func TestSerializedStates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	const rest = `"__version__": "1.4.1", "context": {}, "cached_inputs": {}, "message": null`
	const none = `"_result": {"__version__": "1.4.1", "type": "NoResultType"}`
	for given, want := range map[string]string{
		`{"type": "Success", "foo": 1, "result": "zz", "context": null, "cached_inputs": null}`: `{"type": "Success", ` + rest + `, ` + none + `}`,
		`{"type": "Queued", "start_time": "2024-01-02T03:04:05+02:00"}`:                         `{"type": "Queued", "state": null, "start_time": "2024-01-02T03:04:05+02:00", ` + rest + `, ` + none + `}`,
		`{"type": "Queued", "start_time": "2024-01-02T03:04:05"}`:                               `{"type": "Queued", "state": null, "start_time": "2024-01-02T03:04:05", ` + rest + `, ` + none + `}`,
		`{"type": "Paused"}`: `{"type": "Paused", "start_time": null, ` + rest + `, ` + none + `}`,
		`{"type": "Retrying", "start_time": "2024-01-02T03:04:05.5", "run_count": 3}`: `{"type": "Retrying", "run_count": 3, "start_time": "2024-01-02T03:04:05.500000+00:00", ` + rest + `, ` + none + `}`,
		`{"type": "Looped"}`:                                     `{"type": "Looped", "loop_count": 1, ` + rest + `, ` + none + `}`,
		`{"type": "Mapped", "n_map_states": 4}`:                  `{"type": "Mapped", "n_map_states": 4, ` + rest + `}`,
		`{"type": "Cached", "cached_parameters": {"a": 1}}`:      `{"type": "Cached", "cached_parameters": {"a": 1}, "cached_result_expiration": null, "hashed_inputs": null, ` + rest + `, ` + none + `}`,
		`{"type": "ClientFailed", "state": {"type": "Running"}}`: `{"type": "ClientFailed", "state": {"type": "Running", ` + rest + `, ` + none + `}, ` + rest + `, ` + none + `}`,
		`{"type": "Failed", "_result": {"type": "LocalResult", "dir": "/d", "location": "l", "value": 1}}`: `{"type": "Failed", "_result": {"type": "LocalResult", "dir": "/d", "location": "l", "__version__": "1.4.1"}, ` + rest + `}`,
		`{"type": "Failed", "_result": {"type": "Mine", "location": "l"}}`:                                 `{"type": "Failed", "_result": {"type": "Result", "location": "l", "__version__": "1.4.1"}, ` + rest + `}`,
	} {
		s.call("set_flow_run_states", states("flow_run_id", run, decode(t, given)))
		same(t, given, s.row("flow_run", run)["serialized_state"], decode(t, want))
	}
}

func TestCancelling(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"": "Cancelled", "Submitted": "Cancelled", "Queued": "Cancelled", "Paused": "Cancelled", "Running": "Cancelling",
		"Cancelling": "Cancelling", "Success": "Success", "Mapped": "Mapped", "Failed": "Failed", "Cancelled": "Cancelled",
	} {
		s := newServer(t)
		run := s.run(in{"flow_id": s.register("f", "")})
		if from != "" {
			s.state(run, from)
		}
		before := len(s.rows("flow_run_state", "flow_run_id", run))
		same(t, "from "+from, s.call("cancel_flow_run", in{"flow_run_id": run})["state"], want)
		finished := from == "Success" || from == "Failed" || from == "Cancelled" || from == "Mapped"
		if after := len(s.rows("flow_run_state", "flow_run_id", run)); finished != (after == before) {
			t.Errorf("from %q: %d states, then %d", from, before, after)
		}
		if finished {
			continue
		}
		message := map[string]string{"Cancelled": "Flow run is cancelled", "Cancelling": "Flow run is cancelling"}[want]
		same(t, "message from "+from, s.row("flow_run", run)["state_message"], message)
	}
	s := newServer(t)
	s.refused("Invalid flow run ID: "+missing+".", "cancel_flow_run", in{"flow_run_id": missing})
}

func TestCancelledTakesTaskRunsAlong(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	tasks := s.rows("task_run", "flow_run_id", run)
	s.call("set_task_run_states", states("task_run_id", tasks[0]["id"], map[string]any{"type": "Success"}))
	s.call("cancel_flow_run", in{"flow_run_id": run})
	after := s.rows("task_run", "flow_run_id", run)
	same(t, "finished task", after[0]["state"], "Success")
	same(t, "waiting task", after[1]["state"], "Cancelled")
}

func TestTaskRunStates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	task, _ := s.rows("task_run", "flow_run_id", run)[0]["id"].(string)
	running := states("task_run_id", task, map[string]any{"type": "Running"})
	s.refused("State update failed for task run ID "+task+": provided a running state but associated flow run "+run+
		" is not in a running state.", "set_task_run_states", running)
	s.state(run, "Running")
	payload := s.call("set_task_run_states", running)
	same(t, "payload", payload["states"], []any{map[string]any{"id": task, "status": "SUCCESS", "message": nil}})
	row := s.row("task_run", task)
	if row["heartbeat"] == nil || row["start_time"] == nil {
		t.Errorf("no sign of life: %v", row)
	}
	retrying := `{"type": "Retrying", "run_count": 1, "cached_inputs": {"x": {"type": "S3Result", "bucket": "b", "location": "q"}}}`
	s.call("set_task_run_states", states("task_run_id", task, decode(t, retrying)))
	s.call("set_task_run_states", running)
	state, _ := s.row("task_run", task)["serialized_state"].(map[string]any)
	same(t, "inputs carried on", state["cached_inputs"],
		decode(t, `{"x": {"type": "S3Result", "bucket": "b", "location": "q", "__version__": "1.4.1"}}`))
}
