package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const (
	// submittedLock is how long a run cannot be submitted again.
	submittedLock = 30 * time.Second
	// stateLimit is the size of a serialised state, in characters.
	stateLimit = 1_000_000
)

func (a *API) stateMutations() map[string]Operation {
	return map[string]Operation{
		"set_flow_run_states": a.setFlowRunStates,
		"set_task_run_states": a.setTaskRunStates,
		"cancel_flow_run":     a.cancelFlowRun,
	}
}

// setFlowRunStates ignores versions, and any state may follow any other. When one of
// several states is refused, the others are set all the same.
func (a *API) setFlowRunStates(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	agent := header(ctx, "X-Prefect-Agent-Id")
	return a.setStates(input, "flow_run_id", func(id string, state *State) error {
		return a.SetFlowRunState(ctx, tx, id, state, agent)
	})
}

func (a *API) setTaskRunStates(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return a.setStates(input, "task_run_id", func(id string, state *State) error {
		return a.SetTaskRunState(tx, id, state)
	})
}

func (a *API) setStates(input map[string]any, key string, set func(id string, state *State) error) (any, error) {
	var (
		payload []any
		first   error
	)
	for _, item := range list(input["states"]) {
		given := object(item)
		id := text(given, key)
		err := a.setState(given["state"], func(state *State) error { return set(id, state) })
		var refused *Error
		if err != nil && !errors.As(err, &refused) {
			return nil, err
		}
		if first == nil {
			first = err
		}
		payload = append(payload, map[string]any{"id": id, "status": "SUCCESS", "message": nil})
	}
	if first != nil {
		return nil, first
	}
	return map[string]any{"states": payload}, nil
}

func (a *API) setState(raw any, set func(*State) error) error {
	if sizeOf(raw) > stateLimit {
		return fail("State payload is too large.")
	}
	state, err := parseState(raw, a.now())
	if err != nil {
		return err
	}
	return set(state)
}

// SetFlowRunState puts a run into a state, with all that follows from it: cancelling takes the unfinished task runs
// along, running and submitting are signs of life, submitting notes the agent ("" for none), and cloud hooks are
// called.
func (a *API) SetFlowRunState(ctx context.Context, tx *store.Tx, id string, state *State, agent string) error {
	run, found := tx.Get("flow_run", id)
	if !found {
		return fail("State update failed for flow run ID " + id)
	}
	now := a.now()
	submitted := state.Type == "Submitted"
	if submitted && !a.submitted.add(id, now, now.Add(submittedLock)) {
		return fail("State update failed: this run has already been submitted.")
	}
	if state.Type == "Cancelled" {
		if err := a.cancelTaskRuns(tx, id, state); err != nil {
			return err
		}
	}
	// Real rows of this table carry no tenant.
	stored, err := insert(tx, "flow_run_state", a.stateRow(run, state, store.Row{"flow_run_id": id, "tenant_id": nil}))
	if err != nil {
		return err
	}
	if state.isRunning() || submitted {
		if _, err := update(tx, "flow_run", id, store.Row{"heartbeat": now}); err != nil {
			return err
		}
	}
	if submitted && agent != "" {
		if _, known := tx.Get("agent", agent); known {
			if _, err := update(tx, "flow_run", id, store.Row{"agent_id": agent}); err != nil {
				return err
			}
		}
	}
	a.notify(ctx, tx, run, stored)
	return nil
}

func (a *API) stateRow(run store.Row, state *State, row store.Row) store.Row {
	row["id"] = a.newID()
	row["version"] = rowInt(run, "version") + 1
	row["state"] = state.Type
	row["timestamp"] = a.now()
	row["message"] = state.messageOrNil()
	row["result"] = nil
	row["start_time"] = state.startOrNil()
	row["serialized_state"] = state.serialize()
	return row
}

func (a *API) cancelTaskRuns(tx *store.Tx, flowRunID string, state *State) error {
	for _, task := range slices.Clone(tx.By("task_run", "flow_run_id", flowRunID)) {
		if states.IsA(text(object(task["serialized_state"]), "type"), "Finished") {
			continue
		}
		if err := a.SetTaskRunState(tx, rowText(task, "id"), state); err != nil {
			return err
		}
	}
	return nil
}

// SetTaskRunState puts a task run into a state. Running needs a running flow run. Inputs
// that an earlier state remembered stay when the new state has none.
func (a *API) SetTaskRunState(tx *store.Tx, id string, state *State) error {
	run, found := tx.Get("task_run", id)
	if !found {
		return fail("State update failed for task run ID " + id)
	}
	flowRun, _ := tx.Get("flow_run", rowText(run, "flow_run_id"))
	if state.isRunning() && flowRun["state"] != "Running" {
		return fail(fmt.Sprintf("State update failed for task run ID %s: provided a running state "+
			"but associated flow run %s is not in a running state.", id, rowText(flowRun, "id")))
	}
	next := *state
	if len(next.cachedInputs) == 0 {
		next.cachedInputs = object(object(run["serialized_state"])["cached_inputs"])
	}
	row := store.Row{"task_run_id": id, "tenant_id": run["tenant_id"]}
	if _, err := insert(tx, "task_run_state", a.stateRow(run, &next, row)); err != nil {
		return err
	}
	if !state.isRunning() {
		return nil
	}
	_, err := update(tx, "task_run", id, store.Row{"heartbeat": a.now()})
	return err
}

func (a *API) cancelFlowRun(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	state, err := a.cancelRun(ctx, tx, text(input, "flow_run_id"), "")
	if err != nil {
		return nil, err
	}
	return map[string]any{"state": state}, nil
}

// cancelRun asks a running run to stop, ends any other that is not finished, and returns
// the state the run is in then. The message is a default one when empty.
func (a *API) cancelRun(ctx context.Context, tx *store.Tx, id, message string) (string, error) {
	run, found := tx.Get("flow_run", id)
	if !found {
		return "", fail(fmt.Sprintf("Invalid flow run ID: %s.", id))
	}
	current := rowText(run, "state")
	kind, standard := "Cancelled", "Flow run is cancelled"
	switch {
	case states.IsA(current, "Finished"):
		return current, nil
	case states.IsA(current, "Running"):
		kind, standard = "Cancelling", "Flow run is cancelling"
	}
	if message == "" {
		message = standard
	}
	return kind, a.SetFlowRunState(ctx, tx, id, newState(kind, message), "")
}
