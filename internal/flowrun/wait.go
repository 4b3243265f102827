package flowrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// server is what a wait needs of the Server.
type server interface {
	GetFlowRun(ctx context.Context, id string) (*prefect.FlowRun, error)
	ListFlowRuns(ctx context.Context, filter prefect.FlowRunFilter) ([]prefect.FlowRun, error)
	ListAgents(ctx context.Context) ([]prefect.Agent, error)
	// ServerTime is the present moment by the Server's clock, in which agents' last queries are.
	ServerTime() time.Time
}

// watch is what a wait needs of the cluster.
type watch interface {
	// Changes has a value when something may have changed.
	Changes() <-chan struct{}
	// Snapshot returns all Jobs of the run that were ever seen, newest last.
	Snapshot() []kubernetes.JobInfo
	Close()
}

// waiter waits for a run.
type waiter struct {
	server server
	watch  watch // nil without a cluster
	id     string
	goal   goal
	// tolerate is how long a Server that cannot be reached is put up with.
	tolerate time.Duration
	// settle is how long to wait for the pods of a finished run to end.
	settle time.Duration

	judge  *judge
	pace   pace
	passed []string
	// forecast is nil until somebody has asked for it.
	forecast *forecast
	begin    time.Time
	started  time.Time     // by the local clock; zero if the run has not
	polled   time.Time     // the last time that the Server answered
	ahead    time.Duration // by how much the Server's clock is ahead of this machine's
	stirred  time.Time     // the last time that something happened in the cluster
	agents   *agentFinding
	run      *prefect.FlowRun
	broken   time.Time // since when the Server has not answered
	output   output
	// tell is told what happens, and newLogs reads the log lines since the last
	// time for it; nil to go without.
	tell    func(message string)
	newLogs func(ctx context.Context) ([]prefect.Log, error)
	told    string // the cause that was told last
	// containerLog reads from the cluster; nil without one.
	containerLog containerLog
}

// outcome is how a wait ended.
type outcome struct {
	ruling
	// Run is the run as last seen; it may be nil if it never was.
	Run  *prefect.FlowRun
	Jobs []kubernetes.JobInfo
	// Agents is what was found about agents, if anybody asked.
	Agents *agentFinding
	// Output is the end of the log of the container that failed, if one did.
	Output output
	// Interrupted says that Terraform wants to stop.
	Interrupted bool
	// Err is why the run could not be followed any further: its record is gone
	// (prefect.ErrNotFound), or the Server failed for too long.
	Err error
}

func newWaiter(s server, w watch, id string, g goal) *waiter {
	return &waiter{server: s, watch: w, id: id, goal: g, tolerate: 2 * time.Minute, settle: 10 * time.Second}
}

// wait returns when the goal is reached, cannot be reached, or a deadline has
// passed; at once when ctx ends.
func (w *waiter) wait(ctx context.Context) outcome {
	w.begin = time.Now()
	w.judge = newJudge(w.goal, w.begin)
	for {
		w.pace.take(time.Now())
		if err := w.poll(ctx); err != nil {
			return w.end(ctx, ruling{}, err)
		}
		w.tellLogs(ctx, false)
		if w.run != nil && w.broken.IsZero() {
			if err := w.askAgents(ctx); err != nil {
				return w.end(ctx, ruling{}, err)
			}
			if r := w.judge.rule(w.observe()); r.Verdict != carryOn {
				return w.finish(ctx, r)
			}
			w.look(ctx)
		}
		if !w.sleep(ctx) {
			return w.end(ctx, ruling{}, ctx.Err())
		}
	}
}

// end makes the outcome of what has been seen.
func (w *waiter) end(ctx context.Context, r ruling, err error) outcome {
	jobs := w.jobs()
	w.output.capture(ctx, w.containerLog, jobs)
	w.tellLogs(ctx, true)
	o := outcome{ruling: r, Run: w.run, Jobs: jobs, Agents: w.agents, Output: w.output, Err: err}
	if ctx.Err() != nil && r.Verdict == carryOn {
		o.Interrupted, o.Err = true, nil
	}
	return o
}

