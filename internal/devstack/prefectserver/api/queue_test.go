package api_test

import (
	"strconv"
	"testing"
	"time"
)

func (s *server) queue(labels ...any) []any {
	s.Helper()
	ids, _ := s.call("get_runs_in_queue", in{"tenant_id": s.tenant, "labels": labels})["flow_run_ids"].([]any)
	return ids
}

func TestQueueMatching(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	plain := s.run(in{"flow_id": flow, "labels": []any{}})
	a := s.run(in{"flow_id": flow, "labels": []any{"a"}})
	ab := s.run(in{"flow_id": flow, "labels": []any{"b", "a"}})
	for _, test := range []struct{ agent, want []any }{
		{[]any{}, []any{plain}},
		{[]any{"a"}, []any{a}},
		{[]any{"b", "a", "c"}, []any{a, ab}},
		{[]any{"b"}, []any{}},
	} {
		if test.agent == nil {
			test.agent = []any{}
		}
		same(t, "queue", s.queue(test.agent...), test.want)
	}
	payload := s.call("get_runs_in_queue", in{"tenant_id": s.tenant})
	same(t, "labels left out", payload["flow_run_ids"], []any{plain})
	s.refused("'NoneType' object has no attribute 'sort'", "get_runs_in_queue", in{"tenant_id": s.tenant, "labels": nil})
	other := s.id("create_tenant", in{"name": "O", "slug": "o"})
	payload = s.call("get_runs_in_queue", in{"tenant_id": other, "labels": []any{}})
	same(t, "other tenant", payload["flow_run_ids"], []any{})
}

func TestQueueStatesAndTimes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"run_config": null}`)
	late := s.run(in{"flow_id": flow, "scheduled_start_time": start.Add(time.Hour)})
	early := s.run(in{"flow_id": flow, "scheduled_start_time": start.Add(-time.Hour)})
	retried := s.run(in{"flow_id": flow, "scheduled_start_time": start})
	s.state(retried, "Running")
	same(t, "due", s.queue(), []any{early})
	payload := s.call("get_runs_in_queue", in{"tenant_id": s.tenant, "before": start.Add(2 * time.Hour), "labels": []any{}})
	same(t, "before", payload["flow_run_ids"], []any{early, late})

	task := s.rows("task_run", "flow_run_id", retried)[0]["id"]
	s.call("set_task_run_states", states("task_run_id", task, map[string]any{"type": "Retrying"}))
	s.state(early, "Submitted")
	same(t, "running with a waiting task", s.queue(), []any{retried})
	s.state(early, "Queued")
	same(t, "queued", len(s.queue()) == 2, true)
	s.state(early, "Paused")
	same(t, "paused without a start", s.queue(), []any{retried})
}

func TestQueueLimits(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	for i := range 80 {
		labels := []any{"other"}
		if i >= 40 {
			labels = []any{"mine"}
		}
		s.run(in{"flow_id": flow, "labels": labels, "flow_run_name": strconv.Itoa(i)})
	}
	if got := len(s.queue("other")); got != 25 {
		t.Errorf("%d runs", got)
	}
	// 75 are looked at; the others of those are not for this agent.
	if got := len(s.queue("mine")); got != 25 {
		t.Errorf("%d runs", got)
	}
	for i := range 30 {
		s.run(in{"flow_id": flow, "labels": []any{"first"}, "scheduled_start_time": start.Add(-time.Duration(i+1) * time.Hour)})
	}
	if got := len(s.queue("mine")); got != 5 {
		t.Errorf("%d runs behind those of others", got)
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	register := func(name any, labels ...any) string {
		return s.id("register_agent", in{"tenant_id": s.tenant, "type": "KubernetesAgent", "name": name, "labels": labels})
	}
	s.headers.Set("x-prefect-core-version", "1.4.1")
	agent := register("ag", "b", "a")
	row := s.row("agent", agent)
	same(t, "labels", row["labels"], []any{"a", "b"})
	same(t, "core version", row["core_version"], "1.4.1")
	if register("ag", "a", "b") != agent {
		t.Error("the same agent was registered twice")
	}
	if register(nil, "a", "b") != agent {
		t.Error("without a name any agent fits")
	}
	if register("other", "a", "b") == agent || register("ag", "a") == agent {
		t.Error("another name or other labels are another agent")
	}
	s.headers.Set("x-prefect-core-version", "1.4.0")
	if register("ag", "a", "b") == agent {
		t.Error("another version is another agent")
	}
	s.refused("No tenant found.", "register_agent", in{"tenant_id": nil, "type": "LocalAgent"})
	s.refused("Foreign key violation.", "register_agent", in{"tenant_id": missing, "type": "LocalAgent"})

	before, _ := row["last_queried"].(time.Time)
	s.clock.advance(time.Minute)
	s.headers.Set("x-prefect-agent-id", agent)
	s.queue()
	after, _ := s.row("agent", agent)["last_queried"].(time.Time)
	if after.Sub(before) < time.Minute {
		t.Errorf("last queried %v, then %v", before, after)
	}
	s.success(true, "delete_agent", in{"agent_id": agent})
	s.success(false, "delete_agent", in{"agent_id": agent})
}

func TestAgentConfigs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	config := s.id("create_agent_config", in{"tenant_id": s.tenant, "name": "c", "settings": nil})
	same(t, "settings", s.row("agent_config", config)["settings"], map[string]any{})
	s.success(true, "update_agent_config", in{"agent_config_id": config, "settings": map[string]any{"a": true}})
	same(t, "name stays", s.row("agent_config", config)["name"], "c")
	agent := s.id("register_agent", in{"tenant_id": s.tenant, "type": "LocalAgent", "agent_config_id": config})
	s.success(true, "delete_agent_config", in{"agent_config_id": config})
	same(t, "agent forgets it", s.row("agent", agent)["agent_config_id"], nil)
	s.success(false, "update_agent_config", in{"agent_config_id": config, "name": "x"})
}
