package runwait

import (
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// Accepted reports whether a finished state counts as success. A listed state includes its special cases.
func Accepted(state string, success []string) bool {
	return slices.ContainsFunc(states.Lineage(state), func(kind string) bool {
		return slices.ContainsFunc(success, func(name string) bool { return strings.EqualFold(name, kind) })
	})
}

// Values of wait_for, in order.
const (
	WaitNone      = "none"
	WaitSubmitted = "submitted"
	WaitRunning   = "running"
	WaitFinished  = "finished"
)

// Reached reports whether a run in state, having passed through passed, has reached waitFor. Every finished
// state reaches any goal; see Accepted for success.
func Reached(waitFor, state string, passed []string) bool {
	switch {
	case waitFor == WaitNone, states.IsFinished(state):
		return true
	case waitFor == WaitSubmitted:
		return begun(state) || slices.ContainsFunc(passed, begun)
	case waitFor == WaitRunning:
		return ran(state) || slices.ContainsFunc(passed, ran)
	default:
		return false
	}
}

// begun reports whether an agent has taken the run.
func begun(state string) bool {
	return ran(state) || states.IsA(state, states.Submitted)
}

// ran reports whether the flow's process has reported to the Server.
func ran(state string) bool {
	switch state {
	case states.Running, states.Cancelling, states.Retrying, states.Paused, states.Resume:
		return true
	default:
		return states.IsFinished(state) && state != states.Cancelled
	}
}

// Queued reports whether the run waits for an agent (or has no state yet).
func Queued(state string) bool {
	return state == "" || state == states.Scheduled
}

// StateName returns the name of a state, or a description for a run without one.
func StateName(state string) string {
	if state == "" {
		return "without a state"
	}
	return state
}
