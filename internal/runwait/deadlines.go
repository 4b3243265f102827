package runwait

import (
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// Limits are the deadlines of a wait; zero means none.
type Limits struct {
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
	LimitAgent    = "agent"
	LimitPickUp   = "pick_up"
	LimitPodStart = "pod_start"
	LimitLostJob  = "lost_job"
	LimitTotal    = "total"
)

// Goal is what a wait wants.
type Goal struct {
	WaitFor string
	Success []string
	Limits  Limits
}

// observation is what was seen of a run at a moment.
type observation struct {
	At    time.Time
	State string
	// Passed are the names of the states so far.
	Passed []string
	// Due is when the run was scheduled to start, by the clock that At is of.
	Due  time.Time
	Jobs []runjobs.Job
	// Resurrected is how often Lazarus has started the run again.
	Resurrected int
	// Agents is the newest answer about agents, or nil if nobody has asked.
	Agents *AgentFinding
}

// AgentFinding is whether some agent would take the run.
type AgentFinding struct {
	At time.Time
	// Suitable says that an agent that is alive has matching labels.
	Suitable bool
	// Text says which agents there are and what is wrong with them.
	Text string
}

// Verdict is how a wait stands.
type Verdict int

const (
	// CarryOn means that nothing is decided yet.
	CarryOn Verdict = iota
	// Succeeded means that the goal is reached, in a state that counts as success.
	Succeeded
	// Failed means that the run has finished in a state that does not count as success.
	Failed
	// Late means that a deadline has passed.
	Late
)

// Ruling is what follows from an observation.
type Ruling struct {
	Verdict Verdict
	// Limit and After name the deadline that passed.
	Limit string
	After time.Duration
	Cause Cause
}

// judge decides when a wait is over. It remembers since when things have been as
// they are, because deadlines start at changes.
type judge struct {
	Goal
	begin time.Time

	queuedSince    time.Time
	submittedSince time.Time
	stuckSince     time.Time
	stuckJob       string
	resurrected    int
}

func newJudge(g Goal, begin time.Time) *judge { return &judge{Goal: g, begin: begin} }

// rule takes an observation, not earlier than those before, into account.
func (j *judge) rule(o observation) Ruling {
	j.remember(o)
	if Reached(j.WaitFor, o.State, o.Passed) {
		if states.IsFinished(o.State) && !Accepted(o.State, j.Success) {
			return Ruling{Verdict: Failed, Cause: findCause(Newest(o.Jobs))}
		}
		return Ruling{Verdict: Succeeded}
	}
	for _, d := range j.deadlines(o) {
		if !o.At.Before(d.at) {
			return Ruling{Verdict: Late, Limit: d.limit, After: d.after, Cause: findCause(Newest(o.Jobs))}
		}
	}
	return Ruling{Verdict: CarryOn}
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
		add(LimitAgent, j.queuedSince, j.Limits.Agent)
	}
	add(LimitPickUp, j.queuedSince, j.Limits.PickUp)
	add(LimitLostJob, j.stuckSince, j.Limits.LostJob)
	add(LimitPodStart, j.submittedSince, j.Limits.PodStart)
	start := j.begin
	if o.Due.After(start) {
		start = o.Due
	}
	add(LimitTotal, start, j.Limits.Total)
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
	since(&j.queuedSince, Queued(o.State))
	if !j.queuedSince.IsZero() && o.Due.After(j.queuedSince) {
		j.queuedSince = o.Due
	}
	if o.Resurrected > j.resurrected { // perhaps so fast that nobody saw it Scheduled
		j.resurrected, j.submittedSince, j.stuckSince = o.Resurrected, time.Time{}, time.Time{}
	}
	last := Newest(o.Jobs)
	waitsForPod := !Queued(o.State) && !ran(o.State) && !states.IsFinished(o.State) && (last == nil || !started(last))
	since(&j.submittedSince, waitsForPod)

	stuck := last != nil && !Queued(o.State) && !states.IsFinished(o.State) && (Over(last) && Quiet(last) || findCause(last).Hopeless)
	if stuck && last.UID != j.stuckJob {
		j.stuckSince, j.stuckJob = time.Time{}, last.UID
	}
	since(&j.stuckSince, stuck)
}
