package runwait

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// Server is the part of the Server's API that a wait needs.
type Server interface {
	GetFlowRun(ctx context.Context, id string) (*prefect.FlowRun, error)
	// GetFlowRuns leaves out those that do not exist.
	GetFlowRuns(ctx context.Context, ids []string) ([]prefect.FlowRun, error)
	ListFlowRuns(ctx context.Context, filter prefect.FlowRunFilter) ([]prefect.FlowRun, error)
	ListAgents(ctx context.Context) ([]prefect.Agent, error)
	// ServerTime is the current time by the Server's clock, which also stamps the agents' last queries.
	ServerTime() time.Time
}

// Watch is the part of the cluster's API that a wait needs.
type Watch interface {
	// Changes delivers a value when something may have changed.
	Changes() <-chan struct{}
	// Snapshot returns all Jobs of the run seen so far, newest last.
	Snapshot() []runjobs.Job
}

// Waiter waits for one run, once.
type Waiter struct {
	// Tell is called with each event, as a sentence, and every 15 seconds without one; may be nil. Calls never overlap.
	Tell func(message string)
	// NewLogs returns the lines of the run's log since the last call, for Tell; may be nil.
	NewLogs func(ctx context.Context) ([]prefect.Log, error)
	// Log is called with log messages; may be nil.
	Log Log
	// EarlierJobs are the UIDs of Jobs of earlier attempts, which say nothing about this one.
	EarlierJobs []string
	// Restarted is when the run was restarted, by the Server's clock; zero if it was not. It was due then.
	Restarted time.Time

	server Server
	watch  Watch // nil without a cluster
	id     string
	goal   Goal
	// tolerate is how long to retry while the Server cannot be reached.
	tolerate time.Duration
	// settle is how long to wait for the pods of a finished run to end.
	settle time.Duration

	judge  *judge
	pace   pace
	passed []string
	// forecast is nil until it is requested.
	forecast *forecast
	begin    time.Time
	started  time.Time     // by the local clock; zero if the run has not started
	polled   time.Time     // when the Server last answered
	ahead    time.Duration // how far the Server's clock is ahead of this machine's
	stirred  time.Time     // when the cluster last changed
	agents   *AgentFinding
	run      *prefect.FlowRun
	broken   time.Time // when the Server stopped answering
	output   ContainerOutput
	told     string // the cause reported last
	final    string // the final state, until it is reported
	reminder *Reminder
	ended    string    // the pod whose flow container has ended with exit code 0
	endedAt  time.Time // when that was first seen
	// containerLog reads from the cluster; nil without one.
	containerLog ContainerLog
	// again is set if the run had been executed before the wait began: the Server keeps the first start of a run.
	again    bool
	polls    *Polls
	follower *follower // while it waits
	known    *prefect.FlowRun
}

// Outcome is how a wait ended.
type Outcome struct {
	Ruling
	// Run is the run as last seen; nil if it was never seen.
	Run  *prefect.FlowRun
	Jobs []runjobs.Job
	// Agents is the finding about agents, if any.
	Agents *AgentFinding
	// Output is the end of the failed container's log, if one failed.
	Output ContainerOutput
	// Interrupted is set if the context ended first.
	Interrupted bool
	// Err is why the run could no longer be followed: its record is gone (prefect.ErrNotFound), or the Server
	// failed for too long.
	Err error
}

// New returns a Waiter for the run with this id.
// The waits of one process share polls; nil to share with no other.
func New(server Server, polls *Polls, id string, goal Goal) *Waiter {
	if polls == nil {
		polls = &Polls{}
	}
	return &Waiter{server: server, polls: polls, id: id, goal: goal, tolerate: 2 * time.Minute, settle: 10 * time.Second}
}

// Observe makes the wait follow the run's Jobs too. containerLog reads a container's log; nil if that is not
// possible. The caller closes the watch after the wait.
func (w *Waiter) Observe(watch Watch, containerLog ContainerLog) {
	w.watch, w.containerLog = watch, containerLog
}

// Started gives the wait what its caller has just read of the run, in place of the first poll, and the number of requests
// that it took to start the run. They count against the budget.
func (w *Waiter) Started(run *prefect.FlowRun, requests int) {
	w.known = run
	for range requests {
		w.pace.take(time.Now())
	}
}

