package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const defaultDeleteTimeout = 10 * time.Minute

// Delete applies deletion_policy, unless a creation in the same apply uses the same version group; see the
// package's documentation.
func (r *flowResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || state.DeletionPolicy.ValueString() == policyAbandon || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	timeout, diags := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	next, tainted, diags := taintedFor(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, group := r.data.Client(state.TenantID), state.ID.ValueString()
	if tainted && next.continues(state) || r.data.Claims.Held(createdIn(group)) {
		tflog.Info(ctx, "The new object continues the flow; it is kept", map[string]any{"version_group_id": group})
		return
	}
	if err := framework.ArchiveFlows(ctx, client, prefect.FlowFilter{VersionGroupID: group}); err != nil && !framework.Gone(err) {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not archive flow "+state.label())...)
		return
	}
	// If the creation of a flow failed, nothing is deleted before its replacement is known.
	if state.DeletionPolicy.ValueString() != policyDelete || tainted && !next.Known {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.deleteGroup(ctx, client, state, timeout)...)
}

// deleteGroup stops the unfinished runs and deletes the flow group with all versions and runs.
func (r *flowResource) deleteGroup(ctx context.Context, client *prefect.Client, state model, timeout time.Duration) diag.Diagnostics {
	failure := framework.Failure{Summary: "Could not delete flow " + state.label()}
	warnings, err := r.data.StopRuns(ctx, client, prefect.FlowRunFilter{VersionGroupID: state.ID.ValueString()}, timeout)
	if stubborn := (*framework.StillRunningError)(nil); errors.As(err, &stubborn) {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("timeouts"), failure.Summary,
			stubborn.Error()+", or apply a larger `timeouts.delete` first.")}
	}
	if err != nil {
		return failure.Diagnose(err)
	}
	groups, err := groupIDs(ctx, client, state)
	if err != nil {
		return append(warnings, failure.Diagnose(err)...)
	}
	for _, id := range groups {
		if err := client.DeleteFlowGroup(ctx, id); err != nil && !framework.Gone(err) {
			return append(warnings, failure.Diagnose(err)...)
		}
	}
	return warnings
}

// groupIDs returns the id of the flow group, which exists even if all versions have been deleted; empty if it
// is gone.
func groupIDs(ctx context.Context, client *prefect.Client, state model) ([]string, error) {
	group, err := client.FindFlowGroup(ctx, state.ID.ValueString())
	if framework.Gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the flow group: %w", err)
	}
	return []string{group.ID}, nil
}
