package framework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

const (
	// stopTimeout is how long runs may take to finish after they are cancelled.
	stopTimeout = 10 * time.Minute
	// stopPoll is how often to read their states. A run notices its cancellation at its next heartbeat, at
	// most 30 s later.
	stopPoll = 2 * time.Second
)

// StillRunningError lists the runs that did not finish after they were cancelled.
type StillRunningError struct{ Runs []prefect.FlowRun }

func (e *StillRunningError) Error() string {
	return fmt.Sprintf("%s not finish within %s of being cancelled, and nothing has been deleted:\n%s\n"+
		"A run stops when its process next contacts the Server. If the process is gone, the Server's Zombie Killer ends the run. "+
		"Run the command again later", Count(len(e.Runs), "run")+" did", stopTimeout, RunList(e.Runs))
}

// StopRuns stops all activity in something about to be deleted: it archives the flows, so that no schedule
// creates new runs, cancels unfinished runs, waits for them, and removes their Jobs if a cluster is
// configured. Deleting a run's record under its Job would leave the Job looping. The error may be a
// [*StillRunningError].
func (d *ProviderData) StopRuns(ctx context.Context, client *prefect.Client, flows prefect.FlowFilter, runs prefect.FlowRunFilter) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	live := false
	flows.Archived = &live
	versions, err := client.ListFlows(ctx, flows)
	if err != nil {
		return fmt.Errorf("list the flows: %w", err)
	}
	for i := range versions {
		if err := client.ArchiveFlow(ctx, versions[i].ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return fmt.Errorf("archive flow %q: %w", versions[i].Name, err)
		}
	}
	runs.States = states.Unfinished()
	unfinished, err := client.ListFlowRuns(ctx, runs)
	if err != nil {
		return fmt.Errorf("list the unfinished runs: %w", err)
	}
	for i := range unfinished {
		if _, err := client.CancelFlowRun(ctx, unfinished[i].ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return fmt.Errorf("cancel run %q (%s): %w", unfinished[i].Name, unfinished[i].ID, err)
		}
	}
	if err := awaitNone(ctx, client, runs); err != nil {
		return err
	}
	return d.deleteJobs(ctx, unfinished)
}

// awaitNone waits until no run matches the filter.
func awaitNone(ctx context.Context, client *prefect.Client, runs prefect.FlowRunFilter) error {
	ticker := time.NewTicker(stopPoll)
	defer ticker.Stop()
	var left []prefect.FlowRun
	for {
		now, err := client.ListFlowRuns(ctx, runs)
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded) && len(left) > 0:
			return &StillRunningError{Runs: left}
		case err != nil:
			return fmt.Errorf("list the unfinished runs: %w", err)
		case len(now) == 0:
			return nil
		}
		left = now
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return &StillRunningError{Runs: left}
			}
			return context.Cause(ctx)
		}
	}
}

// deleteJobs removes the Jobs of runs, if a cluster is configured.
func (d *ProviderData) deleteJobs(ctx context.Context, runs []prefect.FlowRun) error {
	if len(runs) == 0 {
		return nil
	}
	cluster, err := d.Kubernetes()
	if err != nil || cluster == nil {
		return err
	}
	for i := range runs {
		if err := runjobs.Delete(ctx, cluster, "", runs[i].ID); err != nil {
			return fmt.Errorf("delete the Jobs of run %s: %w", runs[i].ID, err)
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
