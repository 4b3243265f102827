package runwait

import (
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// Limits are the deadlines of a wait; zero means none.
type Limits struct {
	// Agent limits the wait for a live agent that would take the run.
	Agent time.Duration
	// PickUp limits the wait for an agent to take it, from the time it is due.
	PickUp time.Duration
	// PodStart limits the wait for the flow's container to start, from the submission.
	PodStart time.Duration
	// LostJob limits the wait for progress after the Job has ended or cannot start.
	LostJob time.Duration
	// Total limits the whole wait, from the time the run is due.
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

// Goal is what a wait waits for.
type Goal struct {
	WaitFor string
	Success []string
	Limits  Limits
}

// observation is what was seen of a run at one time.
type observation struct {
	At    time.Time
	State string
	// Passed are the names of the states so far.
	Passed []string
	// Due is when the run was scheduled to start, by the same clock as At.
	Due  time.Time
	Jobs []runjobs.Job
	// Resurrected is how often Lazarus has restarted the run.
	Resurrected int
	// Agents is the latest finding about agents, or nil if nobody has asked.
	Agents *AgentFinding
}

// AgentFinding reports if some agent would take the run.
type AgentFinding struct {
	At time.Time
	// Suitable is set if a live agent has matching labels.
	Suitable bool
	// Text describes the agents and why they do not match.
	Text string
}

// Verdict is the result of a wait so far.
type Verdict int

const (
	// CarryOn means that the wait goes on.
	CarryOn Verdict = iota
	// Succeeded means that the goal was reached, in a state that counts as success.
	Succeeded
	// Failed means that the run has finished in a state that does not count as success.
	Failed
	// Late means that a deadline has passed.
	Late
)

// Ruling is the conclusion from an observation.
type Ruling struct {
	Verdict Verdict
	// Limit and After name the deadline that passed.
	Limit string
	After time.Duration
	Cause Cause
}

// judge decides when a wait is over. It records the time of the last change, because deadlines start at
// changes.
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

// rule judges the next observation. Observations must be in order of time.
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

// next returns the earliest deadline, or the zero time. A deadline that has passed does not count: another
// condition must hold as well.
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

// agentsRecheck is how long a finding about agents is valid.
const agentsRecheck = 30 * time.Second

// agentsDue returns when to ask the Server about its agents: once the run has waited as long as an agent
// should need, and then at intervals. The zero time means never.
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
	if o.Resurrected > j.resurrected { // possibly too fast to be seen as Scheduled
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
