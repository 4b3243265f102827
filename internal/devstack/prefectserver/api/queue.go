package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/agentlabels"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const (
	// queueLimit is how many runs one answer of the queue has.
	queueLimit = 25
	// queueLookup is how many due runs are looked at; runs for other agents count.
	queueLookup = 3 * queueLimit
)

// getRunsInQueue answers the runs that are due and fit an agent's labels, and notes that
// the agent has asked.
func (a *API) getRunsInQueue(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	labels, present := input["labels"]
	if present && labels == nil {
		return nil, noAttribute(nil, "sort")
	}
	before, given := input["before"].(time.Time)
	if !given {
		before = a.now()
	}
	var due []store.Row
	for _, run := range tx.By("flow_run", "tenant_id", text(input, "tenant_id")) {
		if isDue(tx, run, before) {
			due = append(due, run)
		}
	}
	slices.SortStableFunc(due, byStateStart)
	if len(due) > queueLookup {
		due = due[:queueLookup]
	}
	ids := []any{}
	offered := stringsOf(labels)
	for _, run := range due {
		if len(ids) < queueLimit && agentlabels.Match(offered, stringsOf(run["labels"])) {
			ids = append(ids, run["id"])
		}
	}
	if agent := header(ctx, "X-Prefect-Agent-Id"); agent != "" {
		if _, err := update(tx, "agent", agent, store.Row{"last_queried": a.now()}); err != nil {
			return nil, err
		}
	}
	return map[string]any{"flow_run_ids": ids}, nil
}

// isDue reports whether a run waits for an agent: it is scheduled, or it is running and one
// of its task runs is scheduled, from before the given time.
func isDue(tx *store.Tx, run store.Row, before time.Time) bool {
	if waits(run, before) {
		return true
	}
	if run["state"] != "Running" {
		return false
	}
	for _, task := range tx.By("task_run", "flow_run_id", run["id"]) {
		if waits(task, before) {
			return true
		}
	}
	return false
}

func waits(run store.Row, before time.Time) bool {
	start, ok := rowTime(run, "state_start_time")
	return ok && isScheduled(rowText(run, "state")) && !start.After(before)
}

// byStateStart orders by the start time of the state, NULL last as PostgreSQL does.
func byStateStart(x, y store.Row) int {
	startX, okX := rowTime(x, "state_start_time")
	startY, okY := rowTime(y, "state_start_time")
	if okX && okY {
		return startX.Compare(startY)
	}
	return cmp.Compare(b2i(!okX), b2i(!okY))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
