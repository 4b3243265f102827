package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// TaskRun is one run of a task within a flow run.
type TaskRun struct {
	ID, TaskID, TaskName string
	// MapIndex counts the children of a mapped task from 0; it is -1 for every other task run.
	MapIndex int
	// State is the name of the current state.
	State string
	// Version counts the states set so far.
	Version int
}

// Restart is what restarting a flow run changes.
type Restart struct {
	Run FlowRun
	// Reset are the task runs that have finished and run again.
	Reset []TaskRun
	// Waiting are the task runs that have not run yet. They run as well.
	Waiting []TaskRun
	// Running are the task runs that the Server takes for running. The flow runner leaves such a task run alone, so
	// that a restarted run would not finish.
	Running []TaskRun
	// Kept is the number of finished task runs that do not run again.
	Kept int
}

// FlowRunRestart determines what a restart of a run changes, by the rules of Prefect's UI: task runs that failed or were
// cancelled run again, and so do those that depend on them. A mapped task stays Mapped, and its children that succeeded
// stay as they are: all children would run again otherwise. ErrNotFound for an unknown run.
func (c *Client) FlowRunRestart(ctx context.Context, id string) (*Restart, error) {
	run, err := c.GetFlowRun(ctx, id)
	if err != nil {
		return nil, err
	}
	taskRuns, err := c.taskRuns(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &Restart{Run: *run}
	var finished []TaskRun
	for _, t := range taskRuns {
		switch {
		case states.IsA(t.State, states.Failed), states.IsA(t.State, states.Cancelled):
			r.Reset = append(r.Reset, t)
		case states.IsFinished(t.State):
			finished = append(finished, t)
		case states.IsA(t.State, states.Running):
			r.Running = append(r.Running, t)
		default:
			r.Waiting = append(r.Waiting, t)
		}
	}
	r.Kept = len(finished)
	if len(r.Reset)+len(r.Waiting) == 0 || len(finished) == 0 {
		return r, nil
	}
	edges, err := c.flowEdges(ctx, run.FlowID)
	if err != nil {
		return nil, err
	}
	r.add(finished, edges)
	return r, nil
}

// add has finished task runs run again that depend on others that do. Those that wait count too: an interrupted restart may
// have reset them.
func (r *Restart) add(finished []TaskRun, edges []graphql.EdgeFields) {
	downstream := map[string][]string{}
	for _, e := range edges {
		downstream[e.UpstreamTaskId] = append(downstream[e.UpstreamTaskId], e.DownstreamTaskId)
	}
	affected := map[string]bool{}
	var next []string
	for _, t := range slices.Concat(r.Reset, r.Waiting) {
		next = append(next, downstream[t.TaskID]...)
	}
	for len(next) > 0 {
		task := next[len(next)-1]
		next = next[:len(next)-1]
		if !affected[task] {
			affected[task] = true
			next = append(next, downstream[task]...)
		}
	}
	for _, t := range finished {
		if affected[t.TaskID] && t.MapIndex < 0 && t.State != states.Mapped {
			r.Reset = append(r.Reset, t)
			r.Kept--
		}
	}
}

// taskRuns returns the task runs of a flow run.
func (c *Client) taskRuns(ctx context.Context, run string) ([]TaskRun, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.TaskRunFields
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		out, err := graphql.TaskRuns(ctx, wire{c}, tenant, run, last, pageSize)
		switch {
		case err != nil:
			return nil, nil, err
		case len(out.FlowRun) == 0: // deleted meanwhile, which is not a run without tasks
			return nil, nil, c.http.NotFound("TaskRuns", "flow run "+run)
		}
		return out.FlowRun[0].TaskRuns, out.FlowRun[0].Remaining.Aggregate, nil
	}, (*row).GetId)
	if err != nil {
		return nil, err
	}
	return convert(rows, func(r *row) TaskRun {
		return TaskRun{
			ID: r.Id, TaskID: r.TaskId, TaskName: value(r.Task.Name), MapIndex: r.MapIndex, State: value(r.State), Version: r.Version,
		}
	}), nil
}

