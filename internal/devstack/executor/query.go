package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// state is a serialised state.
type state map[string]any

// name is the state's type: "Running".
func (s state) name() string {
	name, _ := s["type"].(string)
	return name
}

// newState serialises a state as the 1.x client does.
func newState(name, message string) state {
	return state{
		"type": name, "message": message, "context": map[string]any{}, "cached_inputs": map[string]any{},
		"_result": map[string]any{"type": "NoResultType", "__version__": version}, "__version__": version,
	}
}

// version is the version of the client whose behaviour this package has.
const version = "1.4.1"

type flowRun struct {
	ID         string
	Name       string
	Version    int
	State      state `json:"serialized_state"`
	Parameters map[string]any
	Context    map[string]any
	TaskRuns   []taskRun `json:"task_runs"`
	Flow       flow
}

type flow struct {
	Name     string
	Settings map[string]any
	Tasks    []task
	Edges    []edge
}

type task struct {
	ID, Name, Slug, Type, Trigger string
	Reference                     bool   `json:"is_reference_task"`
	MaxRetries                    int    `json:"max_retries"`
	RetryDelay                    string `json:"retry_delay"`
	Tags                          []string
}

type edge struct {
	Upstream   string `json:"upstream_task_id"`
	Downstream string `json:"downstream_task_id"`
	Key        string
	Mapped     bool
}

type taskRun struct {
	ID      string
	TaskID  string `json:"task_id"`
	Version int
	State   state `json:"serialized_state"`
}

const readRun = `query ReadFlowRun($id: uuid!) {
  flow_run_by_pk(id: $id) {
    id name version serialized_state parameters context
    task_runs(where: {map_index: {_eq: -1}}) { id task_id version serialized_state }
    flow {
      name settings
      tasks { id name slug type trigger is_reference_task max_retries retry_delay tags }
      edges { upstream_task_id downstream_task_id key mapped }
    }
  }
}`

// read reads the run with a query that names it $id; ErrNotFound if it is gone.
func (r *runner) read(ctx context.Context, query string) (*flowRun, error) {
	var answer struct {
		Run *flowRun `json:"flow_run_by_pk"`
	}
	if err := r.Client.Do(ctx, query, map[string]any{"id": r.FlowRunID}, &answer); err != nil {
		return nil, fmt.Errorf("read flow run %s: %w", r.FlowRunID, err)
	}
	if answer.Run == nil {
		return nil, fmt.Errorf("flow run %s: %w", r.FlowRunID, prefect.ErrNotFound)
	}
	return answer.Run, nil
}

const readState = `query ReadFlowRunState($id: uuid!) { flow_run_by_pk(id: $id) { version serialized_state } }`

// currentState reads the run's state; ErrNotFound if the run is gone.
func (r *runner) currentState(ctx context.Context) (state, error) {
	run, err := r.read(ctx, readState)
	if err != nil {
		return nil, err
	}
	return run.State, nil
}

const setFlowRunState = `mutation SetFlowRunStates($input: set_flow_run_states_input!) {
  set_flow_run_states(input: $input) { states { id status message } }
}`

func (r *runner) setState(ctx context.Context, s state) error {
	input := map[string]any{"flow_run_id": r.FlowRunID, "state": s}
	if s.name() == "Running" {
		input["version"] = r.run.Version
	}
	if err := r.Client.Do(ctx, setFlowRunState, oneState(input), nil); err != nil {
		return fmt.Errorf("set the run's state to %s: %w", s.name(), err)
	}
	return nil
}

const setTaskRunState = `mutation SetTaskRunStates($input: set_task_run_states_input!) {
  set_task_run_states(input: $input) { states { id status message } }
}`

func (r *runner) setTaskState(ctx context.Context, run *taskRun, s state) error {
	input := map[string]any{"task_run_id": run.ID, "state": s}
	if s.name() == "Running" {
		input["version"] = run.Version
	}
	if err := r.Client.Do(ctx, setTaskRunState, oneState(input), nil); err != nil {
		return fmt.Errorf("set a task run's state to %s: %w", s.name(), err)
	}
	run.State = s
	run.Version++
	return nil
}

func oneState(input map[string]any) map[string]any {
	return map[string]any{"input": map[string]any{"states": []any{input}}}
}

const ensureTaskRun = `mutation GetOrCreateTaskRunInfo($input: get_or_create_task_run_info_input!) {
  get_or_create_task_run_info(input: $input) { id version serialized_state }
}`

// taskRun returns the run of a task, which is made if there is none.
func (r *runner) taskRun(ctx context.Context, taskID string, mapIndex int) (*taskRun, error) {
	var answer struct {
		Run taskRun `json:"get_or_create_task_run_info"`
	}
	input := map[string]any{"flow_run_id": r.FlowRunID, "task_id": taskID, "map_index": mapIndex}
	if err := r.Client.Do(ctx, ensureTaskRun, map[string]any{"input": input}, &answer); err != nil {
		return nil, fmt.Errorf("make a task run: %w", err)
	}
	answer.Run.TaskID = taskID
	return &answer.Run, nil
}

const sendHeartbeat = `mutation UpdateFlowRunHeartbeat($input: update_flow_run_heartbeat_input!) {
  update_flow_run_heartbeat(input: $input) { success }
}`

func (r *runner) heartbeat(ctx context.Context) error {
	input := map[string]any{"input": map[string]any{"flow_run_id": r.FlowRunID}}
	if err := r.Client.Do(ctx, sendHeartbeat, input, nil); err != nil {
		return fmt.Errorf("send a heartbeat: %w", err)
	}
	return nil
}

// parseInterval reads PostgreSQL's text of an interval: "1 day 02:03:04.5".
func parseInterval(text string) time.Duration {
	var days int
	var hours, minutes int
	var secs float64
	if n, _ := fmt.Sscanf(text, "%d day", &days); n == 1 {
		for i := range text {
			if text[i] == ':' {
				text = text[max(0, i-2):]
				break
			}
		}
	}
	if n, _ := fmt.Sscanf(text, "%d:%d:%f", &hours, &minutes, &secs); n != 3 {
		hours, minutes, secs = 0, 0, 0
	}
	return time.Duration(days)*24*time.Hour + time.Duration(hours)*time.Hour +
		time.Duration(minutes)*time.Minute + time.Duration(secs*float64(time.Second))
}
