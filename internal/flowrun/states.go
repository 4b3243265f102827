package flowrun

import (
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// accepted says whether a finished state is among those that count as success.
// A state that is listed stands for its special cases too.
func accepted(state string, success []string) bool {
	return slices.ContainsFunc(states.Lineage(state), func(kind string) bool {
		return slices.ContainsFunc(success, func(name string) bool { return strings.EqualFold(name, kind) })
	})
}

// Values of wait_for, in order.
const (
	waitNone      = "none"
	waitSubmitted = "submitted"
	waitRunning   = "running"
	waitFinished  = "finished"
)

// reached says whether a run that is in a state, and has passed others, has come
// as far as waitFor wants. A finished state is the furthest there is, whatever
// it is; whether it is welcome is another question (see accepted).
func reached(waitFor, state string, passed []string) bool {
	switch {
	case waitFor == waitNone, states.IsFinished(state):
		return true
	case waitFor == waitSubmitted:
		return begun(state) || slices.ContainsFunc(passed, begun)
	case waitFor == waitRunning:
		return ran(state) || slices.ContainsFunc(passed, ran)
	default:
		return false
	}
}

// begun says whether an agent has taken the run.
func begun(state string) bool {
	return ran(state) || states.IsA(state, states.Submitted)
}

// ran says whether the flow's process has reported to the Server.
func ran(state string) bool {
	switch state {
	case states.Running, states.Cancelling, states.Retrying, states.Paused, states.Resume:
		return true
	default:
		return states.IsFinished(state) && state != states.Cancelled
	}
}

// queued says whether the run waits for an agent (or has no state yet).
func queued(state string) bool {
	return state == "" || state == states.Scheduled
}
