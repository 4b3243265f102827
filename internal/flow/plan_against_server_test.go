package flow

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// remote is a flowResource on an embedded Server with a project.
type remote struct {
	*flowResource
	t       *testing.T
	client  *prefect.Client
	project string
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	return newRemoteAt(t, time.Now)
}

// newRemoteAt has a Server with this clock.
func newRemoteAt(t *testing.T, clock func() time.Time) *remote {
	t.Helper()
	server, err := prefectserver.New(prefectserver.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	client, err := prefect.New(prefect.Config{Endpoint: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateTenant(t.Context(), "Test", "test"); err != nil {
		t.Fatal(err)
	}
	project, err := client.CreateProject(t.Context(), "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &remote{
		flowResource: &flowResource{data: framework.NewProviderData(client, nil)}, t: t, client: client, project: project,
	}
}

// plan plans a configuration against the Server and returns what it says.
func (r *remote) plan(config model, state *model) diag.Diagnostics {
	r.t.Helper()
	config.ProjectID = types.StringValue(r.project)
	planned, p := planOf(r.t, config, state)
	return r.planRemote(r.t.Context(), p, planned)
}

// register registers a flow and returns the state after it.
func (r *remote) register(in inputs) *model {
	r.t.Helper()
	want := mustMean(r.t, in)
	f, diags := ensureRegistered(r.t.Context(), r.client, request{want: want, projectID: r.project})
	if diags.HasError() {
		r.t.Fatal(diags)
	}
	m := &model{inputs: in}
	if diags := m.complete(r.t.Context(), f, want); diags.HasError() {
		r.t.Fatal(diags)
	}
	return m
}

func (r *remote) run(group string) {
	r.t.Helper()
	if _, err := r.client.CreateFlowRun(context.Background(), prefect.CreateFlowRunInput{VersionGroupID: group}); err != nil {
		r.t.Fatal(err)
	}
}

func TestPlanWarnsOfRunsThatWouldBeCancelled(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	base := noInputs(testFlow(t, "etl", nil))
	changed := noInputs(testFlow(t, "etl", withTag("x")))
	state := r.register(base)
	expect(t, r.plan(configOf(changed), state))

	r.run(state.ID.ValueString())
	r.run(state.ID.ValueString())
	expect(t, r.plan(configOf(base), state))
	expect(t, r.plan(configOf(changed), state), "cancels 2 pending runs")
	expect(t, r.plan(configOf(changed), nil), "is already registered", "cancels 2 pending runs")
	expect(t, r.plan(configOf(base), nil), "is already registered")
}

// TestPlanSaysWhatBecomesOfScheduledRuns plans new versions of a flow whose schedule has created runs, which the Server
// deletes.
func TestPlanSaysWhatBecomesOfScheduledRuns(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	cron := withCron("0 0 * * *", nil)
	state := r.register(noInputs(testFlow(t, "etl", cron)))
	with := func(edits ...func(map[string]any)) model {
		return configOf(noInputs(testFlow(t, "etl", all(edits...))))
	}
	expect(t, r.plan(with(cron), state))
	expect(t, r.plan(with(cron, withTag("x")), state), "Registering replaces the runs that a schedule has created")
	expect(t, r.plan(with(withTag("x")), state), "deletes 10 scheduled runs") // by the version that has no schedule
	off := with(cron, withTag("x"))
	off.ScheduleActive = types.BoolValue(false)
	for _, d := range r.plan(off, state) {
		if !strings.Contains(d.Summary(), "deletes 10 scheduled runs") || !strings.Contains(d.Detail(), "`schedule_active` is false") {
			t.Errorf("got %v", d)
		}
	}
	expect(t, r.plan(with(cron, withParameter("n", nil)), state), "The schedule will not start runs", "deletes 10 scheduled runs")
	r.run(state.ID.ValueString())
	expect(t, r.plan(with(cron, withTag("x")), state), "cancels 1 pending run", "Registering replaces the runs")

	// What becomes of them is what the plan says.
	scheduled := func() (ids []string) {
		t.Helper()
		runs, err := r.client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{VersionGroupID: state.ID.ValueString(), States: []string{"Scheduled"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range runs {
			if run.AutoScheduled {
				ids = append(ids, run.ID)
			}
		}
		return ids
	}
	before := scheduled()
	r.register(noInputs(testFlow(t, "etl", all(cron, withTag("x")))))
	after := scheduled()
	if len(before) != 10 || len(after) != 10 || slices.ContainsFunc(after, func(id string) bool { return slices.Contains(before, id) }) {
		t.Errorf("runs %q became %q", before, after)
	}
}

// TestPlanWarnsOfScheduledRunsThatAreDue plans a new version while runs wait that no schedule creates again.
func TestPlanWarnsOfScheduledRunsThatAreDue(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	p := planning{config: configOf(noInputs(testFlow(t, "etl", withCron("0 0 * * *", nil))))}
	p.want = mustMean(t, p.config.inputs)
	late := prefect.FlowRun{ID: "late", Name: "late-run", State: "Scheduled", ScheduledStartTime: time.Now().Add(-time.Minute)}
	early := prefect.FlowRun{ID: "early", Name: "early-run", State: "Scheduled", ScheduledStartTime: time.Now().Add(time.Hour)}
	d := p.warnOfScheduled(r.client, &prefect.Flow{Name: "etl", Version: 2}, []prefect.FlowRun{late, early})
	if !strings.Contains(d.Summary(), "deletes 1 scheduled run that should have started") || !strings.Contains(d.Detail(), "late-run") || strings.Contains(d.Detail(), "early-run") {
		t.Errorf("got %v", d)
	}
}

func TestPlanOfASchedule(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	needs := noInputs(testFlow(t, "etl", all(withCron("0 0 * * *", nil), withParameter("n", nil))))
	active, inactive := configOf(needs), configOf(needs)
	active.ScheduleActive, inactive.ScheduleActive = types.BoolValue(true), types.BoolValue(false)
	expect(t, r.plan(configOf(needs), nil), "The schedule will not start runs")
	expect(t, r.plan(active, nil), "The schedule cannot be activated")
	expect(t, r.plan(inactive, nil))

	state := r.register(needs)
	expect(t, r.plan(active, state), "The schedule cannot be activated")
	group, err := r.client.FindFlowGroup(t.Context(), state.ID.ValueString())
	if err == nil {
		err = r.client.SetFlowGroupDefaultParameters(t.Context(), group.ID, []byte(`{"n": 1}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	expect(t, r.plan(active, state)) // the group gives the value
}

// A Server that does not answer is no reason to refuse a plan.
func TestPlanWithoutAServer(t *testing.T) {
	t.Parallel()
	for kind, want := range map[error]int{prefect.ErrUnreachable: 0, prefect.ErrUnavailable: 0, prefect.ErrSeveralTenants: 1, nil: 0} {
		if got := len(atPlan(kind, "x", types.StringNull())); got != want {
			t.Errorf("%v gives %d diagnostics", kind, got)
		}
	}
}

func TestTwoResourcesForOneFlow(t *testing.T) {
	t.Parallel()
	in := noInputs(testFlow(t, "etl", nil))
	state, config := stateOf(t, in), configOf(in)
	claims := func(plans ...*model) diag.Diagnostics {
		r := &flowResource{data: framework.NewProviderData(nil, nil)}
		var all diag.Diagnostics
		for _, state := range plans {
			planned, p := planOf(t, config, state)
			all.Append(r.claim(p, planned)...)
		}
		return all
	}
	expect(t, claims(nil))
	expect(t, claims(state))
	expect(t, claims(state, nil)) // one that is replaced, or one that takes the place of another
	expect(t, claims(nil, nil), "Two resources for flow")
	if diags := claims(state, state); diags.HasError() || diags.WarningsCount() != 1 {
		t.Errorf("two resources with one version group in state: %v", diags)
	}
}

// The Server archives the other versions of a version group in all tenants, so
// that another tenant is no reason to take two resources for two flows.
func TestTwoTenantsWithOneVersionGroup(t *testing.T) {
	t.Parallel()
	in := noInputs(testFlow(t, "etl", nil))
	create := func(tenant string) (model, *model) {
		config := configOf(in)
		config.VersionGroupID, config.TenantID, config.ProjectID = types.StringValue("etl"), types.StringValue(tenant), types.StringUnknown()
		return config, nil
	}
	keep := func(tenant string) (model, *model) {
		state := stateOf(t, in)
		state.ID, state.TenantID = types.StringValue("etl"), types.StringValue(tenant)
		return configOf(in), state
	}
	cases := map[string][2]func(tenant string) (model, *model){
		"both created":       {create, create},
		"both in state":      {keep, keep},
		"the second created": {keep, create},
		"the first created":  {create, keep},
	}
	for name, plans := range cases {
		r := &flowResource{data: framework.NewProviderData(nil, nil)}
		var all diag.Diagnostics
		for i, tenant := range []string{testGroup, testProject} {
			config, state := plans[i](tenant)
			planned, p := planOf(t, config, state)
			all.Append(r.claim(p, planned)...)
		}
		if len(all) != 1 || !strings.Contains(all[0].Summary(), "Two resources for flow") || !strings.Contains(all[0].Detail(), "tenants") {
			t.Errorf("%s: %v", name, all)
		}
	}
}

// One resource has the flow in state, and another one is to be created, in either order.
func TestNewResourceForAFlowInState(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	in := noInputs(testFlow(t, "etl", nil))
	state := r.register(in)
	config := configOf(in)
	config.ProjectID = types.StringValue(r.project)
	const twins = "Two resources for flow"
	plan := func(state *model, again bool) diag.Diagnostics {
		t.Helper()
		planned, p := planOf(t, config, state)
		p.again = again
		diags := r.claim(p, planned)
		if !diags.HasError() {
			diags.Append(r.planRemote(t.Context(), p, planned)...)
		}
		return diags
	}
	command := func() { r.data = framework.NewProviderData(r.client, nil) }
	expect(t, plan(state, false))
	expect(t, plan(nil, false), twins)
	command()
	expect(t, plan(nil, false), "is already registered")
	expect(t, plan(state, false), twins)
	command() // as with -replace
	expect(t, plan(state, false))
	expect(t, plan(nil, true), "is already registered")
}

// expect compares the summaries of diagnostics with what they must contain.
func expect(t *testing.T, diags diag.Diagnostics, summaries ...string) {
	t.Helper()
	if len(diags) != len(summaries) {
		t.Errorf("got %v, want %q", diags, summaries)
		return
	}
	for i, d := range diags {
		if !strings.Contains(d.Summary(), summaries[i]) {
			t.Errorf("got %q, want %q", d.Summary(), summaries[i])
		}
	}
}
