package flowrun

import "strings"

// parents gives the parent of each state of Prefect 1 that is a special case of
// another. States that are not listed, known or not, have none.
func parent(state string) string {
	switch state {
	case "Cached", "Mapped", "Skipped":
		return stateSuccess
	case "TimedOut", "TriggerFailed", "ValidationFailed":
		return stateFailed
	case "Retrying", "Resume", "Paused":
		return stateScheduled
	case "Queued":
		return stateScheduled
	case "Looped", stateSuccess, stateFailed, stateCancelled:
		return "Finished"
	default:
		return ""
	}
}

const (
	stateScheduled = "Scheduled"
	stateSubmitted = "Submitted"
	stateRunning   = "Running"
	stateSuccess   = "Success"
	stateFailed    = "Failed"
	stateCancelled = "Cancelled"
)

// isA says whether state is of a kind: the same, or a special case of it.
func isA(state, kind string) bool {
	for ; state != ""; state = parent(state) {
		if strings.EqualFold(state, kind) {
			return true
		}
	}
	return false
}

// finished says whether no state follows by itself. A state that Prefect 1 did
// not have counts as not finished.
func finished(state string) bool { return isA(state, "Finished") }

// accepted says whether a finished state is among those that count as success.
// A state that is listed stands for its special cases too.
func accepted(state string, success []string) bool {
	for _, s := range success {
		if isA(state, s) {
			return true
		}
	}
	return false
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
	case waitFor == waitNone, finished(state):
		return true
	case waitFor == waitSubmitted:
		return begun(state) || anyOf(passed, begun)
	case waitFor == waitRunning:
		return ran(state) || anyOf(passed, ran)
	default:
		return false
	}
}

// begun says whether an agent has taken the run.
func begun(state string) bool {
	return ran(state) || isA(state, stateSubmitted)
}

// ran says whether the flow's process has reported to the Server.
func ran(state string) bool {
	switch state {
	case stateRunning, "Cancelling", "Retrying", "Paused", "Resume":
		return true
	default:
		return finished(state) && state != stateCancelled
	}
}

// queued says whether the run waits for an agent (or has no state yet).
func queued(state string) bool {
	return state == "" || state == stateScheduled
}

func anyOf(states []string, is func(string) bool) bool {
	for _, s := range states {
		if is(s) {
			return true
		}
	}
	return false
}
