package flowgroup

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// ValidateConfig checks everything that can be known without a Server.
func (r *groupResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	resp.Diagnostics.Append(config.check(ctx)...)
}

// ModifyPlan keeps the values in state where the configuration means the same.
func (r *groupResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var config, planned model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	resp.Diagnostics.Append(framework.GetPlan(ctx, req.Plan, req.State, state, &planned)...)
	proposed := planned
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(planned.keep(ctx, config, state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.Plan, proposed, planned)...)
	replaced := state != nil && framework.IsSet(config.VersionGroupID) && !config.VersionGroupID.Equal(state.VersionGroupID)
	var group *prefect.FlowGroup
	if state == nil || replaced {
		var d diag.Diagnostics
		group, d = r.data.CheckVersionGroup(ctx, config.TenantID, config.VersionGroupID)
		resp.Diagnostics.Append(d...)
	}
	if r.data == nil || replaced || resp.Diagnostics.HasError() { // Terraform plans a replacement again, without the state
		return
	}
	again, d := r.claim(ctx, config.TenantID, planned.VersionGroupID, req, resp)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(r.custody(state, group, again)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.data.ScheduleOwners.Says("prefect_flow_group", planned.VersionGroupID, planned.ScheduleActive)...)
	if state == nil || !planned.RunConfig.Equal(state.RunConfig) {
		resp.Diagnostics.Append(runconfig.Doubts(ctx, planned.RunConfig)...)
	}
	if r.data.Ready() && (activates(state, &planned) || doubtful(state, &planned)) {
		resp.Diagnostics.Append(r.foresee(ctx, state, planned)...)
	}
}

// claimKey is where a plan's private data stores its claim.
const claimKey = "claim"

// claim detects two resources for one group. A replacement with the same version group (-replace,
// replace_triggered_by, another tenant_id) is planned twice, the second time as a creation with the private
// data of the first plan, and is not a conflict; again reports such a second plan. Two tenants can have groups
// with the same name, so nothing is claimed before the tenant is known; Create also detects two resources.
func (r *groupResource) claim(
	ctx context.Context, tenantID, id types.String, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) (again bool, diags diag.Diagnostics) {
	if !framework.IsSet(id) || tenantID.IsUnknown() {
		return false, nil
	}
	claim := planned(tenantID.ValueString() + "/" + id.ValueString())
	var made planned
	_, diags = framework.GetPrivate(ctx, req.Private, claimKey, &made)
	if again = req.State.Raw.IsNull() && made == claim; again || diags.HasError() {
		return again, diags
	}
	diags.Append(framework.SetPrivate(ctx, resp.Private, claimKey, claim)...)
	if !r.data.Claims.Claim(claim) {
		diags.Append(twice(id.ValueString())...)
	}
	return false, diags
}

// custody reports a group that the plan resets at one address and manages at another. group is that of a resource
// to be created, nil if it is not known.
func (r *groupResource) custody(state *model, group *prefect.FlowGroup, again bool) diag.Diagnostics {
	var conflict framework.Conflict
	name := ""
	switch {
	case state != nil:
		name, conflict = state.VersionGroupID.ValueString(), r.data.Custody.Keep(groupObject(state.ID.ValueString()))
	case group != nil && !again:
		name, conflict = group.Name, r.data.Custody.Create(groupObject(group.ID))
	}
	switch conflict {
	case framework.LetGoAndHeld:
		return renamed(name)
	case framework.HeldTwice:
		return twice(name)
	case framework.NoConflict:
	}
	return nil
}

// planDestroy reports a group that another address of the plan manages. Destroying a resource that manages no
// setting changes nothing.
func (r *groupResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.data == nil || len(managedSettings(&state)) == 0 || r.data.Claims.Held(managed(state.ID.ValueString())) {
		return // or an apply destroys what it has just replaced at the same address: see Delete
	}
	if r.data.Custody.LetGo(groupObject(state.ID.ValueString())) == framework.LetGoAndHeld {
		resp.Diagnostics.Append(renamed(state.VersionGroupID.ValueString())...)
	}
}

