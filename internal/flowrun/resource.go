package flowrun

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// flowRunResource implements prefect_flow_run.
type flowRunResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var _ framework.Resource = (*flowRunResource)(nil)

// NewResource returns the resource prefect_flow_run.
func NewResource() resource.Resource {
	return &flowRunResource{ResourceType: framework.ResourceType{Name: "flow_run", Noun: "flow run"}}
}

// Schema describes the resource.
func (r *flowRunResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

// Configure takes over the provider data.
func (r *flowRunResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Create starts a run, or finds the run of an earlier attempt, and waits for it.
func (r *flowRunResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	if _, diags := plan.goal(ctx); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return // before there is a run to wait for
	}
	in, diags := config.inputs(ctx) // read once: a job template's file may change later
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := inTenant(r.data, config.TenantID)
	id, diags := obtain(ctx, data, &config, in)
	resp.Diagnostics.Append(diags...)
	if id == "" {
		return
	}
	kept := record{ID: id, FromServer: config.Parameters.IsNull(), Template: templateDigest(in.RunConfig)}
	// The run exists now. Whatever happens, its id must get into the state.
	plan.observed = nothingObserved()
	save := func() {
		resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
		resp.Diagnostics.Append(framework.SetPrivate(ctx, resp.Private, recordKey, kept)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	run, err := data.Prefect.ReadFlowRun(ctx, id)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, fmt.Sprintf("Flow run %s was started, but could not be read", id))...)
		plan.minimal(id)
		save()
		return
	}
	resp.Diagnostics.Append(adapt(ctx, data.Prefect, &config, run)...)
	resp.Diagnostics.Append(plan.refresh(ctx, run)...)
	save()
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(await(ctx, data, &plan, &kept, run)...)
	save()
}

// adapt handles a run that the user's own key had already created: its name can be changed; everything else
// must match the configuration.
func adapt(ctx context.Context, client *prefect.Client, config *model, run *prefect.FlowRun) diag.Diagnostics {
	var diags diag.Diagnostics
	if name := config.Name; framework.IsSet(name) && name.ValueString() != run.Name {
		if err := client.SetFlowRunName(ctx, run.ID, name.ValueString()); err != nil {
			return framework.Diagnose(err, "Could not rename flow run "+run.ID)
		}
		run.Name = name.ValueString()
	}
	var different []string
	if labels, d := framework.Strings(ctx, config.Labels); labels != nil {
		diags.Append(d...)
		want, _ := framework.StringSet(ctx, labels)
		have, _ := framework.StringSet(ctx, append([]string{}, run.Labels...))
		if !want.Equal(have) {
			different = append(different, "labels")
		}
	}
	if start := config.ScheduledStartTime; framework.IsSet(start) && instant(start.ValueString()) != timeText(run.ScheduledStartTime) {
		different = append(different, "scheduled_start_time")
	}
	if p := config.Parameters; framework.IsSet(p) && !within(p.ValueString(), string(run.Parameters)) {
		different = append(different, "parameters")
	}
	if len(different) > 0 {
		diags.AddAttributeError(path.Root("idempotency_key"), "The idempotency key belongs to a run with other inputs",
			fmt.Sprintf("The Server already has run %s (%q) for this key, but its %s differ from the configuration.\n\nUse another key or the same inputs.",
				run.ID, run.Name, strings.Join(different, ", ")))
	}
	return diags
}

// minimal resets the model to only the id.
func (m *model) minimal(id string) {
	m.ID = types.StringValue(id)
	null := func(values ...*types.String) {
		for _, v := range values {
			if v.IsUnknown() {
				*v = types.StringNull()
			}
		}
	}
	null(&m.TenantID, &m.FlowID, &m.VersionGroupID, &m.Name, &m.ScheduledStartTime, &m.IdempotencyKey, &m.FlowName)
	m.Parameters, m.Context = otherwiseJSON(m.Parameters, nil), otherwiseJSON(m.Context, nil)
	m.FlowVersion, m.RecordDeleted = types.Int64Null(), types.BoolValue(false)
	if m.Labels.IsUnknown() {
		m.Labels = types.SetNull(types.StringType)
	}
	if m.RunConfig.IsUnknown() {
		m.RunConfig = runconfig.Null()
	}
}

