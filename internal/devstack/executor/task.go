package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// task executes one task, with its children if it is mapped.
func (r *runner) task(ctx context.Context, t *task) error {
	run := r.runs[t.ID]
	if run == nil {
		var err error
		if run, err = r.taskRun(ctx, t.ID, -1); err != nil {
			return err
		}
	}
	mapped := false
	var upstream []string
	for _, e := range r.run.Flow.Edges {
		if e.Downstream != t.ID {
			continue
		}
		mapped = mapped || e.Mapped
		upstream = append(upstream, r.outcome(e.Upstream))
	}
	if name := run.State.name(); finished(name) && name != states.Mapped {
		r.results[t.ID] = run.State // of an earlier attempt
		return nil
	}
	if slices.ContainsFunc(upstream, func(state string) bool { return !finished(state) }) {
		r.results[t.ID] = run.State // it waits for a task that another process has, or had
		return nil
	}
	if !mapped {
		result, err := r.single(ctx, t, run, t.Name, upstream)
		r.results[t.ID] = result
		return err
	}
	return r.mapped(ctx, t, run, upstream)
}

// outcome is the name of a task's final state as its downstream tasks see it: a
// mapped task has failed when a child has.
func (r *runner) outcome(taskID string) string {
	for _, child := range r.children[taskID] {
		if failed(child.name()) || !finished(child.name()) {
			return child.name()
		}
	}
	return r.results[taskID].name()
}

// mapped executes the children of a mapped task.
func (r *runner) mapped(ctx context.Context, t *task, run *taskRun, upstream []string) error {
	if ok, why := trigger(t.Trigger, upstream); !ok {
		return r.notTriggered(ctx, t, run, t.Name, why)
	}
	if run.State.name() != "Mapped" {
		if err := r.setTaskState(ctx, run, newState("Mapped", "Ready to proceed with mapping.")); err != nil {
			return err
		}
	}
	r.results[t.ID] = run.State
	for index := range r.width(t) {
		child, err := r.taskRun(ctx, t.ID, index)
		if err != nil {
			return err
		}
		result, err := r.single(ctx, t, child, fmt.Sprintf("%s[%d]", t.Name, index), nil)
		r.children[t.ID] = append(r.children[t.ID], result)
		if err != nil {
			return err
		}
	}
	return nil
}

// width is the number of a mapped task's children.
func (r *runner) width(t *task) int {
	for _, e := range r.run.Flow.Edges {
		if e.Downstream != t.ID || !e.Mapped {
			continue
		}
		if children := len(r.children[e.Upstream]); children > 0 {
			return children
		}
		for i := range r.run.Flow.Tasks {
			upstream := &r.run.Flow.Tasks[i]
			if list, ok := r.run.Parameters[upstream.Name].([]any); ok && upstream.ID == e.Upstream {
				return len(list)
			}
		}
	}
	return 1
}

// single executes one task run, with its retries.
func (r *runner) single(ctx context.Context, t *task, run *taskRun, name string, upstream []string) (state, error) {
	r.about(run, name, "Starting task run...")
	if finished(run.State.name()) {
		return run.State, nil
	}
	if ok, why := trigger(t.Trigger, upstream); !ok {
		err := r.notTriggered(ctx, t, run, name, why)
		return run.State, err
	}
	if states.IsA(run.State.name(), states.Running) {
		r.about(run, name, "Task is already running.")
		return run.State, nil
	}
	for attempt := 1; ; attempt++ {
		if run.State.name() != "Running" {
			if err := r.setTaskState(ctx, run, tagged(newState("Running", "Starting task run."), t)); err != nil {
				return r.notSet(run, name, err)
			}
		}
		if err := r.body(ctx); err != nil {
			return run.State, err
		}
		end := newState("Success", "Task run succeeded.")
		if r.behaviour.fails(t, attempt) {
			message := `Error during execution of task: RuntimeError('made to fail by PREFECT_DEVSTACK_FAIL_TASK')`
			r.log.write("ERROR", taskLogger, run.ID, fmt.Sprintf("Task '%s': %s", name, message))
			end = newState("Failed", message)
			if attempt <= t.MaxRetries {
				if err := r.retry(ctx, t, run, attempt); err != nil {
					return run.State, err
				}
				continue
			}
		}
		if err := r.setTaskState(ctx, run, tagged(end, t)); err != nil {
			return run.State, err
		}
		r.about(run, name, fmt.Sprintf("Finished task run for task with final state: '%s'", end.name()))
		return run.State, nil
	}
}

// notSet returns the outcome of a task whose state the Server refused. The client treats it as failed, without
// telling the Server, and downstream tasks see it as failed. Other errors end the run.
func (r *runner) notSet(run *taskRun, name string, err error) (state, error) {
	if !errors.Is(err, prefect.ErrInvalid) {
		return run.State, err
	}
	r.log.write("ERROR", taskLogger, run.ID, fmt.Sprintf("Task '%s': Failed to set task state with error: %v", name, err))
	return newState("ClientFailed", ""), nil
}

// retry waits until the task may be tried again.
func (r *runner) retry(ctx context.Context, t *task, run *taskRun, attempt int) error {
	delay := parseInterval(t.RetryDelay)
	s := tagged(newState("Retrying", fmt.Sprintf("Retrying Task (after attempt %d of %d)", attempt, t.MaxRetries+1)), t)
	s["start_time"], s["run_count"] = time.Now().UTC().Add(delay).Format(time.RFC3339Nano), attempt
	if err := r.setTaskState(ctx, run, s); err != nil {
		return err
	}
	r.log.flush(ctx)
	return pause(ctx, delay)
}

func (r *runner) notTriggered(ctx context.Context, t *task, run *taskRun, name, why string) error {
	if err := r.setTaskState(ctx, run, tagged(newState("TriggerFailed", why), t)); err != nil {
		return err
	}
	r.results[t.ID] = run.State
	r.about(run, name, "Finished task run for task with final state: 'TriggerFailed'")
	return nil
}

// body stands for the task's own code.
func (r *runner) body(ctx context.Context) error {
	if r.behaviour.crash != 0 {
		r.log.flush(ctx)
		return crashError(r.behaviour.crash)
	}
	if size := r.behaviour.allocate; size > 0 {
		memory := make([]byte, size)
		for i := int64(0); i < size; i += 4096 {
			memory[i] = 1
		}
		// Long enough for the memory limit to be noticed.
		err := pause(ctx, time.Second)
		memory[0] = 0
		if err != nil {
			return err
		}
	}
	return pause(ctx, r.behaviour.taskTime)
}

// about logs a line about a task run.
func (r *runner) about(run *taskRun, name, message string) {
	r.log.write("INFO", taskLogger, run.ID, fmt.Sprintf("Task '%s': %s", name, message))
}

// tagged adds the task's tags, which the real runner puts into the context of
// every state of a task.
func tagged(s state, t *task) state {
	tags := make([]any, 0, len(t.Tags))
	for _, tag := range t.Tags {
		tags = append(tags, tag)
	}
	s["context"] = map[string]any{"tags": tags}
	return s
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
