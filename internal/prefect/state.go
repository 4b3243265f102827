package prefect

import "slices"

// finishedStates are the names of the final states.
func finishedStates() []string {
	return append(successfulStates(), "Failed", "TimedOut", "TriggerFailed", "ValidationFailed", "Cancelled", "Looped", "Finished")
}

// successfulStates are the names of the final states that mean success.
func successfulStates() []string {
	return []string{"Success", "Cached", "Mapped", "Skipped"}
}

// Finished says whether a state of this name is final. Unknown names count as not finished.
func Finished(state string) bool { return slices.Contains(finishedStates(), state) }

// Successful says whether a state of this name is a success.
func Successful(state string) bool { return slices.Contains(successfulStates(), state) }
