package flowrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// ModifyPlan decides if a difference starts another run, changes this one or has no effect, and warns of what
// the plan does not show.
func (r *flowRunResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	var config, plan model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(r.planCreation(ctx, &config, req.Private, resp.Private)...)
		return
	}
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(framework.GetPlan(ctx, req.Plan, req.State, &state, &plan)...)
	proposed := plan
	var kept record
	_, diags := framework.GetPrivate(ctx, req.Private, recordKey, &kept)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	changes, diags := compare(ctx, &config, &plan, &state, kept)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.RequiresReplace = append(resp.RequiresReplace, changes...)
	if len(changes) == 0 && !kept.Settled {
		plan.reopen()
		resp.Diagnostics.Append(carriesOn(&config, &state)...)
	}
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.Plan, proposed, plan)...)
}

// planCreation stores the digest of the inputs for the Delete that runs first if this creation replaces an
// object, warns if it will continue an earlier run, and checks the parameters.
func (r *flowRunResource) planCreation(ctx context.Context, config *model, before, after framework.Private) diag.Diagnostics {
	var next replacement
	if !config.inputsKnown(ctx) {
		return framework.SetPrivate(ctx, after, replacementKey, next)
	}
	in, diags := config.inputs(ctx)
	if diags.HasError() {
		return diags
	}
	digest, err := in.digest()
	if err != nil {
		diags.AddError("The inputs of the run are not valid", err.Error())
		return diags
	}
	next.Digest = digest
	diags.Append(framework.SetPrivate(ctx, after, replacementKey, next)...)
	if !r.data.Ready() {
		return diags
	}
	diags.Append(r.data.CheckCluster("If this does not change before the run starts, its Job is neither checked nor observed, and the run is followed only on the Server.")...)
	var old record
	_, d := framework.GetPrivate(ctx, before, recordKey, &old)
	diags.Append(d...)
	data := inTenant(r.data, config.TenantID)
	if diags.Append(data.checkTenant(ctx)...); diags.HasError() {
		return diags
	}
	diags.Append(r.custody(ctx, config, in, digest, old)...)
	if diags.HasError() {
		return diags
	}
	if !framework.IsSet(config.IdempotencyKey) {
		earlier, err := openRun(ctx, data, digest)
		switch {
		case err != nil:
			tflog.Warn(ctx, "The provider cannot tell if the apply will continue an earlier run", map[string]any{"error": err.Error()})
		case earlier != nil && earlier.ID != old.ID:
			if d := r.adopts(earlier.ID, earlier.Name); d.HasError() {
				return d
			}
			diags.AddWarning("The apply continues an existing run",
				fmt.Sprintf("An earlier apply started flow run %q (%s), now %s, with the same inputs, and failed or was interrupted while waiting. "+
					"Applying continues with that run and does not start another.\n\n"+
					"To start another run instead, change a value in `triggers` or an input.", earlier.Name, earlier.ID, runwait.StateName(earlier.State)))
			return diags
		}
	}
	flow, err := findFlowToRun(ctx, data.Prefect, in)
	if err != nil {
		tflog.Debug(ctx, "The flow does not exist yet; the apply checks its parameters", map[string]any{"error": err.Error()})
		if errors.Is(err, prefect.ErrNotFound) {
			diags.Append(provablyMisdirected(ctx, data, in)...)
		}
		return append(diags, unchecked(err)...)
	}
	diags.Append(runDoubts(ctx, config, flow)...)
	diags.Append(checkParameters(flow, in)...)
	return diags
}

// runDoubts warns of a run configuration that probably keeps the run from running.
func runDoubts(ctx context.Context, config *model, flow *prefect.Flow) diag.Diagnostics {
	resolved, diags := runconfig.Resolve(ctx, config.RunConfig, false)
	if diags.HasError() {
		return nil // which the creation reports
	}
	diags = runconfig.Doubts(ctx, resolved)
	if config.Labels.IsNull() {
		diags.Append(runconfig.DroppedLabels(ctx, resolved, effectiveLabels(flow, inputs{}), nil)...)
	}
	return diags
}

// carriesOn warns of what an update that only waits will do.
func carriesOn(config, state *model) diag.Diagnostics {
	var diags diag.Diagnostics
	current := state.State.ValueString()
	success := config.successStates()
	if config.SuccessStates.IsNull() {
		success = []string{states.Success}
	}
	if !states.IsFinished(current) || runwait.Accepted(current, success) || config.OnFailure.ValueString() == onWarn {
		return diags
	}
	diags.AddWarning(fmt.Sprintf("Flow run %q ended in the state %s", state.Name.ValueString(), current),
		"The apply will not repeat the run, and will report its failure. To run the flow again, change a value in `triggers` or an input.")
	return diags
}

