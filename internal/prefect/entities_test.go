package prefect_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const missing = "00000000-0000-0000-0000-0000000000ff"

func TestTenants(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()

	id, err := e.CreateTenant(ctx, "Second", "second")
	check(t, err)
	if _, err := e.CreateTenant(ctx, "Again", "second"); !errors.Is(err, prefect.ErrUniqueness) {
		t.Errorf("taken slug: %v", err)
	}
	if _, err := e.CreateTenant(ctx, "Bad", "Not A Slug"); !errors.Is(err, prefect.ErrInvalid) {
		t.Errorf("bad slug: %v", err)
	}
	check(t, e.SetTenantName(ctx, id, "Renamed"))
	check(t, e.SetTenantSlug(ctx, id, "renamed"))
	if err := e.SetTenantName(ctx, missing, "x"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("rename missing: %v", err)
	}
	got, err := e.FindTenant(ctx, "renamed")
	check(t, err)
	if got.ID != id || got.Name != "Renamed" || got.Created.IsZero() {
		t.Errorf("found %+v", got)
	}
	list, err := e.ListTenants(ctx)
	check(t, err)
	if len(list) != 2 || list[0].Slug != "default" || list[1].Slug != "renamed" {
		t.Errorf("list %+v", list)
	}
	e.WithTenant(id).CreateProject(ctx, "p", nil) //nolint:errcheck // counted below
	contents, err := e.TenantContents(ctx, id)
	check(t, err)
	if contents.Projects != 1 {
		t.Errorf("contents %+v", contents)
	}
	check(t, e.DeleteTenant(ctx, id))
	if err := e.DeleteTenant(ctx, id); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("delete twice: %v", err)
	}
	if _, err := e.GetTenant(ctx, id); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("get deleted: %v", err)
	}
}

