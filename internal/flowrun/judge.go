package flowrun

import (
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
)

// limits are the deadlines of a wait; zero means none.
type limits struct {
	// Agent is for an agent to exist that would take the run.
	Agent time.Duration
	// PickUp is for an agent to take it, from the time it is due.
	PickUp time.Duration
	// PodStart is for the flow's container to start, from the submission.
	PodStart time.Duration
	// LostJob is for a run to get on whose Job is over, or cannot start.
	LostJob time.Duration
	// Total is for everything, from the time the run is due.
	Total time.Duration
}

// Names of the limits, as in HCL.
const (
	limitAgent    = "agent"
	limitPickUp   = "pick_up"
	limitPodStart = "pod_start"
	limitLostJob  = "lost_job"
	limitTotal    = "total"
)

// goal is what a wait wants.
type goal struct {
	WaitFor string
	Success []string
	Limits  limits
}

// observation is what was seen of a run at a moment.
type observation struct {
	At    time.Time
	State string
	// Passed are the names of the states so far.
	Passed []string
	// Due is when the run was scheduled to start, by the clock that At is of.
	Due  time.Time
	Jobs []kubernetes.JobInfo
	// Resurrected is how often Lazarus has started the run again.
	Resurrected int
	// Agents is the newest answer about agents, or nil if nobody has asked.
	Agents *agentFinding
}

// agentFinding is whether some agent would take the run.
type agentFinding struct {
	At time.Time
	// Suitable says that an agent that is alive has matching labels.
	Suitable bool
	// Text says which agents there are and what is wrong with them.
	Text string
}

type verdict int

const (
	carryOn verdict = iota
	// succeeded: the goal is reached, and the state is welcome.
	succeeded
	// failed: the run has finished in a state that is not welcome.
	failed
	// late: a deadline has passed.
	late
)

// ruling is what follows from an observation.
type ruling struct {
	Verdict verdict
	// Limit and After name the deadline that passed.
	Limit string
	After time.Duration
	Cause cause
}

// judge decides when a wait is over. It remembers since when things have been as
// they are, because deadlines start at changes.
type judge struct {
	goal
	begin time.Time

	queuedSince    time.Time
	submittedSince time.Time
	stuckSince     time.Time
	stuckJob       string
	resurrected    int
}

func newJudge(g goal, begin time.Time) *judge { return &judge{goal: g, begin: begin} }

// rule takes an observation, not earlier than those before, into account.
func (j *judge) rule(o observation) ruling {
	j.remember(o)
	if reached(j.WaitFor, o.State, o.Passed) {
		if states.IsFinished(o.State) && !accepted(o.State, j.Success) {
			return ruling{Verdict: failed, Cause: findCause(newest(o.Jobs))}
		}
		return ruling{Verdict: succeeded}
	}
	for _, d := range j.deadlines(o) {
		if !o.At.Before(d.at) {
			return ruling{Verdict: late, Limit: d.limit, After: d.after, Cause: findCause(newest(o.Jobs))}
		}
	}
	return ruling{Verdict: carryOn}
}

// next is the earliest deadline, or the zero time. A deadline that has passed
// does not count: it needs something else to be true as well.
func (j *judge) next(o observation) time.Time {
	var earliest time.Time
	candidates := []time.Time{}
	if at := j.agentsDue(o); !at.IsZero() {
		candidates = append(candidates, at)
	}
	for _, d := range j.deadlines(o) {
		candidates = append(candidates, d.at)
	}
	for _, at := range candidates {
		if at.After(o.At) && (earliest.IsZero() || at.Before(earliest)) {
			earliest = at
		}
	}
	return earliest
}

// agentsRecheck is how long an answer about agents holds.
const agentsRecheck = 30 * time.Second

// agentsDue says when the Server should be asked about its agents: once the run
// has waited for as long as it should take an agent to come by, and then now
// and again. The zero time means not at all.
func (j *judge) agentsDue(o observation) time.Time {
	if j.queuedSince.IsZero() || j.Limits.Agent <= 0 {
		return time.Time{}
	}
	due := j.queuedSince.Add(j.Limits.Agent)
	if o.Agents != nil && !o.Agents.At.Before(due) {
		return o.Agents.At.Add(agentsRecheck)
	}
	return due
}

type deadline struct {
	limit string
	after time.Duration
	at    time.Time
}

func (j *judge) deadlines(o observation) []deadline {
	var all []deadline
	add := func(limit string, since time.Time, after time.Duration) {
		if after > 0 && !since.IsZero() {
			all = append(all, deadline{limit: limit, after: after, at: since.Add(after)})
		}
	}
	if o.Agents != nil && !o.Agents.Suitable && !o.Agents.At.Before(j.queuedSince.Add(j.Limits.Agent)) {
		add(limitAgent, j.queuedSince, j.Limits.Agent)
	}
	add(limitPickUp, j.queuedSince, j.Limits.PickUp)
	add(limitLostJob, j.stuckSince, j.Limits.LostJob)
	add(limitPodStart, j.submittedSince, j.Limits.PodStart)
	start := j.begin
	if o.Due.After(start) {
		start = o.Due
	}
	add(limitTotal, start, j.Limits.Total)
	return all
}

func (j *judge) remember(o observation) {
	since := func(t *time.Time, is bool) {
		switch {
		case !is:
			*t = time.Time{}
		case t.IsZero():
			*t = o.At
		}
	}
	since(&j.queuedSince, queued(o.State))
	if !j.queuedSince.IsZero() && o.Due.After(j.queuedSince) {
		j.queuedSince = o.Due
	}
	if o.Resurrected > j.resurrected { // perhaps so fast that nobody saw it Scheduled
		j.resurrected, j.submittedSince, j.stuckSince = o.Resurrected, time.Time{}, time.Time{}
	}
	last := newest(o.Jobs)
	waitsForPod := !queued(o.State) && !ran(o.State) && !states.IsFinished(o.State) && (last == nil || !started(last))
	since(&j.submittedSince, waitsForPod)

	stuck := last != nil && !queued(o.State) && !states.IsFinished(o.State) && (over(last) && quiet(last) || findCause(last).Hopeless)
	if stuck && last.UID != j.stuckJob {
		j.stuckSince, j.stuckJob = time.Time{}, last.UID
	}
	since(&j.stuckSince, stuck)
}
