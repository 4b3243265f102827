package framework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

const (
	// namedRuns is how many cancelled runs the cluster is asked about by id. If there are more, all unfinished Jobs are
	// listed, of which a cluster has far fewer than a tenant has cancelled runs.
	namedRuns = 100
	// runsPerLookup is how many runs one request to the Server names.
	runsPerLookup = 200
	// freshCancellation is how long after a cancellation a destroy is taken for the repetition of the one that cancelled.
	freshCancellation = time.Hour
	// doubtfulCancellation is how long after a cancellation it is worth saying that the cluster could not be asked.
	doubtfulCancellation = 24 * time.Hour
)

// deleteLeftJobs removes the Jobs of cancelled runs that match a filter, if a cluster is configured and a Job is neither
// complete nor failed. Those are left by a destroy that was interrupted after it had cancelled the runs. Other Jobs stay:
// an agent may keep finished ones on purpose, and a run that ended by itself ends its Job. The diagnostics are warnings.
func (d *ProviderData) deleteLeftJobs(ctx context.Context, client *prefect.Client, runs prefect.FlowRunFilter) (diag.Diagnostics, error) {
	if !d.HasCluster() {
		return nil, nil
	}
	runs.States = states.Of(states.Cancelled)
	newest := runs
	newest.Limit = namedRuns
	cancelled, err := client.ListFlowRuns(ctx, newest)
	if err != nil {
		return nil, fmt.Errorf("list the cancelled runs: %w", err)
	}
	if len(cancelled) == 0 {
		return nil, nil
	}
	cluster, left, err := d.unfinishedJobs(ctx, cancelled)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return unasked(err, cancelled, client.ServerTime())
	}
	if len(cancelled) == namedRuns { // there may be more than these
		cancelled, err = findRuns(ctx, client, runs, left)
		if err != nil {
			return nil, err
		}
	}
	cancelled = slices.DeleteFunc(cancelled, func(run prefect.FlowRun) bool { return !slices.Contains(left, run.ID) })
	return nil, deleteJobs(ctx, cluster, cancelled)
}

// unfinishedJobs returns the cluster and the ids of runs that have unfinished Jobs in it: some of these runs, or any if
// these may not be all.
func (d *ProviderData) unfinishedJobs(ctx context.Context, cancelled []prefect.FlowRun) (*kubeclient.Client, []string, error) {
	cluster, err := d.Kubernetes()
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	if len(cancelled) < namedRuns {
		for i := range cancelled {
			ids = append(ids, cancelled[i].ID)
		}
	}
	left, err := runjobs.WithUnfinishedJobs(ctx, cluster, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("look for Jobs that an earlier attempt left: %w", err)
	}
	return cluster, slices.DeleteFunc(left, func(id string) bool { return uuid.Validate(id) != nil }), nil // anybody can label a Job
}

// findRuns returns those of the runs with these ids that match a filter.
func findRuns(ctx context.Context, client *prefect.Client, filter prefect.FlowRunFilter, ids []string) ([]prefect.FlowRun, error) {
	var all []prefect.FlowRun
	for some := range slices.Chunk(ids, runsPerLookup) {
		filter.IDs = some
		found, err := client.ListFlowRuns(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("look up the runs of Jobs: %w", err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// unasked says what it means that the cluster could not be asked about the Jobs of cancelled runs. Right after a
// cancellation it is an error, as it was for the attempt that cancelled. Later it is a warning at most: a destroy must not
// depend on a cluster that nothing runs in any more.
func unasked(err error, cancelled []prefect.FlowRun, now time.Time) (diag.Diagnostics, error) {
	var last time.Time
	for i := range cancelled {
		if at := cancelled[i].StateTimestamp; at != nil && at.After(last) {
			last = *at
		}
	}
	switch ago := now.Sub(last); {
	case ago < freshCancellation:
		return nil, fmt.Errorf("runs were cancelled within the last hour, perhaps by an earlier attempt, and their Jobs may still exist: %w", err)
	case ago < doubtfulCancellation:
		return diag.Diagnostics{diag.NewWarningDiagnostic("Jobs of cancelled runs may be left in the cluster",
			Sentence(err.Error())+"\n\nRuns were cancelled in the last day. If one of their Jobs is left, it fails again and again, "+
				"because its run no longer exists. List such Jobs with `kubectl get jobs -l prefect.io/flow_run_id --field-selector status.successful=0`.")}, nil
	}
	return nil, nil
}