func TestTenantID(t *testing.T) {
	t.Parallel()
	server, err := prefectserver.New(prefectserver.Options{})
	check(t, err)
	url := serve(t, server.Handler())
	client := func(tenant string) *prefect.Client {
		return newClient(t, prefect.Config{Endpoint: url, Tenant: tenant, Sleep: noSleep})
	}
	ctx := t.Context()

	if _, err := client("").TenantID(ctx); !errors.Is(err, prefect.ErrNoTenant) {
		t.Errorf("none: %v", err)
	}
	one, err := client("").CreateTenant(ctx, "One", "one")
	check(t, err)
	if id, err := client("").TenantID(ctx); err != nil || id != one {
		t.Errorf("the only one: %s %v", id, err)
	}
	two, err := client("").CreateTenant(ctx, "Two", "two")
	check(t, err)
	_, err = client("").TenantID(ctx)
	var several *prefect.TenantError
	if !errors.Is(err, prefect.ErrSeveralTenants) || !errors.As(err, &several) || len(several.Tenants) != 2 {
		t.Errorf("several: %v", err)
	} else if got := err.Error(); got != "the Server has several tenants (one, two) and none was named" {
		t.Errorf("message: %s", got)
	}
	for _, name := range []string{"two", two} {
		if id, err := client(name).TenantID(ctx); err != nil || id != two {
			t.Errorf("%s: %s %v", name, id, err)
		}
	}
	for _, name := range []string{"three", missing} {
		if _, err := client(name).TenantID(ctx); !errors.Is(err, prefect.ErrTenantNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.ResetRequests()
	c := client("one")
	for range 3 {
		_, err := c.TenantID(ctx)
		check(t, err)
	}
	if n := len(server.Requests()); n != 1 {
		t.Errorf("%d requests to resolve the tenant three times", n)
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	id, err := e.CreateProject(ctx, "alpha", ptr(""))
	check(t, err)
	if _, err := e.CreateProject(ctx, "alpha", nil); !errors.Is(err, prefect.ErrUniqueness) {
		t.Errorf("taken name: %v", err)
	}
	if _, err := e.CreateProject(ctx, "", nil); !errors.Is(err, prefect.ErrInvalid) {
		t.Errorf("empty name: %v", err)
	}
	p, err := e.GetProject(ctx, id)
	check(t, err)
	if p.TenantSlug != "default" || p.TenantID != e.tenant || p.Description == nil || *p.Description != "" {
		t.Errorf("project %+v", p)
	}
	check(t, e.SetProjectDescription(ctx, id, nil))
	check(t, e.SetProjectName(ctx, id, "beta"))
	p, err = e.FindProject(ctx, "beta")
	check(t, err)
	if p.ID != id || p.Description != nil {
		t.Errorf("renamed %+v", p)
	}
	e.project(t, "alphabet")
	list, err := e.ListProjects(ctx, prefect.ProjectFilter{NameLike: "ALPHA%"})
	check(t, err)
	if len(list) != 1 || list[0].Name != "alphabet" {
		t.Errorf("like: %+v", list)
	}
	for name, err := range map[string]error{
		"name":        e.SetProjectName(ctx, missing, "x"),
		"description": e.SetProjectDescription(ctx, missing, nil),
		"delete":      e.DeleteProject(ctx, missing),
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s of a missing project: %v", name, err)
		}
	}
	flow := e.flow(t, id, "f")
	e.run(t, flow.ID)
	contents, err := e.ProjectContents(ctx, id)
	check(t, err)
	if diff := cmp.Diff(&prefect.Contents{Flows: 1, FlowRuns: 1, ActiveFlowRuns: 1}, contents); diff != "" {
		t.Error(diff)
	}
	check(t, e.DeleteProject(ctx, id))
	if _, err := e.GetFlow(ctx, flow.ID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("flow of a deleted project: %v", err)
	}
}

// Another tenant's objects are not there.
func TestReadsStayInTheTenant(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	_, err := e.CreateTenant(ctx, "Other", "other")
	check(t, err)
	other := e.WithTenant("other")
	project := e.project(t, "p")
	flow := e.flow(t, project, "f")
	run := e.run(t, flow.ID)
	_, projectErr := other.GetProject(ctx, project)
	_, flowErr := other.GetFlow(ctx, flow.ID)
	_, groupErr := other.GetFlowGroup(ctx, flow.FlowGroupID)
	_, groupNameErr := other.FindFlowGroup(ctx, flow.VersionGroupID)
	_, serializedErr := other.GetSerializedFlow(ctx, flow.ID)
	_, latestErr := other.LatestFlow(ctx, flow.VersionGroupID)
	_, runErr := other.GetFlowRun(ctx, run)
	for name, err := range map[string]error{
		"project": projectErr, "flow": flowErr, "group": groupErr, "group by name": groupNameErr,
		"serialized": serializedErr, "latest": latestErr, "run": runErr,
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	states, err := other.FlowRunStates(ctx, run)
	if err != nil || len(states) != 0 {
		t.Errorf("states: %v %v", states, err)
	}
}

func TestListsPagePastEveryLimit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	const n = 450 // two full pages and a bit
	want := make([]string, 0, n)
	for i := range n {
		name := "p" + strconv.Itoa(i)
		e.project(t, name)
		want = append(want, name)
	}
	slices.Sort(want)
	e.server.ResetRequests()
	list, err := e.ListProjects(t.Context(), prefect.ProjectFilter{})
	check(t, err)
	got := make([]string, 0, n)
	for _, p := range list {
		got = append(got, p.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if requests := len(e.server.Requests()); requests > 4 {
		t.Errorf("%d requests", requests)
	}
}

func TestFlowRegistration(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	project := e.project(t, "p")
	in := prefect.RegisterFlowInput{
		ProjectID: project, SerializedFlow: smallFlow("f"), IdempotencyKey: "key-1", Description: ptr("what"),
	}
	first, err := e.RegisterFlow(ctx, in)
	check(t, err)
	again, err := e.RegisterFlow(ctx, in)
	check(t, err)
	if again != first {
		t.Errorf("same key: %s, then %s", first, again)
	}
	in.IdempotencyKey = "key-2"
	second, err := e.RegisterFlow(ctx, in)
	check(t, err)
	f, err := e.GetFlow(ctx, second)
	check(t, err)
	if f.Version != 2 || f.Archived || f.TaskCount != 2 || f.EdgeCount != 1 || f.ProjectName != "p" ||
		f.CoreVersion != "1.4.1" || f.Group.Settings.IdempotencyKey != "key-2" || f.Group.ID != f.FlowGroupID ||
		f.Group.Name != f.VersionGroupID || *f.Description != "what" || f.Schedule != nil || f.Group.Labels != nil {
		t.Errorf("flow %+v", f)
	}
	versions, err := e.FlowsByVersionGroup(ctx, f.VersionGroupID)
	check(t, err)
	if len(versions) != 2 || versions[0].ID != second || !versions[1].Archived {
		t.Errorf("versions %+v", versions)
	}
	for name, get := range map[string]func() (*prefect.Flow, error){
		"latest":  func() (*prefect.Flow, error) { return e.LatestFlow(ctx, f.VersionGroupID) },
		"by name": func() (*prefect.Flow, error) { return e.FindFlow(ctx, project, "f") },
		"filtered": func() (*prefect.Flow, error) {
			list, err := e.ListFlows(ctx, prefect.FlowFilter{ProjectName: "p", Name: "f", NameLike: "F", Archived: ptr(false), ProjectID: project})
			if err != nil || len(list) != 1 {
				return &prefect.Flow{}, err
			}
			return &list[0], nil
		},
	} {
		got, err := get()
		check(t, err)
		if diff := cmp.Diff(f, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := e.RegisterFlow(ctx, prefect.RegisterFlowInput{ProjectID: missing, SerializedFlow: smallFlow("f")}); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("missing project: %v", err)
	}
	// Without a key every registration makes a version.
	in.IdempotencyKey = ""
	third, err := e.RegisterFlow(ctx, in)
	check(t, err)
	fourth, err := e.RegisterFlow(ctx, in)
	check(t, err)
	if third == fourth {
		t.Error("two registrations without a key gave one version")
	}
	check(t, e.ArchiveFlow(ctx, fourth))
	check(t, e.DeleteFlow(ctx, fourth))
	for name, err := range map[string]error{
		"delete": e.DeleteFlow(ctx, fourth), "archive": e.ArchiveFlow(ctx, fourth),
		"activate": e.SetScheduleActive(ctx, fourth), "deactivate": e.SetScheduleInactive(ctx, fourth),
		"move": e.UpdateFlowProject(ctx, fourth, project),
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s a missing flow: %v", name, err)
		}
	}
	if err := e.SetScheduleActive(ctx, third); !errors.Is(err, prefect.ErrInvalid) {
		t.Errorf("activate without schedule: %v", err)
	}
	target := e.project(t, "q")
	check(t, e.UpdateFlowProject(ctx, third, target))
	moved, err := e.GetFlow(ctx, third)
	check(t, err)
	if moved.ProjectID != target {
		t.Errorf("moved to %s", moved.ProjectID)
	}
	check(t, e.DeleteFlowGroup(ctx, moved.FlowGroupID))
	if err := e.DeleteFlowGroup(ctx, moved.FlowGroupID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("delete group twice: %v", err)
	}
}

func TestFlowGroups(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	flow := e.flow(t, e.project(t, "p"), "f")
	id := flow.FlowGroupID
	check(t, e.SetFlowGroupDescription(ctx, id, ptr("text")))
	check(t, e.SetFlowGroupLabels(ctx, id, []string{}))
	check(t, e.SetFlowGroupRunConfig(ctx, id, json.RawMessage(`{"type":"UniversalRun"}`)))
	check(t, e.SetFlowGroupDefaultParameters(ctx, id, json.RawMessage(`{"a":1.0}`)))
	check(t, e.SetHeartbeat(ctx, flow.ID, false))
	check(t, e.SetLazarus(ctx, flow.ID, false))
	check(t, e.SetFlowGroupSchedule(ctx, id, prefect.FlowGroupSchedule{
		CronClocks:     []prefect.CronClock{{Cron: "0 9 * * *", ParameterDefaults: json.RawMessage(`{"a":2}`)}},
		IntervalClocks: []prefect.IntervalClock{{Interval: time.Hour}},
		Timezone:       "Europe/Berlin",
	}))
	g, err := e.GetFlowGroup(ctx, id)
	check(t, err)
	if *g.Description != "text" || g.Labels == nil || len(g.Labels) != 0 || string(g.DefaultParameters) != `{"a":1.0}` ||
		g.Settings.HeartbeatEnabled || g.Settings.LazarusEnabled || g.Schedule == nil || g.RunConfig == nil {
		t.Errorf("group %+v", g)
	}
	check(t, e.SetFlowGroupDescription(ctx, id, nil))
	check(t, e.SetFlowGroupLabels(ctx, id, nil))
	check(t, e.SetFlowGroupRunConfig(ctx, id, nil))
	check(t, e.SetFlowGroupDefaultParameters(ctx, id, nil))
	check(t, e.SetHeartbeat(ctx, flow.ID, true))
	check(t, e.SetLazarus(ctx, flow.ID, true))
	check(t, e.DeleteFlowGroupSchedule(ctx, id))
	g, err = e.FindFlowGroup(ctx, flow.VersionGroupID)
	check(t, err)
	if g.Description != nil || g.Labels != nil || string(g.DefaultParameters) != `{}` || !g.Settings.HeartbeatEnabled ||
		!g.Settings.LazarusEnabled || g.Schedule != nil || g.RunConfig != nil {
		t.Errorf("group after reset %+v", g)
	}
	for name, err := range map[string]error{
		"labels":      e.SetFlowGroupLabels(ctx, missing, nil),
		"description": e.SetFlowGroupDescription(ctx, missing, nil),
		"run config":  e.SetFlowGroupRunConfig(ctx, missing, nil),
		"parameters":  e.SetFlowGroupDefaultParameters(ctx, missing, nil),
		"schedule":    e.SetFlowGroupSchedule(ctx, missing, prefect.FlowGroupSchedule{}),
		"heartbeat":   e.SetHeartbeat(ctx, missing, true),
		"lazarus":     e.SetLazarus(ctx, missing, false),
	} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s of a missing group: %v", name, err)
		}
	}
	for name, s := range map[string]prefect.FlowGroupSchedule{
		"short interval": {IntervalClocks: []prefect.IntervalClock{{Interval: time.Second}}},
		"bad cron":       {CronClocks: []prefect.CronClock{{Cron: "nope"}}},
		"bad time zone":  {CronClocks: []prefect.CronClock{{Cron: "* * * * *"}}, Timezone: "Mars/Base"},
	} {
		if err := e.SetFlowGroupSchedule(ctx, id, s); !errors.Is(err, prefect.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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
	if !a.Matches([]string{"prod"}) || a.Matches([]string{"prod", "gpu"}) || a.Matches(nil) || !(prefect.Agent{}).Matches(nil) {
		t.Error("label match")
	}
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
	list, err := e.ListCloudHooks(ctx)
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

func TestStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[string][2]bool{
		"Success": {true, true}, "Cached": {true, true}, "Failed": {true, false}, "Cancelled": {true, false},
		"Running": {false, false}, "Cancelling": {false, false}, "": {false, false}, "Invented": {false, false},
	} {
		if got := [2]bool{prefect.Finished(state), prefect.Successful(state)}; got != want {
			t.Errorf("%q: %v", state, got)
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
