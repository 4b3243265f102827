package prefect_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// setStates puts runs into states, as a flow's process does. key is the argument that names the run.
func (e *env) setStates(t *testing.T, field, key string, states map[string]string) {
	t.Helper()
	list := []any{}
	for id, state := range states {
		list = append(list, map[string]any{key: id, "state": map[string]any{"type": state, "message": "as told"}})
	}
	document := fmt.Sprintf(`mutation($input: %[1]s_input!) { %[1]s(input: $input) { states { id } } }`, field)
	check(t, e.Do(t.Context(), document, map[string]any{"input": map[string]any{"states": list}}, nil))
}

// taskRuns are the ids of a flow run's task runs, by the slug of the task.
func (e *env) taskRuns(t *testing.T, run string) map[string]string {
	t.Helper()
	var out struct {
		Runs []struct {
			ID   string
			Task struct{ Slug string }
		} `json:"task_run"`
	}
	check(t, e.Do(t.Context(), `query($run: uuid!) { task_run(where: {flow_run_id: {_eq: $run}, map_index: {_eq: -1}}) { id task { slug } } }`,
		map[string]any{"run": run}, &out))
	runs := map[string]string{}
	for _, r := range out.Runs {
		runs[r.Task.Slug] = r.ID
	}
	return runs
}

// child makes the task run of a mapped task's child.
func (e *env) child(t *testing.T, run, task string, index int) string {
	t.Helper()
	var parent struct {
		Run struct {
			TaskID string `json:"task_id"`
		} `json:"task_run_by_pk"`
	}
	check(t, e.Do(t.Context(), `query($id: uuid!) { task_run_by_pk(id: $id) { task_id } }`, map[string]any{"id": task}, &parent))
	var out struct {
		Made struct{ ID string } `json:"get_or_create_task_run_info"`
	}
	check(t, e.Do(t.Context(), `mutation($input: get_or_create_task_run_info_input!) { get_or_create_task_run_info(input: $input) { id } }`,
		map[string]any{"input": map[string]any{"flow_run_id": run, "task_id": parent.Run.TaskID, "map_index": index}}, &out))
	return out.Made.ID
}

// restart prepares the restart of a run of two tasks, of which the first has failed.
func (e *env) restart(t *testing.T) (do func(context.Context) error, run string) {
	t.Helper()
	run = e.run(t, e.flow(t, e.project(t, "p"), "f").ID)
	e.setStates(t, "set_task_run_states", "task_run_id", map[string]string{e.taskRuns(t, run)["task-000"]: "Failed"})
	e.setStates(t, "set_flow_run_states", "flow_run_id", map[string]string{run: "Failed"})
	return func(ctx context.Context) error {
		r, err := e.FlowRunRestart(ctx, run)
		if err != nil {
			return err
		}
		return e.RestartFlowRun(ctx, r, "Once more")
	}, run
}

