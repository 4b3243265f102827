package prefect_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestFlowRuns(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	flow := e.flow(t, e.project(t, "p"), "f")
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	in := prefect.CreateFlowRunInput{
		VersionGroupID: flow.VersionGroupID, Name: "named", Labels: []string{"b", "a"}, IdempotencyKey: "once",
		Parameters: json.RawMessage(`{"n":1.50}`), Context: json.RawMessage(`{"c":true}`), ScheduledStartTime: &at,
		RunConfig: json.RawMessage(`{"type":"UniversalRun","labels":["z"]}`),
	}
	id, err := e.CreateFlowRun(ctx, in)
	check(t, err)
	if again, err := e.CreateFlowRun(ctx, in); err != nil || again != id {
		t.Errorf("same key: %s %v", again, err)
	}
	r, err := e.GetFlowRun(ctx, id)
	check(t, err)
	if r.Name != "named" || !slices.Equal(r.Labels, []string{"a", "b"}) || r.State != "Scheduled" || r.IdempotencyKey != "once" ||
		!r.ScheduledStartTime.Equal(at) || r.Flow.Name != "f" || r.Flow.ProjectName != "p" || r.Flow.Version != 1 ||
		r.FlowID != flow.ID || r.Agent != nil || string(r.Context) != `{"c":true}` || r.StartTime != nil {
		t.Errorf("run %+v", r)
	}
	found, err := e.FindFlowRun(ctx, flow.ID, "once")
	check(t, err)
	if diff := cmp.Diff(r, found); diff != "" {
		t.Error(diff)
	}
	inherited := e.run(t, flow.ID)
	if r, err := e.GetFlowRun(ctx, inherited); err != nil || !slices.Equal(r.Labels, []string{"x"}) || r.IdempotencyKey == "" {
		t.Errorf("inherited: %+v %v", r, err)
	}
	bare, err := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID, Labels: []string{}})
	check(t, err)
	if r, err := e.GetFlowRun(ctx, bare); err != nil || r.Labels == nil || len(r.Labels) != 0 {
		t.Errorf("without labels: %+v %v", r, err)
	}
	check(t, e.SetFlowRunName(ctx, id, "renamed"))
	check(t, e.SetFlowRunLabels(ctx, id, nil))
	list, err := e.ListFlowRuns(ctx, prefect.FlowRunFilter{Name: "renamed", VersionGroupID: flow.VersionGroupID, States: []string{"Scheduled"}})
	check(t, err)
	if len(list) != 1 || len(list[0].Labels) != 0 {
		t.Errorf("list %+v", list)
	}
	named, err := e.ListFlowRuns(ctx, prefect.FlowRunFilter{IDs: []string{bare, id}, States: []string{"Scheduled"}})
	check(t, err)
	if len(named) != 2 || named[0].ID != bare || named[1].ID != id {
		t.Errorf("by id %+v", named)
	}
	newest, err := e.ListFlowRuns(ctx, prefect.FlowRunFilter{FlowID: flow.ID, Limit: 2})
	check(t, err)
	if len(newest) != 2 || newest[0].ID != bare || newest[1].ID != inherited {
		t.Errorf("newest %+v", newest)
	}
	if state, err := e.CancelFlowRun(ctx, id); err != nil || state != "Cancelled" {
		t.Errorf("cancel: %s %v", state, err)
	}
	states, err := e.FlowRunStates(ctx, id)
	check(t, err)
	if len(states) != 2 || states[0].State != "Scheduled" || states[1].State != "Cancelled" {
		t.Errorf("states %+v", states)
	}
	check(t, e.DeleteFlowRun(ctx, id))
	_, cancelErr := e.CancelFlowRun(ctx, id)
	_, createErr := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: missing})
	for name, err := range map[string]error{
		"delete": e.DeleteFlowRun(ctx, id), "name": e.SetFlowRunName(ctx, id, "x"), "labels": e.SetFlowRunLabels(ctx, id, nil),
		"cancel": cancelErr, "of a missing flow": createErr,
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, e.ArchiveFlow(ctx, flow.ID))
	_, byFlow := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID})
	_, byGroup := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{VersionGroupID: flow.VersionGroupID})
	_, byNeither := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{})
	if !errors.Is(byFlow, prefect.ErrArchived) || !errors.Is(byGroup, prefect.ErrArchived) || !errors.Is(byNeither, prefect.ErrInvalid) {
		t.Errorf("archived: %v; %v; %v", byFlow, byGroup, byNeither)
	}
}

func TestLogsComeOnceAndInOrder(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	run := e.run(t, e.flow(t, e.project(t, "p"), "f").ID)
	base := time.Now().UTC()
	write := func(lines ...map[string]any) {
		t.Helper()
		for _, l := range lines {
			l["flow_run_id"] = run
		}
		check(t, e.Do(ctx, `mutation($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }`,
			map[string]any{"input": map[string]any{"logs": lines}}, nil))
	}
	line := func(message string, offset time.Duration) map[string]any {
		return map[string]any{"message": message, "level": "INFO", "name": "n", "timestamp": base.Add(offset).Format(time.RFC3339Nano)}
	}
	messages := func(logs []prefect.Log) []string {
		out := make([]string, 0, len(logs))
		for _, l := range logs {
			out = append(out, l.Message)
		}
		return out
	}
	var cursor prefect.LogCursor
	next := func() []string {
		t.Helper()
		logs, c, err := e.FlowRunLogs(ctx, run, cursor)
		check(t, err)
		cursor = c
		return messages(logs)
	}
	if got := next(); len(got) != 0 {
		t.Errorf("no lines yet: %v", got)
	}
	write(line("2", 2*time.Second), line("1", time.Second))
	if diff := cmp.Diff([]string{"1", "2"}, next()); diff != "" {
		t.Error(diff)
	}
	// A line of an earlier moment that arrives late.
	write(line("0", 0))
	write(line("3", 3*time.Second))
	if diff := cmp.Diff([]string{"0", "3"}, next()); diff != "" {
		t.Error(diff)
	}
	if got := next(); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
	tail, err := e.LastFlowRunLogs(ctx, run, 2)
	check(t, err)
	if diff := cmp.Diff([]string{"2", "3"}, messages(tail)); diff != "" {
		t.Error(diff)
	}
}

