package flowgroup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
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
		return
	}
	var config, planned model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(planned.keep(ctx, config, state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
	replaced := state != nil && framework.IsSet(config.VersionGroupID) && !config.VersionGroupID.Equal(state.VersionGroupID)
	if state == nil || replaced {
		resp.Diagnostics.Append(r.data.CheckVersionGroup(ctx, config.TenantID, config.VersionGroupID)...)
	}
	if r.data == nil || replaced || resp.Diagnostics.HasError() { // Terraform plans a replacement again, without the state
		return
	}
	resp.Diagnostics.Append(r.claim(ctx, config.TenantID, planned.VersionGroupID, req, resp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.data.ScheduleOwners.Says("prefect_flow_group", planned.VersionGroupID, planned.ScheduleActive)...)
	if r.data.Ready() && (activates(state, &planned) || doubtful(state, &planned)) {
		resp.Diagnostics.Append(r.foresee(ctx, state, planned)...)
	}
}

// claimKey is where a plan's private data stores its claim.
const claimKey = "claim"

// claim detects two resources for one group. A replacement with the same version group (-replace,
// replace_triggered_by, another tenant_id) is planned twice, the second time as a creation with the private
// data of the first plan, and is not a conflict. Two tenants can have groups with the same name, so nothing
// is claimed before the tenant is known; Create also detects two resources.
func (r *groupResource) claim(ctx context.Context, tenantID, id types.String, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if !framework.IsSet(id) || tenantID.IsUnknown() {
		return nil
	}
	claim := planned(tenantID.ValueString() + "/" + id.ValueString())
	var made planned
	_, diags := framework.GetPrivate(ctx, req.Private, claimKey, &made)
	if diags.HasError() || req.State.Raw.IsNull() && made == claim {
		return diags
	}
	diags.Append(framework.SetPrivate(ctx, resp.Private, claimKey, claim)...)
	if !r.data.Claims.Claim(claim) {
		diags.Append(twice(id.ValueString())...)
	}
	return diags
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
	if planned.Schedule.IsNull() && planned.DefaultParameters.IsNull() || !framework.IsSet(planned.VersionGroupID) ||
		!framework.FullyKnown(planned.Schedule) || planned.DefaultParameters.IsUnknown() || planned.TenantID.IsUnknown() && state != nil {
		return false
	}
	return state == nil || !planned.Schedule.Equal(state.Schedule) || !planned.DefaultParameters.Equal(state.DefaultParameters)
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
	diags := planned.doubts(ctx, newest)
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
