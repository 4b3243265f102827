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

// Delete does what on_destroy says, except for a run that the Create of the same
// apply carries on with.
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
		tflog.Info(ctx, "The new object carries on with the run; it is left alone", map[string]any{"flow_run_id": id})
		return
	case tainted && next.Digest != "" && next.Digest == digestOf(state.IdempotencyKey.ValueString()):
		tflog.Info(ctx, "The run is left for the creation that follows", map[string]any{"flow_run_id": id})
		return
	}
	policy := state.OnDestroy.ValueString()
	mayFollow := tainted && next.Digest == "" && policy == onKeep
	if !state.RecordDeleted.ValueBool() && !mayFollow {
		markRecorded(context.WithoutCancel(ctx), r.data.Prefect, id, "The resource of this run was removed from its Terraform state.")
	}
	resp.Diagnostics.Append(destroy(ctx, r.data, &state, policy)...)
}

// destroy carries out on_destroy.
func destroy(ctx context.Context, data *framework.ProviderData, m *model, policy string) diag.Diagnostics {
	if policy == onKeep {
		return nil
	}
	_, patience, diags := m.limits(ctx)
	id := m.ID.ValueString()
	summary := fmt.Sprintf("Could not cancel flow run %q (%s)", m.Name.ValueString(), id)
	var cluster *kubeclient.Client
	if policy == onDestroy {
		var err error
		if cluster, err = data.Kubernetes(); err != nil {
			diags.AddError(summary, err.Error()+"\n\nThe run's Job could not be removed, so nothing was done. Correct the provider's `kubernetes`.")
			return diags
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
		diags.AddError(summary, fmt.Sprintf("The run is still %s %s after it was cancelled: its process has not stopped.\n\n"+
			"If the process is gone, the Server ends the run by itself after some minutes; run the command again, or raise `timeouts.stop`.",
			runwait.StateName(run.State), patience))
		return diags
	case err != nil && !errors.Is(err, runwait.ErrNotEnded):
		diags.Append(framework.Diagnose(err, summary)...)
		return diags
	}
	if policy == onDestroy {
		if patience > 0 {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, patience)
			defer stop()
		}
		diags.Append(erase(ctx, data.Prefect, cluster, id, m.Name.ValueString())...)
	}
	return diags
}

// nothingRuns says whether no pod of the run is left running.
func nothingRuns(ctx context.Context, cluster *kubeclient.Client, id string) bool {
	jobs, err := runjobs.List(ctx, cluster, "", id)
	if err != nil || len(jobs) == 0 {
		return false // perhaps something else than a Job executes it
	}
	for i := range jobs {
		if !runwait.Over(&jobs[i]) || !runwait.Quiet(&jobs[i]) {
			return false
		}
	}
	return true
}

// remainsOfJob says why the Job of a run is not gone, and what to do. ctx is that
// of the deletion: an error alone does not tell the end of the time for it from the
// timeout of a connection.
func remainsOfJob(ctx context.Context, id string, err error) string {
	switch {
	case errors.Is(err, runjobs.ErrStillThere):
		return "The cluster has taken the deletion, but the Job or its pods were still there when the time of `timeouts.stop` was over: a process takes " +
			"long to stop, a node does not answer, or a finalizer holds them.\n\nLook at them with `kubectl describe jobs,pods -l prefect.io/flow_run_id=" + id +
			"`. Run the command again when they are gone, or raise `timeouts.stop`, which has to be applied before.\n\n(" + err.Error() + ")"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "The time of `timeouts.stop` was over before the cluster had taken the deletion: " + framework.Sentence(err.Error()) +
			"\n\nRun the command again when the cluster answers, or raise `timeouts.stop`, which has to be applied before."
	case ctx.Err() != nil:
		return "The operation was interrupted while the Job and its pods were being deleted: " + framework.Sentence(err.Error()) + "\n\nRun the command again."
	case errors.Is(err, kubeclient.ErrForbidden):
		return framework.Sentence(err.Error()) + "\n\nGive the provider the right to delete Jobs, or set `on_destroy` to `cancel` or `keep`."
	default:
		return framework.Sentence(err.Error()) + "\n\nRun the command again when the cluster can be used, or set `on_destroy` to `cancel` or `keep`."
	}
}

// erase removes the Job and pods of a run, and then its record. In this order: a
// Job whose run has no record fails again and again, and no agent cleans it up.
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
