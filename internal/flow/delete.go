package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const (
	defaultDeleteTimeout = 10 * time.Minute
	// runPollInterval is how often to read the states of cancelled runs. A running flow notices its
	// cancellation at its next heartbeat, at most 30 s later.
	runPollInterval = 2 * time.Second
)

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
	if err := archiveAll(ctx, client, group); err != nil && !framework.Gone(err) {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not archive flow "+state.label())...)
		return
	}
	// If the creation of a flow failed, nothing is deleted before its replacement is known.
	if state.DeletionPolicy.ValueString() != policyDelete || tainted && !next.Known {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.deleteGroup(ctx, client, state)...)
}

// archiveAll archives all unarchived versions of a group. This also stops the scheduler from creating runs.
func archiveAll(ctx context.Context, client *prefect.Client, group string) error {
	versions, err := client.FlowsByVersionGroup(ctx, group)
	if err != nil {
		return fmt.Errorf("list the versions: %w", err)
	}
	for _, f := range versions {
		if f.Archived {
			continue
		}
		if err := client.ArchiveFlow(ctx, f.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return fmt.Errorf("archive version %d: %w", f.Version, err)
		}
	}
	return nil
}

// deleteGroup cancels unfinished runs, waits for them, removes their Jobs, and deletes the flow group with
// all versions and runs. Deleting a flow's record under a running Job would leave the Job looping.
func (r *flowResource) deleteGroup(ctx context.Context, client *prefect.Client, state model) diag.Diagnostics {
	failure := framework.Failure{Summary: "Could not delete flow " + state.label()}
	cancelled, err := cancelRuns(ctx, client, state.ID.ValueString())
	if err != nil {
		return failure.Diagnose(err)
	}
	if left, err := waitForRuns(ctx, client, state.ID.ValueString()); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && len(left) > 0 { // err may be a connection timeout
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("timeouts"), failure.Summary, stillRunning(left))}
		}
		return failure.Diagnose(err)
	}
	if err := r.deleteJobs(ctx, cancelled); err != nil {
		return failure.Diagnose(err)
	}
	groups, err := groupIDs(ctx, client, state)
	if err != nil {
		return failure.Diagnose(err)
	}
	for _, id := range groups {
		if err := client.DeleteFlowGroup(ctx, id); err != nil && !framework.Gone(err) {
			return failure.Diagnose(err)
		}
	}
	return nil
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

// cancelRuns cancels all unfinished runs of a group and returns their ids.
func cancelRuns(ctx context.Context, client *prefect.Client, group string) ([]string, error) {
	runs, err := unfinishedRuns(ctx, client, group)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, run := range runs {
		if _, err := client.CancelFlowRun(ctx, run.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return nil, fmt.Errorf("cancel run %q (%s): %w", run.Name, run.ID, err)
		}
		ids = append(ids, run.ID)
	}
	return ids, nil
}

// waitForRuns waits until a group has no unfinished runs, and returns those left when the context ends.
func waitForRuns(ctx context.Context, client *prefect.Client, group string) ([]prefect.FlowRun, error) {
	ticker := time.NewTicker(runPollInterval)
	defer ticker.Stop()
	var left []prefect.FlowRun
	for {
		runs, err := unfinishedRuns(ctx, client, group)
		if err != nil {
			return left, err
		}
		if left = runs; len(left) == 0 {
			return nil, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return left, context.Cause(ctx)
		}
	}
}

func unfinishedRuns(ctx context.Context, client *prefect.Client, group string) ([]prefect.FlowRun, error) {
	runs, err := client.ListFlowRuns(ctx, prefect.FlowRunFilter{VersionGroupID: group, States: states.Unfinished()})
	if err != nil {
		return nil, fmt.Errorf("list unfinished runs: %w", err)
	}
	return runs, nil
}

func stillRunning(runs []prefect.FlowRun) string {
	text := fmt.Sprintf("%s did not finish in time after the cancellation, and nothing has been deleted:\n", framework.Count(len(runs), "run"))
	text += runList(runs)
	return text + "\nA run stops when its process next contacts the Server. If the process is gone, the Server's Zombie Killer ends the run. " +
		"Run the command again later, or apply a larger `timeouts.delete` first."
}

// jobsTimeout is how long to wait for the Jobs of cancelled runs to be gone.
const jobsTimeout = 5 * time.Minute

// deleteJobs removes the Jobs of cancelled runs, if a cluster is configured: the Server does not tell a
// submitted run's Job that the run was cancelled.
func (r *flowResource) deleteJobs(ctx context.Context, runs []string) error {
	if len(runs) == 0 {
		return nil
	}
	cluster, err := r.data.Kubernetes()
	if err != nil || cluster == nil {
		return err //nolint:wrapcheck // the error of the provider's own configuration
	}
	ctx, stop := context.WithTimeout(ctx, jobsTimeout)
	defer stop()
	for _, id := range runs {
		if err := runjobs.Delete(ctx, cluster, "", id); err != nil {
			return fmt.Errorf("delete the Jobs of run %s: %w", id, err)
		}
	}
	return nil
}
