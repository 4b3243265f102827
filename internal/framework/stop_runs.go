package framework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

const (
	// stopTimeout is how long the runs of several flows may take to finish after they are cancelled.
	stopTimeout = 10 * time.Minute
	// stopPoll is how often to read their states. A run notices its cancellation at its next heartbeat, at
	// most 30 s later.
	stopPoll = 2 * time.Second
	// jobsTimeout is how long the Jobs of cancelled runs may take to disappear.
	jobsTimeout = 5 * time.Minute
)

// StillRunningError lists the runs that did not finish after they were cancelled.
type StillRunningError struct {
	Runs []prefect.FlowRun
	// Timeout is how long they had.
	Timeout time.Duration
}

func (e *StillRunningError) Error() string {
	return fmt.Sprintf("%s did not finish within %s of being cancelled, and nothing has been deleted:\n%s\n"+
		"A run stops when its process next contacts the Server. If the process is gone, the Server's Zombie Killer ends the run. "+
		"Run the command again later", Count(len(e.Runs), "run"), e.Timeout, RunList(e.Runs))
}

// StopFlows stops all activity in something about to be deleted: it archives the flows, so that no schedule
// creates new runs, and stops the runs as [ProviderData.StopRuns] does.
func (d *ProviderData) StopFlows(
	ctx context.Context, client *prefect.Client, flows prefect.FlowFilter, runs prefect.FlowRunFilter,
) (diag.Diagnostics, error) {
	if err := ArchiveFlows(ctx, client, flows); err != nil {
		return nil, err
	}
	return d.StopRuns(ctx, client, runs, stopTimeout)
}

// ArchiveFlows archives the flow versions that match a filter. The Server then creates no more runs of them.
func ArchiveFlows(ctx context.Context, client *prefect.Client, flows prefect.FlowFilter) error {
	live := false
	flows.Archived = &live
	versions, err := client.ListFlows(ctx, flows)
	if err != nil {
		return fmt.Errorf("list the flows: %w", err)
	}
	return ForEach(ctx, versions, func(version *prefect.Flow) error {
		if err := client.ArchiveFlow(ctx, version.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return fmt.Errorf("archive version %d of flow %q: %w", version.Version, version.Name, err)
		}
		return nil
	})
}

// StopRuns cancels the unfinished runs that match a filter, waits for them, and removes their Jobs if a cluster is
// configured: the Server does not tell a submitted run's Job about the cancellation, and deleting a run's record under its
// Job would leave the Job looping. An earlier attempt may have been interrupted in between, so it also removes what is
// unfinished of the Jobs of runs cancelled before. The diagnostics are warnings. The error may be a [*StillRunningError].
func (d *ProviderData) StopRuns(
	ctx context.Context, client *prefect.Client, runs prefect.FlowRunFilter, timeout time.Duration,
) (diag.Diagnostics, error) {
	unfinished := runs
	unfinished.States = states.Unfinished()
	stopped, err := client.ListFlowRuns(ctx, unfinished)
	if err != nil {
		return nil, fmt.Errorf("list the unfinished runs: %w", err)
	}
	if err := ForEach(ctx, stopped, func(run *prefect.FlowRun) error { return CancelRun(ctx, client, run) }); err != nil {
		return nil, err
	}
	if err := AwaitNoRuns(ctx, client, unfinished, nil, timeout, nil); err != nil {
		return nil, err
	}
	if len(stopped) > 0 {
		cluster, err := d.Kubernetes()
		if err != nil {
			return nil, err
		}
		if err := deleteJobs(ctx, cluster, stopped); err != nil {
			return nil, err
		}
	}
	return d.deleteLeftJobs(ctx, client, runs)
}

// CancelRun cancels a run, if it still exists and is not being cancelled already; [runwait.Cancel] says why not twice.
func CancelRun(ctx context.Context, client *prefect.Client, run *prefect.FlowRun) error {
	if states.IsA(run.State, states.Cancelling) {
		return nil
	}
	if _, err := client.CancelFlowRun(ctx, run.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		return fmt.Errorf("cancel run %q (%s): %w", run.Name, run.ID, err)
	}
	return nil
}

// AwaitNoRuns waits until no run matches a filter, for at most timeout (0: no limit). Unless among is nil, it waits for these runs
// only, and not for others that a schedule has created since. It passes the runs that are left to progress, which may be
// nil, each time it has listed them. The error may be a [*StillRunningError].
func AwaitNoRuns(
	ctx context.Context, client *prefect.Client, runs prefect.FlowRunFilter, among []prefect.FlowRun, timeout time.Duration, progress func(left []prefect.FlowRun),
) error {
	awaited := make(map[string]bool, len(among))
	for i := range among {
		awaited[among[i].ID] = true
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	ticker := time.NewTicker(stopPoll)
	defer ticker.Stop()
	var left []prefect.FlowRun
	for {
		now, err := client.ListFlowRuns(ctx, runs)
		if among != nil {
			now = slices.DeleteFunc(now, func(run prefect.FlowRun) bool { return !awaited[run.ID] })
		}
		switch {
		case err != nil && len(left) > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded): // err may be a connection timeout
			return &StillRunningError{Runs: left, Timeout: timeout}
		case err != nil:
			return fmt.Errorf("list the unfinished runs: %w", err)
		case len(now) == 0:
			return nil
		}
		left = now
		if progress != nil {
			progress(left)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return &StillRunningError{Runs: left, Timeout: timeout}
			}
			return context.Cause(ctx)
		}
	}
}

// deleteJobs removes the Jobs of runs, unless cluster is nil.
func deleteJobs(ctx context.Context, cluster *kubeclient.Client, runs []prefect.FlowRun) error {
	if cluster == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, jobsTimeout)
	defer stop()
	for _, step := range []func(ctx context.Context, run string) error{
		func(ctx context.Context, run string) error { return runjobs.BeginDelete(ctx, cluster, run) },
		func(ctx context.Context, run string) error { return runjobs.Delete(ctx, cluster, "", run) },
	} {
		err := ForEach(ctx, runs, func(run *prefect.FlowRun) error {
			if err := step(ctx, run.ID); err != nil {
				return fmt.Errorf("delete the Jobs of run %s: %w", run.ID, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// RunList lists some of the runs, one per line.
func RunList(runs []prefect.FlowRun) string {
	const most = 10
	var text string
	for i := range runs {
		if i == most {
			return text + fmt.Sprintf("  and %d more\n", len(runs)-most)
		}
		text += fmt.Sprintf("  %q (%s), %s\n", runs[i].Name, runs[i].ID, runs[i].State)
	}
	return text
}
