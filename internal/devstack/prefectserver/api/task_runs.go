package api

import (
	"context"
	"errors"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) taskRunMutations() map[string]Operation {
	return map[string]Operation{
		"get_or_create_task_run":      a.getOrCreateTaskRun,
		"get_or_create_task_run_info": a.getOrCreateTaskRunInfo,
		"set_task_run_name":           setTaskRunName,
		"update_task_run_heartbeat":   a.updateTaskRunHeartbeat,
	}
}

func (a *API) getOrCreateTaskRun(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	run, _, err := a.taskRun(tx, input)
	var refused *Error
	if errors.As(err, &refused) {
		err = fail("Invalid ID")
	}
	return idPayload(rowText(run, "id"), err)
}

// getOrCreateTaskRunInfo says version 0 of a run that it makes, although the first state
// has moved the row to version 1 by then.
func (a *API) getOrCreateTaskRunInfo(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	run, made, err := a.taskRun(tx, input)
	if err != nil {
		return nil, err
	}
	version := run["version"]
	if made {
		version = int64(0)
	}
	return map[string]any{
		"id": run["id"], "version": version, "state": run["state"], "serialized_state": run["serialized_state"],
	}, nil
}

// taskRun finds the task run of a task in a flow run, or makes it, pending; a map index of
// null is the task itself.
func (a *API) taskRun(tx *store.Tx, input map[string]any) (run store.Row, made bool, err error) {
	flowRunID, taskID := text(input, "flow_run_id"), text(input, "task_id")
	index, given := integer(input["map_index"])
	if !given {
		index = -1
	}
	for _, run := range tx.By("task_run", "flow_run_id", flowRunID) {
		if run["task_id"] == taskID && rowInt(run, "map_index") == index {
			return run, false, nil
		}
	}
	task, found := tx.Get("task", taskID)
	if !found {
		return nil, false, fail("Invalid task ID")
	}
	run, err = insert(tx, "task_run", store.Row{
		"tenant_id": task["tenant_id"], "flow_run_id": flowRunID, "task_id": taskID,
		"map_index": index, "cache_key": task["cache_key"],
	})
	if err != nil {
		return nil, false, err
	}
	id := rowText(run, "id")
	pending := newState("Pending", "Task run created")
	if _, err = insert(tx, "task_run_state", store.Row{
		"tenant_id": task["tenant_id"], "task_run_id": id, "state": pending.Type, "timestamp": a.now(),
		"message": pending.messageOrNil(), "serialized_state": pending.serialize(),
	}); err != nil {
		return nil, false, err
	}
	run, _ = tx.Get("task_run", id)
	return run, true, nil
}

func setTaskRunName(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	name := text(input, "name")
	if name == "" {
		return nil, fail("Invalid name")
	}
	return success(update(tx, "task_run", text(input, "task_run_id"), store.Row{"name": name}))
}

// updateTaskRunHeartbeat always succeeds: the real service answers before it writes.
func (a *API) updateTaskRunHeartbeat(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	_, err := update(tx, "task_run", text(input, "task_run_id"), store.Row{"heartbeat": a.now()})
	return success(true, err)
}
