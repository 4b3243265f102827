package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// runner executes one flow run.
type runner struct {
	Options
	log       *runLog
	run       *flowRun
	behaviour behaviour
	// results are the final states of tasks by id; children those of a mapped
	// task's children.
	results  map[string]state
	children map[string][]state
	runs     map[string]*taskRun
}

var (
	// errCancelled ends the tasks when the run is being cancelled.
	errCancelled = errors.New("the run is being cancelled")
	// errGone ends the tasks when somebody else has ended or deleted the run.
	errGone = errors.New("the run is no longer running")
)

// crashError ends a run that is to crash.
type crashError int

// Error implements error.
func (e crashError) Error() string { return fmt.Sprintf("made to crash with exit code %d", int(e)) }

// execute is the whole life of the command.
func (r *runner) execute(ctx context.Context) int {
	run, err := r.read(ctx, readRun)
	if err != nil {
		_, _ = fmt.Fprintln(r.Output, err)
		return 1
	}
	r.run, r.behaviour = run, behave(r.Environment, run.Context)
	r.results, r.children, r.runs = map[string]state{}, map[string][]state{}, map[string]*taskRun{}
	if r.behaviour.loadError != "" {
		return r.notLoaded(ctx)
	}
	ready, err := r.begin(ctx)
	if err != nil {
		return r.broken(err)
	}
	if !ready {
		return 0
	}
	return r.finish(ctx, r.supervise(ctx))
}

// begin decides whether there is anything to execute, and sets the run Running.
func (r *runner) begin(ctx context.Context) (bool, error) {
	r.log.info("Beginning Flow run for '%s'", r.run.Flow.Name)
	current := r.run.State
	// The states that an agent puts around another one.
	for current.name() == "Submitted" || current.name() == "Queued" {
		inner, ok := current["state"].(map[string]any)
		if !ok {
			break
		}
		current = inner
	}
	switch name := current.name(); {
	case finished(name):
		r.log.info("Flow run has already finished.")
		return false, nil
	case name == "Running", name == "Cancelling":
		return true, nil
	case name == "Scheduled" || name == "Resume" || name == "Retrying":
		start, _ := current["start_time"].(string)
		if at, err := time.Parse(time.RFC3339Nano, start); err == nil && time.Until(at) > 0 {
			r.log.info("The run's start time has not been reached.")
			return false, nil
		}
	case name == "Paused":
		r.log.info("Flow is not ready to run.")
		return false, nil
	}
	if err := r.setState(ctx, newState("Running", "Running flow.")); err != nil {
		return false, err
	}
	r.run.Version++
	return true, nil
}

// supervise runs the tasks, sends heartbeats, and checks for a cancellation: periodically, and once more when the
// tasks have ended. A run that is being cancelled by then ends as cancelled, whatever the outcome of its tasks.
func (r *runner) supervise(ctx context.Context) error {
	err := r.supervised(ctx)
	if crash := crashError(0); errors.As(err, &crash) || errors.Is(err, errCancelled) || errors.Is(err, errGone) {
		return err
	}
	for {
		looked, last := r.checkCancelled(ctx)
		switch {
		case last != nil:
			return last
		case looked:
			return err
		}
		if pause(ctx, r.CancellationInterval) != nil {
			return err
		}
	}
}

