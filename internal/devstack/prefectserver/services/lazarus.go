package services

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const (
	// resurrections is how often Lazarus puts one run back.
	resurrections = 3
	// lazarusBatch is how many runs one round looks at.
	lazarusBatch = 500
)

// inProgress are the states of task runs that Lazarus leaves a run alone for: something
// runs, or is about to.
var inProgress = []string{"Running", "Cancelling", "Scheduled", "Paused", "Resume", "Retrying"}

// RunLazarus puts submitted and running flow runs without a recent heartbeat and without
// work in progress back to Scheduled, so that an agent takes them again, and fails those
// that it has put back three times. It returns how many runs it put back.
func (s *Services) RunLazarus(ctx context.Context) (int, error) {
	cutoff := s.now().Add(-staleAfter)
	runs, err := s.find("flow_run", func(tx *store.Tx, run store.Row) bool { return isDead(tx, run, cutoff) })
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(runs, byUpdated)
	return s.each(ctx, runs[:min(len(runs), lazarusBatch)], s.resurrect)
}

func isDead(tx *store.Tx, run store.Row, cutoff time.Time) bool {
	if state := run["state"]; state != "Running" && state != "Submitted" || !stale(run, cutoff) {
		return false
	}
	flowID := text(run, "flow_id")
	if disabled(tx, flowID, "heartbeat_enabled") || disabled(tx, flowID, "lazarus_enabled") {
		return false
	}
	return !slices.ContainsFunc(tx.By("task_run", "flow_run_id", run["id"]), func(task store.Row) bool {
		return slices.Contains(inProgress, text(task, "state"))
	})
}

func (s *Services) resurrect(ctx context.Context, tx *store.Tx, run store.Row) (int, error) {
	attempts := count(run, "times_resurrected")
	entry := api.Log{TenantID: text(run, "tenant_id"), FlowRunID: id(run), Name: "prefect-server.Lazarus.FlowRun"}
	if attempts >= resurrections {
		entry.Message = fmt.Sprintf("A Lazarus process attempted to reschedule this run %d times without success. "+
			"Marking as failed.", resurrections)
		entry.Level = "ERROR"
		if err := s.API.SetFlowRunState(ctx, tx, id(run), api.Failed(entry.Message), ""); err != nil {
			return 0, err
		}
		return 0, s.API.WriteLogs(tx, entry)
	}
	const message = "Rescheduled by a Lazarus process."
	if err := s.API.SetFlowRunState(ctx, tx, id(run), api.Scheduled(message, s.now()), ""); err != nil {
		return 0, err
	}
	if _, err := tx.Update("flow_run", id(run), store.Row{"times_resurrected": attempts + 1}); err != nil {
		return 0, fmt.Errorf("count resurrection: %w", err)
	}
	entry.Message = fmt.Sprintf("%s This is attempt %d.", message, attempts+1)
	entry.Level = "INFO"
	return 1, s.API.WriteLogs(tx, entry)
}
