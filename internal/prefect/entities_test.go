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
	list, err := e.ListTenants(ctx, prefect.TenantFilter{})
	check(t, err)
	if len(list) != 2 || list[0].Slug != "default" || list[1].Slug != "renamed" {
		t.Errorf("list %+v", list)
	}
	e.WithTenant(id).CreateProject(ctx, "p", nil) //nolint:errcheck // counted below
	_, err = e.WithTenant(id).CreateCloudHook(ctx, prefect.CreateCloudHookInput{
		Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
	})
	check(t, err)
	contents, err := e.TenantContents(ctx, id)
	check(t, err)
	if contents.Projects != 1 || contents.CloudHooks != 1 {
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
	noSlug := &prefect.TenantError{Kind: prefect.ErrSeveralTenants, Tenants: []prefect.Tenant{{ID: missing}, {ID: one, Slug: "one"}}}
	if got := noSlug.Error(); got != "the Server has several tenants ("+missing+", one) and none was named" {
		t.Errorf("one without a slug: %s", got)
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
		"current": func() (*prefect.Flow, error) { return e.CurrentFlow(ctx, f.VersionGroupID) },
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
	if *g.Description != "text" || g.Labels == nil || len(g.Labels) != 0 || string(g.DefaultParameters) != `{"a":1}` ||
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