// supervised runs the tasks until they end, or until there is a reason to stop early, which it returns.
func (r *runner) supervised(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel(nil)
	if enabled, ok := r.run.Flow.Settings["heartbeat_enabled"].(bool); !ok || enabled {
		group.Go(func() {
			for ok := true; ok; ok = pause(ctx, r.HeartbeatInterval) == nil {
				if err := r.heartbeat(ctx); err != nil && ctx.Err() == nil {
					r.log.write("ERROR", flowLogger, "", fmt.Sprintf("Heartbeat failed for Flow '%s': %v", r.run.Flow.Name, err))
				}
			}
		})
	}
	group.Go(func() {
		for pause(ctx, r.CancellationInterval) == nil {
			if _, reason := r.checkCancelled(ctx); reason != nil {
				cancel(reason)
			}
		}
	})
	r.log.info("This machine has no Python: the flow's graph is executed without the bodies of its tasks.")
	r.log.flush(ctx)
	err := r.tasks(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// checkCancelled reports whether the Server answered, and returns why the tasks should end, or nil.
func (r *runner) checkCancelled(ctx context.Context) (looked bool, reason error) {
	current, err := r.currentState(ctx)
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return true, fmt.Errorf("%w: %w", errGone, err)
	case err != nil:
		return false, nil //nolint:nilerr // the next check may succeed, and a failed one is no reason to stop
	case current.name() == "Cancelling":
		return true, errCancelled
	case finished(current.name()):
		return true, fmt.Errorf("%w: it is %s", errGone, current.name())
	}
	return true, nil
}

// tasks executes all tasks in order.
func (r *runner) tasks(ctx context.Context) error {
	for i := range r.run.TaskRuns {
		r.runs[r.run.TaskRuns[i].TaskID] = &r.run.TaskRuns[i]
	}
	for _, t := range order(r.run.Flow.Tasks, r.run.Flow.Edges) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.task(ctx, t); err != nil {
			return err
		}
		r.log.flush(ctx)
	}
	return nil
}

// finish sets the run's final state and returns the exit code.
func (r *runner) finish(ctx context.Context, err error) int {
	var crash crashError
	switch {
	case errors.As(err, &crash):
		if r.Exit != nil {
			r.Exit(int(crash))
		}
		return int(crash)
	case errors.Is(err, errCancelled):
		r.log.info("Flow run has been cancelled, cancelling active tasks")
		return r.end(ctx, newState("Cancelled", "Flow run is cancelled"))
	case errors.Is(err, prefect.ErrNotFound):
		return r.broken(err)
	case errors.Is(err, errGone):
		r.log.info("%s", err)
		return 0
	case err != nil && ctx.Err() != nil:
		return r.broken(err)
	case err != nil:
		return r.end(ctx, newState("Failed", fmt.Sprintf("Unexpected error while running flow: %v", err)))
	}
	if !r.complete() {
		r.log.info("Flow run RUNNING: terminal tasks are incomplete.")
		return 0
	}
	return r.end(ctx, r.verdict())
}

// complete reports whether all terminal tasks have finished. The run has no end before.
func (r *runner) complete() bool {
	for _, t := range terminal(r.run.Flow.Tasks, r.run.Flow.Edges) {
		for _, s := range append([]state{r.results[t.ID]}, r.children[t.ID]...) {
			if !finished(s.name()) {
				return false
			}
		}
	}
	return true
}

// verdict is the run's final state, which follows from the reference tasks.
func (r *runner) verdict() state {
	anyFailed, allSuccessful := false, true
	for _, t := range reference(r.run.Flow.Tasks, r.run.Flow.Edges) {
		for _, s := range append([]state{r.results[t.ID]}, r.children[t.ID]...) {
			anyFailed = anyFailed || failed(s.name())
			allSuccessful = allSuccessful && successful(s.name())
		}
	}
	switch {
	case anyFailed:
		r.log.info("Flow run FAILED: some reference tasks failed.")
		return newState("Failed", "Some reference tasks failed.")
	case allSuccessful:
		r.log.info("Flow run SUCCESS: all reference tasks succeeded")
		return newState("Success", "All reference tasks succeeded.")
	default:
		r.log.info("Flow run SUCCESS: no reference tasks failed")
		return newState("Success", "No reference tasks failed.")
	}
}

// end sets a final state.
func (r *runner) end(ctx context.Context, s state) int {
	// Logs first, so that they are complete for anyone who waits for the final state.
	r.log.flush(ctx)
	if err := r.setState(ctx, s); err != nil {
		return r.broken(err)
	}
	return 0
}

// notLoaded behaves as the real command does when the flow's storage gives no
// flow.
func (r *runner) notLoaded(ctx context.Context) int {
	message := fmt.Sprintf("Failed to load and execute flow run: %s", r.behaviour.loadError)
	r.log.write("ERROR", "execute flow-run", "", message)
	_ = r.end(ctx, newState("Failed", message))
	return 1
}

func (r *runner) broken(err error) int {
	r.log.write("ERROR", flowLogger, "", err.Error())
	return 1
}