// Read refreshes the state. It never makes a finished run look as if it had to run again.
func (r *flowRunResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := state.ID.ValueString()
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
	if !r.data.Ready() {
		return
	}
	data := inTenant(r.data, state.TenantID)
	run, err := data.Prefect.RefreshFlowRun(ctx, id)
	gone := errors.Is(err, prefect.ErrNotFound) || framework.IsSet(state.TenantID) && framework.Gone(err)
	switch {
	case gone && states.IsFinished(state.State.ValueString()):
		tflog.Info(ctx, "The Server no longer has the run; it had finished, so it stays in the state", map[string]any{"flow_run_id": id})
		state.RecordDeleted = types.BoolValue(true)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		return
	case gone:
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not read flow run "+id)...)
		return
	}
	before := state
	changed := before.State.ValueString() != run.State || state.EndTime != framework.TimeOrNull(run.EndTime) || state.States.IsNull()
	resp.Diagnostics.Append(state.refresh(ctx, run)...)
	if changed || !states.IsFinished(run.State) {
		resp.Diagnostics.Append(state.details(ctx, data.Prefect, nil)...)
		resp.Diagnostics.Append(state.findJob(ctx, r.data)...)
	}
	resp.Diagnostics.Append(remark(ctx, data.Prefect, run.IdempotencyKey, req.Private, resp.Private)...)
	resp.Diagnostics.Append(r.settle(ctx, &state, resp.Private, resp.Private)...)
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.State, before, state)...)
}

// settle ends the wait for a run that has reached its goal meanwhile.
func (r *flowRunResource) settle(ctx context.Context, m *model, before, after framework.Private) diag.Diagnostics {
	var kept record
	found, diags := framework.GetPrivate(ctx, before, recordKey, &kept)
	state := m.State.ValueString()
	if !found || kept.Settled || diags.HasError() || !runwait.Reached(m.WaitFor.ValueString(), state, nil) || states.IsFinished(state) && !runwait.Accepted(state, m.successStates()) {
		return diags
	}
	kept.Settled = true
	diags.Append(framework.SetPrivate(ctx, after, recordKey, kept)...)
	return diags
}

// findJob looks for the run's Job in the cluster. If it is gone, what was seen before is kept.
func (m *model) findJob(ctx context.Context, data *framework.ProviderData) diag.Diagnostics {
	cluster, err := data.Kubernetes()
	if err != nil || cluster == nil {
		return nil
	}
	jobs, err := runjobs.List(ctx, cluster, "", m.ID.ValueString())
	var diags diag.Diagnostics
	if err != nil && ctx.Err() == nil {
		diags.AddWarning("The run's Job could not be observed", framework.Sentence(err.Error())+
			"\n\nThe run was read only from the Server. Information about its Job may be missing or out of date.")
	}
	job, d := jobValue(ctx, jobs)
	diags.Append(d...)
	if !job.IsNull() {
		m.Job = job
	}
	return diags
}

