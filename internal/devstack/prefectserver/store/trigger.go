package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// fire does what a trigger does after a row was inserted.
func (tx *Tx) fire(trigger schema.Trigger, row Row) error {
	switch trigger {
	case schema.CreateTaskRuns:
		return tx.createTaskRuns(row)
	case schema.RecordFlowRunState:
		return tx.recordState("flow_run", row["flow_run_id"], row)
	case schema.RecordTaskRunState:
		return tx.recordState("task_run", row["task_run_id"], row)
	default:
		return fmt.Errorf("trigger %d: %w", trigger, ErrUnknown)
	}
}

// createTaskRuns gives every task of a new flow run's flow a waiting task run.
func (tx *Tx) createTaskRuns(flowRun Row) error {
	const message = "Task run created"
	for _, task := range tx.By("task", "flow_id", flowRun["flow_id"]) {
		run, err := tx.Insert("task_run", Row{
			"tenant_id":   flowRun["tenant_id"],
			"flow_run_id": flowRun["id"],
			"task_id":     task["id"],
			"cache_key":   task["cache_key"],
			"map_index":   int64(-1),
		})
		if err != nil {
			return fmt.Errorf("task run of task %v: %w", task["id"], err)
		}
		_, err = tx.Insert("task_run_state", Row{
			"tenant_id":        flowRun["tenant_id"],
			"task_run_id":      run["id"],
			"state":            "Pending",
			"message":          message,
			"serialized_state": map[string]any{"type": "Pending", "message": message},
		})
		if err != nil {
			return fmt.Errorf("first state of task run %v: %w", run["id"], err)
		}
	}
	return nil
}

// isEnd reports whether the database takes a state's time for the end of the run.
// The list is the database's own, shorter than the client's finished states.
func isEnd(state any) bool {
	name, _ := state.(string)
	return slices.Contains([]string{"Success", "Failed", "Cached", "TimedOut", "Looped", "Cancelled"}, name)
}

// recordState copies a new state to its run, unless the run has a later version.
func (tx *Tx) recordState(table string, id any, state Row) error {
	runID, _ := id.(string)
	run, ok := tx.Get(table, runID)
	if !ok {
		return nil
	}
	version, _ := state["version"].(int64)
	current, _ := run["version"].(int64)
	set := Row{} // an update happens either way, and stamps the run
	if state["version"] != nil && version >= current {
		set = Row{
			"version":          version,
			"state":            state["state"],
			"serialized_state": state["serialized_state"],
			"state_start_time": state["start_time"],
			"state_timestamp":  state["timestamp"],
			"state_message":    state["message"],
			"state_result":     state["result"],
		}
		at, _ := state["timestamp"].(time.Time)
		if state["state"] == "Running" {
			if start, ok := run["start_time"].(time.Time); !ok || at.Before(start) {
				set["start_time"] = at
			}
		}
		if isEnd(state["state"]) {
			if end, ok := run["end_time"].(time.Time); !ok || at.After(end) {
				set["end_time"] = at
			}
		}
	}
	if _, err := tx.Update(table, runID, set); err != nil {
		return fmt.Errorf("state of %s %s: %w", table, runID, err)
	}
	return nil
}

// EqualJSON reports whether two decoded JSON values are the same to PostgreSQL's
// jsonb, for which 1 and 1.0 are equal.
func EqualJSON(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case bool, string:
		return a == b
	case json.Number:
		y, ok := b.(json.Number)
		return ok && (x == y || CompareNumbers(x, y) == 0)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, EqualJSON)
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			if other, ok := y[k]; !ok || !EqualJSON(v, other) {
				return false
			}
		}
		return true
	default:
		return false
	}
}