// poll asks for the run. Failures that may pass are tolerated for a while.
func (w *waiter) poll(ctx context.Context) error {
	run, err := w.server.GetFlowRun(ctx, w.id)
	switch {
	case err == nil:
		now := time.Now()
		w.ahead = aheadBy(w.server.ServerTime().Sub(now))
		switch {
		case !ran(run.State): // not yet, or not any more
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
	tflog.Warn(ctx, "The Server does not answer; waiting goes on", map[string]any{"flow_run_id": w.id, "error": err.Error()})
	return nil
}

// clockSlack is by how much the two clocks have to differ before it counts: the
// Server's is known to about a second, which is more than most differ by.
const clockSlack = 2 * time.Second

func aheadBy(difference time.Duration) time.Duration {
	if difference.Abs() <= clockSlack {
		return 0
	}
	return difference
}

// local is a moment of the Server's clock, in which it says when a run is due and
// started, by this machine's, in which deadlines are.
func (w *waiter) local(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.Add(-w.ahead))
}

func temporary(err error) bool {
	for _, kind := range []error{prefect.ErrUnreachable, prefect.ErrUnavailable, prefect.ErrInternal, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// progress logs a change of state.
func (w *waiter) progress(ctx context.Context, run *prefect.FlowRun) {
	if w.run != nil && w.run.State == run.State && w.run.TimesResurrected == run.TimesResurrected {
		return
	}
	w.passed = append(w.passed, run.State)
	if run.StartTime != nil && !slices.ContainsFunc(w.passed, ran) {
		w.passed = append([]string{states.Running}, w.passed...) // it ran between two polls
	}
	fields := map[string]any{"flow_run_id": run.ID, "flow_run": run.Name, "state": run.State, "message": run.StateMessage}
	if run.TimesResurrected > 0 {
		fields["times_resurrected"] = run.TimesResurrected
	}
	if j := newest(w.jobs()); j != nil {
		fields["job"] = j.Namespace + "/" + j.Name
	}
	tflog.Info(ctx, "Flow run "+run.Name+" is "+stateName(run.State), fields)
	w.say(stateText(run))
}

func (w *waiter) jobs() []kubernetes.JobInfo {
	if w.watch == nil {
		return nil
	}
	return w.watch.Snapshot()
}

func (w *waiter) observe() observation {
	return observation{
		At: time.Now(), State: w.run.State, Passed: w.passed, Due: *w.local(&w.run.ScheduledStartTime),
		Jobs: w.jobs(), Resurrected: w.run.TimesResurrected, Agents: w.agents,
	}
}

// askAgents asks about agents when it is time to.
func (w *waiter) askAgents(ctx context.Context) error {
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
		tflog.Warn(ctx, "Agents could not be listed", map[string]any{"error": err.Error()})
		return nil //nolint:nilerr // the wait does not depend on it
	}
	finding := findAgents(agents, w.run.Labels, w.server.ServerTime())
	finding.At = time.Now() // what the judge looks at is by this machine's clock
	if w.agents == nil || w.agents.Suitable != finding.Suitable {
		w.say(finding.Text)
	}
	w.agents = &finding
	tflog.Info(ctx, "The flow run waits for an agent. "+finding.Text, map[string]any{"flow_run_id": w.id})
	return nil
}

// look asks, once, how long earlier runs of the flow took.
func (w *waiter) look(ctx context.Context) {
	if w.forecast != nil || w.goal.WaitFor != waitFinished {
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
		tflog.Warn(ctx, "Earlier runs of the flow could not be listed", map[string]any{"flow_run_id": w.id, "error": err.Error()})
		return
	}
	*w.forecast = newForecast(runs)
}

// gap is how long to wait before the next poll without a reason.
func (w *waiter) gap(now time.Time) time.Duration {
	switch {
	case w.run == nil || w.forecast == nil:
		return unforeseen(now.Sub(later(w.begin, w.stirred)), steadyGap)
	case len(w.jobs()) > 0:
		// The cluster tells when there is something to ask about; the Server may hear
		// of it a little later.
		return unforeseen(now.Sub(later(w.begin, w.stirred)), watchedGap)
	}
	return w.forecast.gap(now, w.begin, *w.local(&w.run.ScheduledStartTime), w.started)
}

// watchedGap is between polls without a reason while the cluster tells of them.
const watchedGap = 6 * time.Second

// sleep returns at the time of the next poll, or false when ctx ended. What
// happens in the cluster is taken into account meanwhile; it causes a poll at
// once if the Server may have heard of it too.
func (w *waiter) sleep(ctx context.Context) bool {
	seen := milestones(w.jobs(), w.goal.WaitFor)
	regular := time.Now().Add(w.gap(time.Now()))
	var changes <-chan struct{}
	if w.watch != nil {
		changes = w.watch.Changes()
	}
	reserve := 0 // there is nobody to keep anything for
	if w.watch != nil {
		reserve = pollReserve
	}
	var due time.Time
	for {
		now := time.Now()
		if due.IsZero() || now.Before(due) {
			due = w.due(now)
		}
		wake := later(regular, w.pace.ready(now, reserve))
		if at := later(due, w.pace.ready(now, 0)); !due.IsZero() && at.Before(wake) {
			wake = at
		}
		jobs := w.jobs()
		w.output.capture(ctx, w.containerLog, jobs)
		w.tellCause(jobs)
		if milestones(jobs, w.goal.WaitFor) != seen {
			w.stirred = now // look more often again
			wake = w.pace.ready(now, 0)
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return true
		case <-changes:
			timer.Stop()
		}
	}
}

// due is when something has to be decided, or the zero time.
func (w *waiter) due(now time.Time) time.Time {
	if w.run == nil {
		return time.Time{}
	}
	o := w.observe()
	o.At = now
	w.judge.remember(o)
	return w.judge.next(o)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// finish lets the pods of a finished run end, and the Job of a failed one come to
// its own end, so that exit codes and conditions are known. It looks once more at
// a run that was cancelled meanwhile: its process may still call it failed.
func (w *waiter) finish(ctx context.Context, r ruling) outcome {
	if r.Verdict == late || w.watch == nil || !states.IsFinished(w.run.State) {
		return w.end(ctx, r, nil)
	}
	settled := quiet
	if r.Verdict == failed {
		settled = concluded
	}
	if w.until(ctx, settled) && states.IsA(w.run.State, states.Cancelled) {
		if err := w.poll(ctx); err == nil {
			r = w.judge.rule(w.observe())
		}
	}
	if r.Verdict == failed {
		r.Cause = findCause(newest(w.jobs()))
	}
	return w.end(ctx, r, nil)
}

// until waits until something is true of the newest Job, for a short time. It
// says whether it had to wait.
func (w *waiter) until(ctx context.Context, is func(*kubernetes.JobInfo) bool) bool {
	deadline := time.NewTimer(w.settle)
	defer deadline.Stop()
	for waited := false; ; waited = true {
		last := newest(w.jobs())
		if last == nil || is(last) {
			return waited
		}
		select {
		case <-ctx.Done():
			return waited
		case <-deadline.C:
			return true
		case <-w.watch.Changes():
		}
	}
}

func stateName(state string) string {
	if state == "" {
		return "without a state"
	}
	return state
}