// Update changes what can be changed in place, and continues an unfinished wait.
func (r *flowRunResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	var kept record
	_, diags := framework.GetPrivate(ctx, req.Private, recordKey, &kept)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id := state.ID.ValueString()
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
	data := inTenant(r.data, state.TenantID)
	resp.Diagnostics.Append(change(ctx, data.Prefect, &plan, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.TenantID.IsUnknown() { // a state of an earlier version of the provider
		plan.TenantID = state.TenantID
	}
	if !kept.Settled {
		r.data.Claims.Claim(held(id))
		// If the wait ends early, the state keeps what was seen before.
		plan.observed, plan.RecordDeleted = state.observed, state.RecordDeleted
		kept.ID = id
		resp.Diagnostics.Append(await(ctx, data, &plan, &kept, nil)...)
	}
	resp.Diagnostics.Append(framework.SetPrivate(ctx, resp.Private, recordKey, kept)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// change renames and relabels the run.
func change(ctx context.Context, client *prefect.Client, plan, state *model) diag.Diagnostics {
	var diags diag.Diagnostics
	id := state.ID.ValueString()
	if state.RecordDeleted.ValueBool() {
		return diags // nothing is left on the Server to change
	}
	if framework.IsSet(plan.Name) && !plan.Name.Equal(state.Name) {
		if err := client.SetFlowRunName(ctx, id, plan.Name.ValueString()); err != nil {
			diags.Append(framework.Diagnose(err, "Could not rename flow run "+id, path.Root("name"))...)
			return diags
		}
	}
	if framework.IsSet(plan.Labels) && !plan.Labels.Equal(state.Labels) {
		labels, d := framework.Strings(ctx, plan.Labels)
		diags.Append(d...)
		if err := client.SetFlowRunLabels(ctx, id, labels); err != nil {
			diags.Append(framework.Diagnose(err, "Could not change the labels of flow run "+id, path.Root("labels"))...)
		}
	}
	return diags
}

// ImportState accepts the run's UUID, its name if that is unique, or the identity.
func (r *flowRunResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key, diags := framework.ParseImport(ctx, req, 1)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	run, diags := r.toImport(ctx, key)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := emptyModel()
	resp.Diagnostics.Append(state.refresh(ctx, run)...)
	state.RunConfig, diags = runConfigOf(ctx, run.RunConfig)
	resp.Diagnostics.Append(diags...)
	state.defaults()
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, run.ID)...)
	resp.Diagnostics.Append(framework.SetPrivate(ctx, resp.Private, recordKey, record{ID: run.ID, Settled: true, FromServer: true})...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// toImport finds the run to import: by id in any tenant, by name in the provider's.
func (r *flowRunResource) toImport(ctx context.Context, key framework.ImportKey) (*prefect.FlowRun, diag.Diagnostics) {
	if key.ID != "" {
		run, err := framework.FindInTenants(ctx, r.data, func(client *prefect.Client) (*prefect.FlowRun, error) {
			return client.GetFlowRun(ctx, key.ID) //nolint:wrapcheck // the client's errors name the request
		})
		if err == nil {
			return run, nil
		}
	}
	search := runSearch{client: r.data.Prefect}
	if key.ID != "" {
		return search.byID(ctx, key.ID)
	}
	return search.only(ctx, prefect.FlowRunFilter{Name: key.Name()})
}

// runSearch finds a run in one tenant, for the data source and for an import.
type runSearch struct {
	client *prefect.Client
	// tenantID is the configured `tenant_id`; null for an import.
	tenantID types.String
	// at is the argument that selects the run; empty for an import.
	at path.Path
	// elsewhere is the advice for a run of another tenant, after a space; empty for an import.
	elsewhere string
}

// byID returns the run with an id.
func (s runSearch) byID(ctx context.Context, id string) (*prefect.FlowRun, diag.Diagnostics) {
	run, err := s.client.GetFlowRun(ctx, id)
	return run, framework.Failure{
		Summary: fmt.Sprintf("Could not find flow run %q", id), Attribute: s.at,
		Remedies: map[error]string{prefect.ErrNotFound: "Check the id and the provider's `endpoint` and `tenant`." + s.elsewhere},
	}.DiagnoseIn(err, s.tenantID)
}

// only returns the one run that matches a filter, which has a name.
func (s runSearch) only(ctx context.Context, filter prefect.FlowRunFilter) (*prefect.FlowRun, diag.Diagnostics) {
	filter.Limit = 6
	runs, err := s.client.ListFlowRuns(ctx, filter)
	summary := fmt.Sprintf("Could not find flow run %q", filter.Name)
	if err != nil {
		return nil, framework.Failure{Summary: summary, Attribute: s.at}.DiagnoseIn(err, s.tenantID)
	}
	var diags diag.Diagnostics
	switch len(runs) {
	case 0:
		diags.AddError(summary, "The tenant has no such run.\n\nCheck the name and the provider's `endpoint` and `tenant`, or use the UUID of the run."+s.elsewhere)
		return nil, diags
	case 1:
		return &runs[0], diags
	}
	var found []string
	for _, run := range runs {
		found = append(found, fmt.Sprintf("%s (flow %q, %s, created %s)", run.ID, run.Flow.Name, runwait.StateName(run.State), timeText(run.Created)))
	}
	diags.AddError(fmt.Sprintf("Several flow runs are named %q", filter.Name),
		"Run names need not be unique. Use the UUID of one of these runs. The newest are:\n\n  "+strings.Join(found, "\n  "))
	return nil, diags
}