// Wait returns when the goal is reached or cannot be reached, when a deadline has passed, or when ctx ends.
func (w *Waiter) Wait(ctx context.Context) Outcome {
	w.begin = time.Now()
	w.judge = newJudge(w.goal, w.begin)
	var stop func()
	w.reminder, stop = NewReminder(ctx, w.Tell)
	defer stop()
	w.follower = w.polls.join(w.id)
	defer w.polls.leave(w.follower)
	for {
		if err := w.poll(ctx); err != nil {
			return w.end(ctx, Ruling{}, err)
		}
		w.tellLogs(ctx, false)
		if w.run != nil && w.broken.IsZero() {
			if err := w.askAgents(ctx); err != nil {
				return w.end(ctx, Ruling{}, err)
			}
			if r := w.judge.rule(w.observe()); r.Verdict != CarryOn {
				return w.finish(ctx, r)
			}
			w.look(ctx)
		}
		if !w.sleep(ctx) {
			return w.end(ctx, Ruling{}, ctx.Err())
		}
	}
}

// end builds the outcome from what has been seen.
func (w *Waiter) end(ctx context.Context, r Ruling, err error) Outcome {
	jobs := w.jobs()
	w.captureOutput(ctx, jobs)
	w.tellLogs(ctx, true)
	w.tellFinal()
	if w.output.well && w.run != nil && states.IsFinished(w.run.State) {
		w.output = ContainerOutput{} // it has run the flow, and the log of the run says what happened
	}
	if r.Verdict == Late && !r.Cause.found() {
		r.Cause = w.idleCause(Newest(jobs))
	}
	o := Outcome{Ruling: r, Run: w.run, Jobs: jobs, Agents: w.agents, Output: w.output, Err: err}
	if ctx.Err() != nil && r.Verdict == CarryOn {
		o.Interrupted, o.Err = true, nil
	}
	return o
}

// poll reads the run. Temporary failures are tolerated for a while.
func (w *Waiter) poll(ctx context.Context) error {
	run, err := w.read(ctx)
	switch {
	case err == nil:
		now := time.Now()
		w.ahead = aheadBy(w.server.ServerTime().Sub(now))
		w.again = w.again || w.run == nil && run.StartTime != nil && !ran(run.State) && !states.IsFinished(run.State)
		switch {
		case !ran(run.State): // not yet, or no longer
			w.started = time.Time{}
		case w.started.IsZero():
			w.started = startedAt(w.local(run.StartTime), w.polled, now)
		}
		w.broken, w.polled = time.Time{}, now
		w.progress(ctx, run)
		w.run = run
		return nil
	case ctx.Err() != nil:
		return ctx.Err() //nolint:wrapcheck // only tells the caller to stop
	case !temporary(err):
		return err //nolint:wrapcheck // the client's errors say what was asked of whom
	}
	now := time.Now()
	if w.broken.IsZero() {
		w.broken = now
	}
	if now.Sub(w.broken) >= w.tolerate {
		return fmt.Errorf("the Server has not answered for %s: %w", now.Sub(w.broken).Round(time.Second), err)
	}
	w.log(ctx, slog.LevelWarn, "The Server does not answer; the wait continues", map[string]any{"flow_run_id": w.id, "error": err.Error()})
	return nil
}

// read returns the run: as its caller has just read it, as the poll of another wait has read it since something last
// happened, or else as the Server has it.
func (w *Waiter) read(ctx context.Context) (*prefect.FlowRun, error) {
	if run := w.known; run != nil {
		w.known = nil
		return run, nil
	}
	if run := w.polls.take(w.follower, w.stirred); run != nil {
		return run, nil
	}
	w.pace.take(time.Now())
	return w.polls.poll(ctx, w.server, w.follower)
}

// clockSlack is the smallest clock difference that counts: the Server's clock is known to about a second, and
// most clocks differ by less.
const clockSlack = 2 * time.Second

func aheadBy(difference time.Duration) time.Duration {
	if difference.Abs() <= clockSlack {
		return 0
	}
	return difference
}

// local converts a time of the Server's clock, such as a run's due time, to this machine's clock, which
// deadlines use.
func (w *Waiter) local(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.Add(-w.ahead))
}

// scheduledFor returns when the run is or was due, by the Server's clock.
func (w *Waiter) scheduledFor() *time.Time {
	if w.Restarted.IsZero() {
		return &w.run.ScheduledStartTime
	}
	return &w.Restarted
}