// flowEdges returns the edges between the tasks of a flow version. The Server's own function that walks along them stops
// after 50 steps.
func (c *Client) flowEdges(ctx context.Context, flow string) ([]graphql.EdgeFields, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.EdgeFields
	return pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		out, err := graphql.FlowEdges(ctx, wire{c}, tenant, flow, last, pageSize)
		switch {
		case err != nil:
			return nil, nil, err
		case len(out.Flow) == 0: // as above
			return nil, nil, c.http.NotFound("FlowEdges", "flow "+flow)
		}
		return out.Flow[0].Edges, out.Flow[0].Remaining.Aggregate, nil
	}, (*row).GetId)
}

// RestartFlowRun resets the task runs and then schedules the run to start at once. The message is that of the new states.
//
// The Server compares no versions and accepts any state, so the caller makes sure that the run has finished. If an answer
// is lost, RestartFlowRun looks before it repeats: scheduled twice, the run could be executed twice. After an error,
// the run is as it was, apart from task runs that are Pending; restarting it again is safe.
func (c *Client) RestartFlowRun(ctx context.Context, r *Restart, message string) error {
	for batch := range slices.Chunk(r.Reset, pageSize) {
		if err := c.resetTaskRuns(ctx, batch, message); err != nil {
			return err
		}
	}
	state, err := newState(states.Scheduled, message)
	if err != nil {
		return err
	}
	return c.onceMore(ctx, func(ctx context.Context) error {
		out, err := graphql.SetFlowRunState(ctx, wire{c}, r.Run.ID, r.Run.Version, state)
		if err != nil || out.SetFlowRunStates != nil && len(out.SetFlowRunStates.States) == 1 {
			return err
		}
		return c.unconfirmed("SetFlowRunState")
	}, func(ctx context.Context) (bool, error) {
		run, err := c.GetFlowRun(ctx, r.Run.ID)
		return err == nil && run.Version > r.Run.Version, err
	})
}

// resetTaskRuns sets task runs to Pending. Doing so twice does no harm while the flow run has finished.
func (c *Client) resetTaskRuns(ctx context.Context, runs []TaskRun, message string) error {
	state, err := newState(states.Pending, message)
	if err != nil {
		return err
	}
	inputs := convert(runs, func(r *TaskRun) graphql.SetTaskRunStateInput {
		return graphql.SetTaskRunStateInput{TaskRunId: r.ID, State: state, Version: &r.Version}
	})
	return c.onceMore(ctx, func(ctx context.Context) error {
		out, err := graphql.SetTaskRunStates(ctx, wire{c}, inputs)
		if err != nil || out.SetTaskRunStates != nil && len(out.SetTaskRunStates.States) == len(inputs) {
			return err
		}
		return c.unconfirmed("SetTaskRunStates")
	}, func(context.Context) (bool, error) { return false, nil })
}

// unconfirmed is the error of an answer that does not name the states that it was to set.
func (c *Client) unconfirmed(operation string) error {
	return &Error{
		Operation: operation, Endpoint: c.Endpoint(), Kind: ErrNotPrefect, Ambiguous: true, Message: "the answer does not say if it succeeded",
	}
}

// newState serializes a state with a message.
func newState(name, message string) (json.RawMessage, error) {
	state, err := json.Marshal(map[string]string{"type": name, "message": message})
	if err != nil {
		return nil, transport.Invalid("the state %s cannot be encoded: %s", name, err)
	}
	return state, nil
}

// onceMore repeats a mutation whose answer was lost, unless done finds that it was carried out.
func (c *Client) onceMore(ctx context.Context, do func(context.Context) error, done func(context.Context) (bool, error)) error {
	for attempt := 1; ; attempt++ {
		err := do(ctx)
		if err == nil || !transport.IsAmbiguous(err) || ctx.Err() != nil {
			return err
		}
		if sleepErr := c.http.Sleep(ctx, transport.Backoff(attempt)); sleepErr != nil {
			return fmt.Errorf("%w (%w)", sleepErr, err)
		}
		found, lookErr := done(ctx)
		switch {
		case lookErr != nil:
			return fmt.Errorf("%w (looking for the result: %w)", err, lookErr)
		case found:
			return nil
		case attempt > c.http.Config().MaxRetries:
			return err
		}
	}
}
