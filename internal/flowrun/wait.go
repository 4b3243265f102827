package flowrun

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// server is what a wait needs of the Server.
type server interface {
	GetFlowRun(ctx context.Context, id string) (*prefect.FlowRun, error)
	ListAgents(ctx context.Context) ([]prefect.Agent, error)
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
	pace   *pace
	polls  int
	passed []string
	agents *agentFinding
	run    *prefect.FlowRun
	broken time.Time // since when the Server has not answered
}

// outcome is how a wait ended.
type outcome struct {
	ruling
	// Run is the run as last seen; it may be nil if it never was.
	Run  *prefect.FlowRun
	Jobs []kubernetes.JobInfo
	// Agents is what was found about agents, if anybody asked.
	Agents *agentFinding
	// Interrupted says that Terraform wants to stop.
	Interrupted bool
	// Err is why the run could not be followed any further: its record is gone
	// (prefect.ErrNotFound), or the Server failed for too long.
	Err error
}

func newWaiter(s server, w watch, id string, g goal) *waiter {
	return &waiter{server: s, watch: w, id: id, goal: g, tolerate: 2 * time.Minute, settle: 5 * time.Second}
}

// wait returns when the goal is reached, cannot be reached, or a deadline has
// passed; at once when ctx ends.
func (w *waiter) wait(ctx context.Context) outcome {
	now := time.Now()
	w.judge, w.pace = newJudge(w.goal, now), newPace(now)
	for {
		w.pace.take(time.Now())
		if err := w.poll(ctx); err != nil {
			return w.end(ctx, ruling{}, err)
		}
		if w.run != nil && w.broken.IsZero() {
			if err := w.askAgents(ctx); err != nil {
				return w.end(ctx, ruling{}, err)
			}
			if r := w.judge.rule(w.observe()); r.Verdict != carryOn {
				return w.finish(ctx, r)
			}
		}
		if !w.sleep(ctx) {
			return w.end(ctx, ruling{}, ctx.Err())
		}
	}
}

// end makes the outcome of what has been seen.
func (w *waiter) end(ctx context.Context, r ruling, err error) outcome {
	o := outcome{ruling: r, Run: w.run, Jobs: w.jobs(), Agents: w.agents, Err: err}
	if ctx.Err() != nil && r.Verdict == carryOn {
		o.Interrupted, o.Err = true, nil
	}
	return o
}