func temporary(err error) bool {
	for _, kind := range []error{prefect.ErrUnreachable, prefect.ErrUnavailable, prefect.ErrInternal, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// progress reports a change of state.
func (w *Waiter) progress(ctx context.Context, run *prefect.FlowRun) {
	if w.run != nil && w.run.State == run.State && w.run.TimesResurrected == run.TimesResurrected {
		return
	}
	w.passed = append(w.passed, run.State)
	if run.StartTime != nil && !w.again && !slices.ContainsFunc(w.passed, ran) {
		w.passed = append([]string{states.Running}, w.passed...) // it ran between two polls
	}
	fields := map[string]any{"flow_run_id": run.ID, "flow_run": run.Name, "state": run.State, "message": run.StateMessage}
	if run.TimesResurrected > 0 {
		fields["times_resurrected"] = run.TimesResurrected
	}
	if j := Newest(w.jobs()); j != nil {
		fields["job"] = j.Namespace + "/" + j.Name
	}
	w.log(ctx, slog.LevelInfo, "Flow run "+run.Name+" is "+StateName(run.State), fields)
	w.tellState(run)
}

func (w *Waiter) jobs() []runjobs.Job {
	if w.watch == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.watch.Snapshot()), func(j runjobs.Job) bool { return slices.Contains(w.EarlierJobs, j.UID) })
}

func (w *Waiter) observe() observation {
	return observation{
		At: time.Now(), State: w.run.State, Passed: w.passed, Due: *w.local(w.scheduledFor()),
		Jobs: w.jobs(), Resurrected: w.run.TimesResurrected, Agents: w.agents,
	}
}

// askAgents reads the agents when that is due.
func (w *Waiter) askAgents(ctx context.Context) error {
	o := w.observe()
	w.judge.remember(o)
	due := w.judge.agentsDue(o)
	if due.IsZero() || o.At.Before(due) {
		return nil
	}
	w.pace.take(o.At)
	agents, err := w.server.ListAgents(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() //nolint:wrapcheck // only tells the caller to stop
	case err != nil:
		w.log(ctx, slog.LevelWarn, "Agents could not be listed", map[string]any{"error": err.Error()})
		return nil //nolint:nilerr // the wait does not depend on it
	}
	finding := FindAgents(agents, w.run.Labels, w.server.ServerTime())
	finding.At = time.Now() // the judge uses this machine's clock
	if w.agents == nil || w.agents.Suitable != finding.Suitable {
		w.say(finding.Text)
	}
	w.agents = &finding
	w.log(ctx, slog.LevelInfo, "The flow run waits for an agent. "+finding.Text, map[string]any{"flow_run_id": w.id})
	return nil
}

// look reads, once, how long earlier runs of the flow took.
func (w *Waiter) look(ctx context.Context) {
	if w.forecast != nil || w.goal.WaitFor != WaitFinished || w.watch != nil && (len(w.jobs()) > 0 || !ran(w.run.State)) {
		return
	}
	w.forecast = &forecast{}
	if w.run.Flow.VersionGroupID == "" {
		return
	}
	w.pace.take(time.Now())
	runs, err := w.server.ListFlowRuns(ctx, prefect.FlowRunFilter{
		VersionGroupID: w.run.Flow.VersionGroupID, States: []string{states.Success, states.Failed}, Limit: forecastRuns,
	})
	if err != nil {
		w.log(ctx, slog.LevelWarn, "Earlier runs of the flow could not be listed", map[string]any{"flow_run_id": w.id, "error": err.Error()})
		return
	}
	*w.forecast = newForecast(runs)
}

// finish waits for the pods of a finished run to end, and for the Job of a failed one to conclude, so that
// exit codes and conditions are known. It polls a cancelled run once more: its process may still report a
// failure.
func (w *Waiter) finish(ctx context.Context, r Ruling) Outcome {
	if r.Verdict == Late || w.watch == nil || !states.IsFinished(w.run.State) {
		return w.end(ctx, r, nil)
	}
	settled := Quiet
	if r.Verdict == Failed {
		settled = concluded
	}
	if w.until(ctx, settled) && states.IsA(w.run.State, states.Cancelled) {
		if err := w.poll(ctx); err == nil {
			r = w.judge.rule(w.observe())
		}
	}
	if r.Verdict == Failed {
		r.Cause = findCause(Newest(w.jobs()))
	}
	return w.end(ctx, r, nil)
}

// until waits for a short time until a condition holds for the newest Job. It reports whether it had to wait.
func (w *Waiter) until(ctx context.Context, is func(*runjobs.Job) bool) bool {
	deadline := time.NewTimer(w.settle)
	defer deadline.Stop()
	for waited := false; ; waited = true {
		last := Newest(w.jobs())
		if last == nil || is(last) {
			return waited
		}
		w.reminder.At(fmt.Sprintf("flow run %q has ended, but its pod has not", w.run.Name))
		select {
		case <-ctx.Done():
			return waited
		case <-deadline.C:
			return true
		case <-w.watch.Changes():
		}
	}
}