// groupObject identifies a group for framework.Custody.
func groupObject(id string) framework.Object {
	return framework.Object{Type: "prefect_flow_group", ID: id}
}

func renamed(name string) diag.Diagnostics {
	return framework.Renamed("prefect_flow_group", fmt.Sprintf("the settings of version group %q", name),
		"Destroying a prefect_flow_group resets what it manages: depending on the order of the apply, the settings that the other one makes are lost, "+
			"or they are reset first. A schedule that is reset loses the runs that it has made, and its intervals start anew.")
}

// keep plans the configured settings, in the form of the state where they mean the same.
func (m *model) keep(ctx context.Context, config model, state *model) diag.Diagnostics {
	resolved, diags := runconfig.Resolve(ctx, config.RunConfig, false)
	diags.Append(runconfig.Check(ctx, resolved)...)
	m.RunConfig = resolved
	if state == nil || diags.HasError() {
		return diags
	}
	var d diag.Diagnostics
	m.RunConfig, d = runconfig.Plan(ctx, resolved, state.RunConfig)
	diags.Append(d...)
	m.Schedule, d = planSchedule(ctx, config.Schedule, state.Schedule)
	diags.Append(d...)
	if config.DefaultParameters.Same(state.DefaultParameters) {
		m.DefaultParameters = state.DefaultParameters
	}
	return diags
}

// activates reports whether applying the plan may activate the schedule, or change the parameters of an
// active schedule's runs.
func activates(state, planned *model) bool {
	if !planned.ScheduleActive.ValueBool() || !framework.IsSet(planned.VersionGroupID) ||
		!framework.FullyKnown(planned.Schedule) || planned.DefaultParameters.IsUnknown() || planned.TenantID.IsUnknown() && state != nil {
		return false
	}
	return state == nil || !planned.ScheduleActive.Equal(state.ScheduleActive) || !planned.Schedule.Equal(state.Schedule) ||
		!planned.DefaultParameters.Equal(state.DefaultParameters)
}

// doubtful reports whether the plan sets anything that [model.doubts] checks.
func doubtful(state, planned *model) bool {
	if planned.Schedule.IsNull() && planned.DefaultParameters.IsNull() && planned.RunConfig.IsNull() || !framework.IsSet(planned.VersionGroupID) ||
		!framework.FullyKnown(planned.Schedule) || planned.DefaultParameters.IsUnknown() || planned.TenantID.IsUnknown() && state != nil {
		return false
	}
	return state == nil || !planned.Schedule.Equal(state.Schedule) || !planned.DefaultParameters.Equal(state.DefaultParameters) ||
		!planned.RunConfig.Equal(state.RunConfig) || !planned.Labels.Equal(state.Labels)
}

// foresee warns of a schedule that cannot be activated. It is not an error yet: the same apply may register a
// version of the flow that allows it.
func (r *groupResource) foresee(ctx context.Context, state *model, planned model) diag.Diagnostics {
	client := r.data.Client(planned.TenantID)
	group, err := client.FindFlowGroup(ctx, planned.VersionGroupID.ValueString())
	if err != nil {
		return nil // the apply itself will report the error
	}
	newest, err := newestVersion(ctx, client, group.Name)
	if err != nil || newest == nil || newest.Archived {
		return nil
	}
	diags := planned.doubts(ctx, newest, r.data.ScheduleOwners.Sets("prefect_flow", group.Name))
	if !activates(state, &planned) {
		return diags
	}
	w := work{client: client, group: group, from: unmanaged(group), to: planned}
	if state != nil {
		w.from = *state
	}
	if reason := w.inactiveReason(ctx, newest); reason != "" {
		diags.AddAttributeWarning(path.Root("schedule_active"), "The schedule cannot be activated", reason+
			"\n\nThe apply will fail unless it registers another version of the flow first.")
	}
	return diags
}
