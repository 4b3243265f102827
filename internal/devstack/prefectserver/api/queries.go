package api

import (
	"cmp"
	"context"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// Queries maps every query that is not a read of a table to its operation.
func (a *API) Queries() map[string]Operation {
	return map[string]Operation{
		"hello":             hello,
		"reference_data":    referenceData,
		"api":               a.info,
		"mapped_children":   mappedChildren,
		"get_task_run_info": getTaskRunInfo,
	}
}

func hello(context.Context, *store.Tx, map[string]any) (any, error) { return "👋", nil }

func referenceData(context.Context, *store.Tx, map[string]any) (any, error) {
	return map[string]any{"state_hierarchy": stateHierarchy(), "state_info": stateInfo()}, nil
}

func (a *API) info(context.Context, *store.Tx, map[string]any) (any, error) {
	return map[string]any{
		"backend": "SERVER", "mode": "normal",
		"version": cmp.Or(a.Version, ReleaseVersion), "core_version": cmp.Or(a.CoreVersion, ReleaseCoreVersion),
		"release_timestamp": nil,
	}, nil
}

// mappedChildren sums up the runs that a mapped task's run was spread over.
func mappedChildren(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	var first, last time.Time
	counts := map[string]int64{}
	parent, found := tx.Get("task_run", text(input, "task_run_id"))
	if found && rowInt(parent, "map_index") < 0 {
		for _, run := range tx.By("task_run", "flow_run_id", parent["flow_run_id"]) {
			if run["task_id"] != parent["task_id"] || rowInt(run, "map_index") < 0 {
				continue
			}
			counts[rowText(run, "state")]++
			if start, ok := rowTime(run, "start_time"); ok && (first.IsZero() || start.Before(first)) {
				first = start
			}
			if end, ok := rowTime(run, "end_time"); ok && end.After(last) {
				last = end
			}
		}
	}
	states := map[string]any{}
	for state, count := range counts {
		states[state] = number(count)
	}
	return map[string]any{"min_start_time": timeOrNil(first), "max_end_time": timeOrNil(last), "state_counts": states}, nil
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func getTaskRunInfo(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	id := text(input, "task_run_id")
	run, found := tx.Get("task_run", id)
	if !found {
		return nil, fail("Invalid task run ID")
	}
	return map[string]any{
		"id": id, "version": run["version"], "state": run["state"], "serialized_state": run["serialized_state"],
	}, nil
}
