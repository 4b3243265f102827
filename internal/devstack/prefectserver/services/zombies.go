package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// zombieBatch is how many runs of each kind one round looks at.
const zombieBatch = 5000

// RunZombieKiller ends what has no heartbeat left: running task runs are retried where
// their task has retries left and else failed, and flow runs that were asked to stop are
// failed. It returns how many runs of both kinds it changed.
func (s *Services) RunZombieKiller(ctx context.Context) (int, error) {
	cutoff := s.now().Add(-staleAfter)
	tasks, err := s.find("task_run", func(tx *store.Tx, run store.Row) bool { return isZombieTask(tx, run, cutoff) })
	if err != nil {
		return 0, err
	}
	reaped, taskErr := s.each(ctx, newest(tasks), s.reapTask)
	runs, err := s.find("flow_run", func(tx *store.Tx, run store.Row) bool {
		return run["state"] == "Cancelling" && stale(run, cutoff) && !disabled(tx, text(run, "flow_id"), "heartbeat_enabled")
	})
	if err != nil {
		return reaped, errors.Join(taskErr, err)
	}
	failed, runErr := s.each(ctx, newest(runs), s.reapRun)
	return reaped + failed, errors.Join(taskErr, runErr)
}

// newest orders rows by their last change, the latest first, and cuts off the rest.
func newest(rows []store.Row) []store.Row {
	slices.SortStableFunc(rows, func(x, y store.Row) int { return byUpdated(y, x) })
	return rows[:min(len(rows), zombieBatch)]
}

func isZombieTask(tx *store.Tx, run store.Row, cutoff time.Time) bool {
	if run["state"] != "Running" {
		return false
	}
	flowRun, found := tx.Get("flow_run", text(run, "flow_run_id"))
	return found && stale(flowRun, cutoff) && !disabled(tx, text(flowRun, "flow_id"), "heartbeat_enabled")
}

func (s *Services) reapTask(_ context.Context, tx *store.Tx, run store.Row) (int, error) {
	flowRun, _ := tx.Get("flow_run", text(run, "flow_run_id"))
	task, _ := tx.Get("task", text(run, "task_id"))
	retries := int64(0)
	for _, state := range tx.By("task_run_state", "task_run_id", run["id"]) {
		if state["state"] == "Retrying" {
			retries++
		}
	}
	message := fmt.Sprintf("No heartbeat detected from the remote task; marking the task run %s (%s) as failed.",
		id(run), nameOrNone(run))
	next := api.Failed(message)
	if flowRun["state"] == "Running" && retries < count(task, "max_retries") {
		message = fmt.Sprintf("No heartbeat detected from the remote task; retrying the run."+
			"This will be retry %d of %d.", retries+1, count(task, "max_retries"))
		next = api.Retrying(message, s.now().Add(parseInterval(text(task, "retry_delay"))), retries+1)
	}
	if err := s.API.SetTaskRunState(tx, id(run), next); err != nil {
		return 0, err
	}
	return 1, s.API.WriteLogs(tx, api.Log{
		TenantID: text(run, "tenant_id"), FlowRunID: id(flowRun), TaskRunID: id(run),
		Name: "prefect-server.ZombieKiller.TaskRun", Message: message, Level: "ERROR",
	})
}

func nameOrNone(run store.Row) string {
	if name := text(run, "name"); name != "" {
		return name
	}
	return "None"
}

func (s *Services) reapRun(ctx context.Context, tx *store.Tx, run store.Row) (int, error) {
	const message = "No heartbeat detected from the flow run; marking the run as failed."
	if err := s.API.SetFlowRunState(ctx, tx, id(run), api.Failed(message), ""); err != nil {
		return 0, err
	}
	return 1, s.API.WriteLogs(tx, api.Log{
		TenantID: text(run, "tenant_id"), FlowRunID: id(run),
		Name: "prefect-server.ZombieKiller.FlowRun", Message: message, Level: "ERROR",
	})
}

// parseInterval reads an interval as PostgreSQL writes it, such as "1 day 00:00:30".
func parseInterval(value string) time.Duration {
	var total time.Duration
	fields := strings.Fields(value)
	for i, field := range fields {
		if i+1 < len(fields) && strings.HasPrefix(fields[i+1], "day") {
			if days, err := strconv.Atoi(field); err == nil {
				total += time.Duration(days) * 24 * time.Hour
			}
		}
		parts := strings.Split(field, ":")
		if len(parts) != 3 {
			continue
		}
		for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
			if number, err := strconv.ParseFloat(parts[i], 64); err == nil {
				total += time.Duration(number * float64(unit))
			}
		}
	}
	return total
}
