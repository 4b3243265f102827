package flowrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// Delete applies on_destroy, except to a run that the Create of the same apply continues.
func (r *flowRunResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	var kept record
	var next replacement
	hasRun, diags := framework.GetPrivate(ctx, req.Private, recordKey, &kept)
	resp.Diagnostics.Append(diags...)
	planned, diags := framework.GetPrivate(ctx, req.Private, replacementKey, &next)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	tainted := planned && !hasRun
	id := state.ID.ValueString()
	switch {
	case r.data.Claims.Held(held(id)):
		tflog.Info(ctx, "The new object continues the run; it is kept", map[string]any{"flow_run_id": id})
		return
	case tainted && next.Digest != "" && next.Digest == digestOf(state.IdempotencyKey.ValueString()):
		tflog.Info(ctx, "The run is kept for the creation that follows", map[string]any{"flow_run_id": id})
		return
	}
	policy := state.OnDestroy.ValueString()
	mayFollow := tainted && next.Digest == "" && policy == onKeep
	var unmarked error
	if !state.RecordDeleted.ValueBool() && !mayFollow {
		marked := hasRun && kept.Settled && kept.Mark == ""
		err := markRecorded(context.WithoutCancel(ctx), inTenant(r.data, state.TenantID).Prefect, id, "The resource of this run was removed from its Terraform state.")
		if !marked && digestOf(state.IdempotencyKey.ValueString()) != "" {
			unmarked = err
		}
	}
	stays, diags := destroy(ctx, inTenant(r.data, state.TenantID), &state, policy)
	resp.Diagnostics.Append(diags...)
	if unmarked != nil && stays && !resp.Diagnostics.HasError() {
		resp.Diagnostics.AddWarning(fmt.Sprintf("Flow run %q (%s) could not be marked as removed from the state", state.Name.ValueString(), id),
			framework.Sentence(unmarked.Error())+"\n\nAn apply that creates a flow run with the same inputs may continue this one. To start another, change a value in `triggers`.")
	}
}

// destroy applies on_destroy. stays reports whether the Server still has the run if that succeeds.
func destroy(ctx context.Context, data tenantData, m *model, policy string) (stays bool, diags diag.Diagnostics) {
	if policy == onKeep {
		return true, nil
	}
	_, patience, diags := m.limits(ctx)
	id := m.ID.ValueString()
	summary := fmt.Sprintf("Could not cancel flow run %q (%s)", m.Name.ValueString(), id)
	var cluster *kubeclient.Client
	if policy == onDestroy {
		var err error
		if cluster, err = data.Kubernetes(); err != nil {
			diags.AddError(summary, err.Error()+"\n\nThe provider could not remove the run's Job, so it did nothing. Correct the provider's `kubernetes`.")
			return true, diags
		}
	}
	var idle func(context.Context) bool
	if cluster != nil {
		began := time.Now()
		idle = func(ctx context.Context) bool {
			if patience > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithDeadline(ctx, began.Add(patience))
				defer stop()
			}
			return nothingRuns(ctx, cluster, id)
		}
	}
	run, err := runwait.Cancel(ctx, data.Prefect, id, patience, idle)
	switch {
	case errors.Is(err, runwait.ErrNotEnded) && cluster == nil:
		diags.AddError(summary, fmt.Sprintf("The run is still %s %s after it was cancelled, because its process has not stopped.\n\n"+
			"If the process is gone, the Server ends the run after some minutes. Run the command again, or raise `timeouts.stop`.",
			runwait.StateName(run.State), patience))
		return true, diags
	case err != nil && !errors.Is(err, runwait.ErrNotEnded):
		diags.Append(framework.Diagnose(err, summary)...)
		return true, diags
	}
	if policy != onDestroy {
		return run != nil, diags
	}
	if patience > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, patience)
		defer stop()
	}
	diags.Append(erase(ctx, data.Prefect, cluster, id, m.Name.ValueString())...)
	return false, diags
}

// nothingRuns reports whether no pod of the run is still running.
func nothingRuns(ctx context.Context, cluster *kubeclient.Client, id string) bool {
	jobs, err := runjobs.List(ctx, cluster, "", id)
	if err != nil || len(jobs) == 0 {
		return false // something other than a Job may execute it
	}
	for i := range jobs {
		if !runwait.Over(&jobs[i]) || !runwait.Quiet(&jobs[i]) {
			return false
		}
	}
	return true
}

// remainsOfJob explains why the Job of a run is not gone, and what to do. ctx is the deletion's: the error
// alone does not distinguish the end of its time from a connection timeout.
func remainsOfJob(ctx context.Context, id string, err error) string {
	switch {
	case errors.Is(err, runjobs.ErrStillThere):
		return "The Job or its pods were still terminating when `timeouts.stop` expired: a process is slow " +
			"to stop, a node does not answer, or a finalizer blocks the deletion.\n\nInspect them with `kubectl describe jobs,pods -l prefect.io/flow_run_id=" + id +
			"`. Run the command again when they are gone, or apply a larger `timeouts.stop` before destroying again.\n\n(" + err.Error() + ")"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "`timeouts.stop` expired before the cluster accepted the deletion: " + framework.Sentence(err.Error()) +
			"\n\nRun the command again when the cluster answers, or apply a larger `timeouts.stop` before destroying again."
	case ctx.Err() != nil:
		return "The operation was interrupted while the Job and its pods were being deleted: " + framework.Sentence(err.Error()) + "\n\nRun the command again."
	case errors.Is(err, kubeclient.ErrForbidden):
		return framework.Sentence(err.Error()) + "\n\nGrant the provider permission to delete Jobs, or set `on_destroy` to `cancel` or `keep`."
	default:
		return framework.Sentence(err.Error()) + "\n\nRun the command again when the cluster can be used, or set `on_destroy` to `cancel` or `keep`."
	}
}

// erase removes the Job and pods of a run, and then its record. The order matters: a Job without a record
// fails repeatedly, and no agent cleans it up.
func erase(ctx context.Context, client *prefect.Client, cluster *kubeclient.Client, id, name string) diag.Diagnostics {
	var diags diag.Diagnostics
	if cluster != nil {
		err := runjobs.Delete(ctx, cluster, "", id)
		if err != nil {
			diags.AddError(fmt.Sprintf("Could not delete the Job of flow run %q (%s)", name, id),
				remainsOfJob(ctx, id, err)+"\n\nThe run's record was kept.")
			return diags
		}
	}
	if err := client.DeleteFlowRun(ctx, id); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		diags.Append(framework.Diagnose(err, fmt.Sprintf("Could not delete flow run %q (%s)", name, id))...)
	}
	return diags
}