// compare returns the differences that need another run. It removes differences without effect from the plan.
func compare(ctx context.Context, config, plan, state *model, kept record) (path.Paths, diag.Diagnostics) {
	var replace path.Paths
	var diags diag.Diagnostics
	need := func(attribute string) { replace = append(replace, path.Root(attribute)) }

	for _, id := range []struct {
		name         string
		config, held types.String
	}{
		{"flow_id", config.FlowID, state.FlowID},
		{"version_group_id", config.VersionGroupID, state.VersionGroupID},
		{"idempotency_key", config.IdempotencyKey, state.IdempotencyKey},
	} {
		if !id.config.IsNull() && !id.config.Equal(id.held) {
			need(id.name)
		}
	}
	if c := config.TenantID; !c.IsNull() && !state.TenantID.IsNull() && !c.Equal(state.TenantID) { // null before the first refresh
		need("tenant_id")
	}
	if c := config.Parameters; !c.IsNull() {
		same := !c.IsUnknown() && (sameJSON(c.ValueString(), state.Parameters.ValueString()) ||
			kept.FromServer && within(c.ValueString(), state.Parameters.ValueString()))
		if same {
			plan.Parameters = state.Parameters
		} else {
			need("parameters")
		}
	}
	if c := config.Context; !c.IsNull() {
		if !c.IsUnknown() && sameJSON(c.ValueString(), state.Context.ValueString()) {
			plan.Context = state.Context
		} else {
			need("context")
		}
	}
	if c := config.ScheduledStartTime; !c.IsNull() {
		if !c.IsUnknown() && instant(c.ValueString()) == instant(state.ScheduledStartTime.ValueString()) {
			plan.ScheduledStartTime = state.ScheduledStartTime
		} else {
			need("scheduled_start_time")
		}
	}
	if !config.Labels.IsNull() && !plan.Labels.Equal(state.Labels) && !runwait.Queued(state.State.ValueString()) {
		need("labels")
	}
	changed, d := runConfigChanged(ctx, config, plan, state, kept)
	diags.Append(d...)
	if changed {
		need("run_config")
	}
	if triggersFired(config.Triggers, state.Triggers) {
		need("triggers")
	}
	return replace, diags
}

// runConfigChanged reports whether the configured run_config would give a different run. A local job template
// counts as it was when the run was created: a later change or deletion of the file does not matter.
func runConfigChanged(ctx context.Context, config, plan, state *model, kept record) (bool, diag.Diagnostics) {
	if config.RunConfig.IsNull() || plan.RunConfig.Equal(state.RunConfig) {
		return false, nil
	}
	value, err := config.RunConfig.ToTerraformValue(ctx)
	if err != nil || !value.IsFullyKnown() || state.RunConfig.IsNull() {
		return true, nil
	}
	want, wanted, diags := withoutTemplate(ctx, config.RunConfig)
	if diags.HasError() {
		return false, diags
	}
	have, held, d := withoutTemplate(ctx, state.RunConfig)
	if d.HasError() || !sameDigest(wanted, held) {
		return true, diags
	}
	if !want.JobTemplatePath.Equal(have.JobTemplatePath) || !want.JobTemplate.Same(have.JobTemplate) {
		template, d := serializeRunConfig(ctx, config.RunConfig)
		diags.Append(d...)
		if diags.HasError() {
			return false, diags
		}
		if templateDigest(template) != templateHeld(ctx, state, kept, templateDigest(template)) {
			return true, diags
		}
	}
	plan.RunConfig = state.RunConfig
	return false, diags
}

// templateHeld returns the digest of the job template that the run was created with. For a run created by an
// earlier version of the provider, it must be read again; if that fails, the template counts as unchanged.
func templateHeld(ctx context.Context, state *model, kept record, wanted string) string {
	if kept.Template != "" {
		return kept.Template
	}
	held, diags := serializeRunConfig(ctx, state.RunConfig)
	if diags.HasError() {
		return wanted
	}
	return templateDigest(held)
}

// triggersFired reports whether a trigger's value changes. An unknown value counts as changed, because it
// may.
func triggersFired(config, state types.Map) bool {
	if config.IsUnknown() {
		return len(state.Elements()) > 0
	}
	before, after := map[string]string{}, map[string]string{}
	for name, value := range state.Elements() {
		before[name] = textOf(value)
	}
	for name, value := range config.Elements() {
		after[name] = textOf(value)
	}
	return len(triggered(before, after)) > 0
}

// textOf formats a trigger's value so that null, unknown and every string differ.
func textOf(v attr.Value) string {
	text, ok := v.(types.String)
	switch {
	case !ok || v.IsUnknown():
		return "unknown"
	case v.IsNull():
		return "null"
	default:
		return "=" + text.ValueString()
	}
}

// reopen sets everything to unknown that a wait may change.
func (m *model) reopen() { m.observed, m.RecordDeleted = yetToObserve(), types.BoolUnknown() }

// emptyModel returns a model of nulls with the right types.
func emptyModel() model {
	return model{
		arguments: arguments{
			Labels: types.SetNull(types.StringType), RunConfig: runconfig.Null(),
			waitArguments: waitArguments{SuccessStates: types.SetNull(types.StringType), Timeouts: types.ObjectNull(timeoutTypes())},
		},
		Triggers: types.MapNull(types.StringType), observed: nothingObserved(),
	}
}

func timeoutTypes() map[string]attr.Type {
	kind, _ := timeoutsAttribute().GetType().(types.ObjectType)
	return kind.AttrTypes
}