func TestAgentsAndServer(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{Version: "2022.09.23"})
	ctx := t.Context()
	check(t, e.Do(ctx, `mutation($input: register_agent_input!) { register_agent(input: $input) { id } }`,
		map[string]any{"input": map[string]any{"tenant_id": e.tenant, "labels": []string{"k8s", "prod"}, "name": "ag", "type": "KubernetesAgent"}}, nil))
	agents, err := e.ListAgents(ctx)
	check(t, err)
	if len(agents) != 1 || agents[0].Name != "ag" || agents[0].LastQueried == nil {
		t.Fatalf("agents %+v", agents)
	}
	a := agents[0]
	check(t, e.DeleteAgent(ctx, a.ID))
	if err := e.DeleteAgent(ctx, a.ID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("delete twice: %v", err)
	}
	info, err := e.GetServerInfo(ctx)
	check(t, err)
	if info.Version != "2022.09.23" || info.Backend != "SERVER" {
		t.Errorf("server %+v", info)
	}
}

func TestCloudHooks(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	in := prefect.CreateCloudHookInput{
		Type: prefect.CloudHookWebhook, Name: ptr("w"), States: []string{"Failed", "Success"},
		Config: json.RawMessage(`{"url":"http://127.0.0.1:9/x"}`),
	}
	id, err := e.CreateCloudHook(ctx, in)
	check(t, err)
	check(t, e.SetCloudHookActive(ctx, id, false))
	h, err := e.GetCloudHook(ctx, id)
	check(t, err)
	if h.Active || h.Type != prefect.CloudHookWebhook || *h.Name != "w" || len(h.States) != 2 || h.VersionGroupID != nil {
		t.Errorf("hook %+v", h)
	}
	check(t, e.SetCloudHookActive(ctx, id, true))
	in.States = nil
	if _, err := e.CreateCloudHook(ctx, in); !errors.Is(err, prefect.ErrInvalid) {
		t.Errorf("no states: %v", err)
	}
	list, err := e.ListCloudHooks(ctx, prefect.CloudHookFilter{})
	check(t, err)
	if len(list) != 1 {
		t.Errorf("list %+v", list)
	}
	check(t, e.DeleteCloudHook(ctx, id))
	_, getErr := e.GetCloudHook(ctx, id)
	for name, err := range map[string]error{
		"get": getErr, "delete": e.DeleteCloudHook(ctx, id), "switch": e.SetCloudHookActive(ctx, id, true),
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunsAreFoundByTheBeginningOfTheirKey(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	flow := e.flow(t, e.project(t, "p"), "f")
	ids := map[string]string{}
	for _, key := range []string{"a_1", "a_2", "ab1"} {
		id, err := e.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID, IdempotencyKey: key})
		check(t, err)
		ids[key] = id
	}
	check(t, e.WriteFlowRunLog(ctx, ids["a_2"], "me", "hello"))
	runs, err := e.FlowRunsByKeyPrefix(ctx, "a_", "me", 5)
	check(t, err)
	if len(runs) != 2 || runs[0].ID != ids["a_2"] || !runs[0].Marked || runs[1].Marked || runs[1].State != "Scheduled" {
		t.Errorf("runs %+v", runs)
	}
}

// A limit is the number of runs that are read, too, however many there are.
func TestListFlowRunsReadsNoMoreThanItsLimit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	flow := e.flow(t, e.project(t, "p"), "f")
	const all, limit = 450, 320
	for range all {
		e.run(t, flow.ID)
	}
	filter := prefect.FlowRunFilter{FlowID: flow.ID}
	complete, err := e.ListFlowRuns(t.Context(), filter)
	check(t, err)
	for want, requests := range map[int]int{limit: 2, all: 3, 1000: 4, 200: 1} {
		e.server.ResetRequests()
		filter.Limit = want
		some, err := e.ListFlowRuns(t.Context(), filter)
		check(t, err)
		if diff := cmp.Diff(complete[:min(want, all)], some); diff != "" {
			t.Errorf("limit %d: %s", want, diff)
		}
		if sent := len(e.server.Requests()); sent != requests {
			t.Errorf("limit %d: %d requests, want %d", want, sent, requests)
		}
	}
}

// The version that would be run is found whatever is archived.
func TestCurrentFlow(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	first := e.flow(t, e.project(t, "p"), "f")
	in := prefect.RegisterFlowInput{ProjectID: first.ProjectID, SerializedFlow: smallFlow("f"), VersionGroupID: first.VersionGroupID}
	second, err := e.RegisterFlow(t.Context(), in)
	check(t, err)
	third, err := e.RegisterFlow(t.Context(), in)
	check(t, err)
	current := func(want string) {
		t.Helper()
		if f, err := e.CurrentFlow(t.Context(), first.VersionGroupID); err != nil || f.ID != want {
			t.Errorf("%+v, want %s: %v", f, want, err)
		}
	}
	current(third)
	check(t, e.DeleteFlow(t.Context(), third))
	current(second)
	check(t, e.ArchiveFlow(t.Context(), second))
	current(second)
	if _, err := e.CurrentFlow(t.Context(), "none"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
}
