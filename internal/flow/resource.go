package flow

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// flowResource implements prefect_flow.
type flowResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var (
	_ framework.Resource                  = (*flowResource)(nil)
	_ resource.ResourceWithValidateConfig = (*flowResource)(nil)
)

// NewResource returns the resource prefect_flow.
func NewResource() resource.Resource {
	return &flowResource{ResourceType: framework.ResourceType{Name: "flow", Noun: "flow's version group"}}
}

// Configure takes over the provider data.
func (r *flowResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Schema describes the resource.
func (r *flowResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// Create registers the flow, or adopts the version on the Server if it is the same.
func (r *flowResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	want, diags := plan.settle(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.data.Claims.Claim(applied{plan.key(want)}) {
		resp.Diagnostics.Append(twice(want, plan.VersionGroupID.ValueString())...)
		return
	}
	p := planning{config: plan, want: want}
	if resp.Diagnostics.Append(p.checkUnchanged()...); resp.Diagnostics.HasError() {
		return
	}
	// The state no longer contains what a plan would create.
	resp.Diagnostics.Append(framework.SetPrivate(ctx, resp.Private, presentKey, true)...)
	id := r.apply(ctx, p, &resp.State, resp.Identity, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(noteApplied(ctx, resp.Private, req.Config, plan.inputs, want)...)
	}
	// The plan did not know the version group yet.
	resp.Diagnostics.Append(r.data.ScheduleOwners.Says("prefect_flow", id, plan.ScheduleActive)...)
}

// Update moves the flow to another project, registers a version, and activates or deactivates its schedule,
// as planned.
func (r *flowResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, state.ID.ValueString())...)
	want, diags := plan.settle(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	p := planning{config: plan, state: &state, want: want}
	resp.Diagnostics.Append(r.compare(ctx, &p, req.Private)...)
	resp.Diagnostics.Append(p.checkUnchanged()...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.ProjectID.Equal(state.ProjectID) {
		if diags := moveAll(ctx, r.data.Client(state.TenantID), state, plan.ProjectID.ValueString()); diags.HasError() {
			resp.Diagnostics.Append(diags...)
			return
		}
		state.ProjectID = plan.ProjectID
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	r.apply(ctx, p, &resp.State, resp.Identity, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(noteApplied(ctx, resp.Private, req.Config, plan.inputs, want)...)
	}
}

// apply registers the planned version, if there is one, and sets its schedule. It saves state and identity as
// soon as the version exists, before anything can fail. It returns the version group, unknown if nothing was registered.
func (r *flowResource) apply(
	ctx context.Context, p planning, saved *tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics,
) (id types.String) {
	plan, state, want := p.config, p.state, p.want
	client, done := r.data.Client(plan.TenantID), plan
	if done.Changes.IsUnknown() { // an input was, while planning
		var d diag.Diagnostics
		done.Changes, d = r.planChanges(ctx, p)
		if diags.Append(d...); diags.HasError() {
			return types.StringUnknown()
		}
	}
	var f *prefect.Flow
	if p.verdict() == keepVersion {
		done.keep(state)
	} else {
		var d diag.Diagnostics
		f, d = r.registerInTurn(ctx, client, plan, state, want)
		diags.Append(d...)
		if f == nil {
			return types.StringUnknown()
		}
		diags.Append(done.complete(ctx, f, want)...)
		diags.Append(framework.SetIdentity(ctx, identity, done.ID.ValueString())...)
		diags.Append(saved.Set(ctx, done)...)
		if d.HasError() {
			return done.ID
		}
	}
	scheduled, d := r.schedule(ctx, client, plan, state, f)
	diags.Append(d...)
	if scheduled != nil {
		done.setSchedule(scheduled, plan.ScheduleActive)
	} else if d.HasError() && state != nil {
		done.ScheduleActive = state.ScheduleActive
	}
	diags.Append(saved.Set(ctx, done)...)
	return done.ID
}

// keep copies from the state what the plan left open because inputs were unknown, if the inputs turn out to
// mean the same.
func (m *model) keep(state *model) {
	m.version = state.version
	if m.ScheduleActive.IsUnknown() {
		m.ScheduleActive = state.ScheduleActive
	}
}

// schedule sets the schedule to the planned state and returns the resulting version; nil if nothing is
// managed or has changed. f is the version just registered, or nil.
func (r *flowResource) schedule(ctx context.Context, client *prefect.Client, plan model, state *model, f *prefect.Flow) (*prefect.Flow, diag.Diagnostics) {
	if !framework.IsSet(plan.ScheduleActive) || f == nil && plan.ScheduleActive.Equal(state.ScheduleActive) {
		return f, nil
	}
	if f == nil {
		var err error
		if f, err = client.GetFlow(ctx, state.FlowID.ValueString()); err != nil {
			return nil, framework.Diagnose(err, "Could not read flow "+state.label())
		}
	}
	return ensureSchedule(ctx, client, f, plan.ScheduleActive)
}

// registerInTurn registers the version while no other resource registers the same flow. With errors, it still
// returns the version if it is known to exist.
func (r *flowResource) registerInTurn(ctx context.Context, client *prefect.Client, plan model, state *model, want *intent) (*prefect.Flow, diag.Diagnostics) {
	// Finding the flow, registering it and claiming its version group are separate steps.
	release, diags := r.data.Lock(ctx, prefect.NewFlowKey(plan.ProjectID.ValueString(), want.name, ""))
	if diags.HasError() {
		return nil, diags
	}
	defer release()
	f, diags := ensureRegistered(ctx, client, request{
		want:           want,
		tenantID:       plan.TenantID,
		projectID:      plan.ProjectID.ValueString(),
		versionGroupID: plan.ID.ValueString(),
		description:    plan.Description,
		scheduleActive: plan.ScheduleActive,
		state:          state,
		taken:          func(group string) bool { return r.data.Claims.Held(createdIn(group)) },
	})
	if f != nil && state == nil {
		r.data.Claims.Claim(createdIn(f.VersionGroupID))
	}
	return f, diags
}

// setSchedule sets schedule_active to what the version has, if it is managed.
func (m *model) setSchedule(f *prefect.Flow, managed types.Bool) {
	m.ScheduleActive = types.BoolNull()
	if !managed.IsNull() {
		m.ScheduleActive = types.BoolValue(f.IsScheduleActive)
	}
}

// settle returns the meaning of the planned inputs, now that they are all known, and sets those that the plan
// left open.
func (m *model) settle(ctx context.Context, config tfsdk.Config) (*intent, diag.Diagnostics) {
	in, diags := m.readConfigured(ctx, config)
	if diags.HasError() {
		return nil, diags
	}
	in, d := in.resolve(ctx, true)
	if diags.Append(d...); diags.HasError() {
		return nil, diags
	}
	want, d := in.intent(ctx)
	diags.Append(d...)
	if want == nil {
		if !diags.HasError() {
			diags.AddError("Inputs of the flow are not known", "Terraform applies with values that are still unknown. "+
				"This is a bug; please report it.")
		}
		return nil, diags
	}
	m.inputs = in
	m.Name = types.StringValue(want.name)
	return want, diags
}

// complete sets what is known after the registration. What follows from the flow is taken from the flow, as
// in the plan.
func (m *model) complete(ctx context.Context, f *prefect.Flow, want *intent) diag.Diagnostics {
	managed := m.ScheduleActive
	m.fromServer(f)
	m.setSchedule(f, managed)
	m.Archived = types.BoolValue(false)
	m.IdempotencyKey = types.StringValue(want.key)
	if m.CoreVersion.IsUnknown() || m.Parameters.IsUnknown() || m.TaskCount.IsUnknown() || m.Summary.IsUnknown() {
		return m.describe(ctx, want.flow)
	}
	return nil
}

// moveAll moves all versions to another project, the newest last: if one fails, the refresh still finds the
// flow in its old project and the next apply moves the rest.
func moveAll(ctx context.Context, client *prefect.Client, state model, projectID string) diag.Diagnostics {
	failure := framework.Failure{
		Summary:   fmt.Sprintf("Could not move flow %s to project %s", state.label(), projectID),
		Attribute: path.Root("project_id"),
		Remedies: map[error]string{
			prefect.ErrNotFound: "The project must exist and belong to the tenant of the flow.",
		},
	}
	versions, err := client.FlowsByVersionGroup(ctx, state.ID.ValueString())
	if err != nil {
		return failure.Diagnose(err)
	}
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].ProjectID == projectID {
			continue
		}
		if err := client.UpdateFlowProject(ctx, versions[i].ID, projectID); err != nil {
			return failure.Diagnose(fmt.Errorf("move version %d: %w", versions[i].Version, err))
		}
	}
	return nil
}

// inState is what [framework.ReadObject] reads by.
func (m *model) inState() framework.InState {
	return framework.InState{ID: m.ID, TenantID: m.TenantID, Label: "flow " + m.label()}
}

// label names the flow in messages.
func (m *model) label() string {
	if framework.IsSet(m.Name) {
		return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.ID.ValueString())
	}
	return m.ID.ValueString()
}