// restartNames returns the names of task runs, in order, by the names that the test gives them.
func restartNames(runs []prefect.TaskRun, slugs map[string]string) []string {
	names := make([]string, 0, len(runs))
	for _, r := range runs {
		names = append(names, slugs[r.ID])
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

// TestFlowRunRestart resets what failed and what comes after it. The flow is a chain of four tasks.
func TestFlowRunRestart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state string
		// tasks are the states of the task runs, children[i] those of the children of task i; "" leaves a run Pending.
		tasks                   []string
		children                map[int][]string
		reset, waiting, running []string
		kept                    int
	}{
		"a task failed": {
			state: "Failed", tasks: []string{"Success", "Failed", "TriggerFailed", "TriggerFailed"},
			reset: []string{"1", "2", "3"}, kept: 1,
		},
		"one after it ran all the same": {
			state: "Failed", tasks: []string{"Success", "TimedOut", "Success", "Skipped"},
			reset: []string{"1", "2", "3"}, kept: 1,
		},
		"cancelled": {
			state: "Cancelled", tasks: []string{"Success", "Cancelled", "Cancelled", "Cancelled"},
			reset: []string{"1", "2", "3"}, kept: 1,
		},
		"children of mapped tasks": {
			state: "Failed", tasks: []string{"Success", "Mapped", "Mapped", "Success"},
			children: map[int][]string{1: {"Success", "Failed"}, 2: {"Success", "TriggerFailed"}},
			reset:    []string{"1[1]", "2[1]", "3"}, kept: 5,
		},
		"failed before its first task": {state: "Failed", tasks: []string{"", "", "", ""}, waiting: []string{"0", "1", "2", "3"}},
		"crashed": {
			state: "Failed", tasks: []string{"Success", "Running", "", ""},
			waiting: []string{"2", "3"}, running: []string{"1"}, kept: 1,
		},
		"half restarted": {
			state: "Success", tasks: []string{"Success", "Pending", "Pending", "Success"},
			reset: []string{"3"}, waiting: []string{"1", "2"}, kept: 1,
		},
		"succeeded": {state: "Success", tasks: []string{"Success", "Success", "Success", "Cached"}, kept: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, prefectserver.Options{})
			id, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: e.project(t, "p"), SerializedFlow: flowOf("f", 4)})
			check(t, err)
			run := e.run(t, id)
			e.setStates(t, "set_flow_run_states", "flow_run_id", map[string]string{run: "Running"})
			tasks, names, states := e.taskRuns(t, run), map[string]string{}, map[string]string{}
			for i, state := range tt.tasks {
				task := tasks[fmt.Sprintf("task-%03d", i)]
				names[task] = strconv.Itoa(i)
				if state != "" {
					states[task] = state
				}
				for index, state := range tt.children[i] {
					child := e.child(t, run, task, index)
					names[child], states[child] = fmt.Sprintf("%d[%d]", i, index), state
				}
			}
			e.setStates(t, "set_task_run_states", "task_run_id", states)
			e.setStates(t, "set_flow_run_states", "flow_run_id", map[string]string{run: tt.state})
			before, err := e.GetFlowRun(t.Context(), run)
			check(t, err)

			r, err := e.FlowRunRestart(t.Context(), run)
			check(t, err)
			for what, got := range map[string][2][]string{
				"reset":   {restartNames(r.Reset, names), tt.reset},
				"waiting": {restartNames(r.Waiting, names), tt.waiting},
				"running": {restartNames(r.Running, names), tt.running},
			} {
				if !slices.Equal(got[0], got[1]) {
					t.Errorf("%s: %v, want %v", what, got[0], got[1])
				}
			}
			if r.Kept != tt.kept {
				t.Errorf("%d kept, want %d", r.Kept, tt.kept)
			}

			check(t, e.RestartFlowRun(t.Context(), r, "Once more"))
			after, err := e.GetFlowRun(t.Context(), run)
			check(t, err)
			if after.State != "Scheduled" || after.StateMessage != "Once more" || after.Version != before.Version+1 {
				t.Errorf("the run is %s (%s), version %d after %d", after.State, after.StateMessage, after.Version, before.Version)
			}
			again, err := e.FlowRunRestart(t.Context(), run)
			check(t, err)
			if len(again.Reset) > 0 || len(again.Waiting) != len(tt.reset)+len(tt.waiting) || again.Kept != tt.kept {
				t.Errorf("afterwards %d are reset, %d wait and %d are kept", len(again.Reset), len(again.Waiting), again.Kept)
			}
		})
	}
}

// TestFlowRunRestart_unknown finds no run.
func TestFlowRunRestart_unknown(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	e.flow(t, e.project(t, "p"), "f")
	if _, err := e.FlowRunRestart(t.Context(), "00000000-0000-4000-8000-000000000000"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// TestFlowRunRestart_deletedMeanwhile: a run, or its flow, that is deleted between two requests is not one without tasks, and is
// not restarted.
func TestFlowRunRestart_deletedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"TaskRuns", "FlowEdges", "SetTaskRunStates", "SetFlowRunState"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, prefectserver.Options{})
			flow := e.flow(t, e.project(t, "p"), "f")
			run := e.run(t, flow.ID)
			tasks := e.taskRuns(t, run)
			e.setStates(t, "set_task_run_states", "task_run_id", map[string]string{tasks["task-000"]: "Success", tasks["task-001"]: "Failed"})
			e.setStates(t, "set_flow_run_states", "flow_run_id", map[string]string{run: "Failed"})
			hits := e.server.Faults().Add(prefectserver.Fault{Operation: operation, Times: 1, Before: func() {
				check(t, e.DeleteFlowGroup(t.Context(), flow.FlowGroupID))
			}})
			r, err := e.FlowRunRestart(t.Context(), run)
			if err == nil {
				err = e.RestartFlowRun(t.Context(), r, "Once more")
			}
			if !errors.Is(err, prefect.ErrNotFound) {
				t.Errorf("got %+v, %v", r, err)
			}
			if hits() != 1 {
				t.Error("nothing was deleted meanwhile")
			}
		})
	}
}