// poll asks for the run. Failures that may pass are tolerated for a while.
func (w *waiter) poll(ctx context.Context) error {
	w.polls++
	run, err := w.server.GetFlowRun(ctx, w.id)
	switch {
	case err == nil:
		w.broken = time.Time{}
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
	if run.StartTime != nil && !anyOf(w.passed, ran) {
		w.passed = append([]string{stateRunning}, w.passed...) // it ran between two polls
	}
	fields := map[string]any{"flow_run_id": run.ID, "flow_run": run.Name, "state": run.State, "message": run.StateMessage}
	if run.TimesResurrected > 0 {
		fields["times_resurrected"] = run.TimesResurrected
	}
	if j := newest(w.jobs()); j != nil {
		fields["job"] = j.Namespace + "/" + j.Name
	}
	tflog.Info(ctx, "Flow run "+run.Name+" is "+stateName(run.State), fields)
}

func (w *waiter) jobs() []kubernetes.JobInfo {
	if w.watch == nil {
		return nil
	}
	return w.watch.Snapshot()
}

func (w *waiter) observe() observation {
	return observation{
		At: time.Now(), State: w.run.State, Passed: w.passed, Due: w.run.ScheduledStartTime,
		Jobs: w.jobs(), Watching: w.watch != nil, Agents: w.agents,
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
	finding := findAgents(agents, w.run.Labels, time.Now())
	w.agents = &finding
	tflog.Info(ctx, "The flow run waits for an agent. "+finding.Text, map[string]any{"flow_run_id": w.id})
	return nil
}

// sleep returns at the time of the next poll, or false when ctx ended.
func (w *waiter) sleep(ctx context.Context) bool {
	seen := signature(w.jobs())
	wake := time.Now().Add(pollAfter(w.polls, w.watch != nil))
	if w.run != nil {
		if next := w.judge.next(w.observe()); !next.IsZero() && next.Before(wake) {
			wake = next
		}
	}
	var changes <-chan struct{}
	if w.watch != nil {
		changes = w.watch.Changes()
	}
	for {
		if ready := w.pace.ready(time.Now()); wake.Before(ready) {
			wake = ready
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
			if signature(w.jobs()) != seen {
				wake = time.Now()
			}
		}
	}
}

// finish lets the pods of a finished run end, so that their exit codes are
// known, and looks once more at a run that was cancelled meanwhile: its process
// may still call it failed.
func (w *waiter) finish(ctx context.Context, r ruling) outcome {
	if r.Verdict == late || w.watch == nil || !finished(w.run.State) || !w.quieten(ctx) {
		return w.end(ctx, r, nil)
	}
	if isA(w.run.State, stateCancelled) {
		if err := w.poll(ctx); err == nil {
			r = w.judge.rule(w.observe())
		}
	}
	if r.Verdict == failed {
		r.Cause = findCause(newest(w.jobs()))
	}
	return w.end(ctx, r, nil)
}

// quieten waits until the newest Job's pods have ended. It says whether it had
// to wait.
func (w *waiter) quieten(ctx context.Context) bool {
	deadline := time.NewTimer(w.settle)
	defer deadline.Stop()
	for waited := false; ; waited = true {
		last := newest(w.jobs())
		if last == nil || quiet(last) {
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

// agentAlive is how long after its last query an agent counts as alive. Agents
// ask every ten seconds at least.
const agentAlive = time.Minute

// findAgents judges whether any agent would take a run with these labels, and
// says which agents there are.
func findAgents(agents []prefect.Agent, labels []string, now time.Time) agentFinding {
	f := agentFinding{At: now}
	var alive, dead, other []string
	for _, a := range agents {
		living := a.LastQueried != nil && now.Sub(*a.LastQueried) < agentAlive
		switch {
		case takes(a.Labels, labels) && living:
			alive = append(alive, describeAgent(a, now))
		case takes(a.Labels, labels):
			dead = append(dead, describeAgent(a, now))
		default:
			other = append(other, describeAgent(a, now))
		}
	}
	wanted := "labels " + quoteAll(labels)
	if len(labels) == 0 {
		wanted = "no labels, which only agents without labels take"
	}
	switch {
	case len(alive) > 0:
		f.Suitable = true
		f.Text = fmt.Sprintf("The run has %s. Agents that would take it: %s.", wanted, strings.Join(alive, "; "))
	case len(agents) == 0:
		f.Text = fmt.Sprintf("No agent has ever registered in this tenant. The run has %s.", wanted)
	case len(dead) > 0:
		f.Text = fmt.Sprintf("The run has %s. Agents with matching labels exist, but do not ask for work any more: %s.", wanted, strings.Join(dead, "; "))
	default:
		f.Text = fmt.Sprintf("The run has %s. No agent has matching labels; there are: %s.", wanted, strings.Join(other, "; "))
	}
	return f
}

// takes says whether an agent with the first labels takes a run with the second:
// all the run's labels must be the agent's, and a run without labels needs an
// agent without.
func takes(agent, run []string) bool {
	if len(run) == 0 {
		return len(agent) == 0
	}
	has := make(map[string]bool, len(agent))
	for _, label := range agent {
		has[label] = true
	}
	for _, label := range run {
		if !has[label] {
			return false
		}
	}
	return true
}

func describeAgent(a prefect.Agent, now time.Time) string {
	name := a.Name
	if name == "" {
		name = a.ID
	}
	labels := "no labels"
	if len(a.Labels) > 0 {
		labels = "labels " + quoteAll(a.Labels)
	}
	last := "never asked for work"
	if a.LastQueried != nil {
		last = "last asked for work " + ago(now.Sub(*a.LastQueried))
	}
	return fmt.Sprintf("%q (%s, %s)", name, labels, last)
}

func ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return d.Round(time.Second).String() + " ago"
}

func quoteAll(list []string) string {
	quoted := make([]string, 0, len(list))
	for _, s := range list {
		quoted = append(quoted, fmt.Sprintf("%q", s))
	}
	return strings.Join(quoted, ", ")
}

func stateName(state string) string {
	if state == "" {
		return "without a state"
	}
	return state
}
