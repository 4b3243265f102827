package flowrun

import "testing"

func TestFinishedAndAccepted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state             string
		finished, success bool
	}{
		{"", false, false},
		{"Scheduled", false, false},
		{"Submitted", false, false},
		{"Queued", false, false},
		{"Pending", false, false},
		{"Running", false, false},
		{"Cancelling", false, false},
		{"Retrying", false, false},
		{"Resume", false, false},
		{"Paused", false, false},
		{"Success", true, true},
		{"Cached", true, true},
		{"Mapped", true, true},
		{"Skipped", true, true},
		{"Failed", true, false},
		{"TimedOut", true, false},
		{"TriggerFailed", true, false},
		{"ValidationFailed", true, false},
		{"Cancelled", true, false},
		{"Looped", true, false},
		{"Finished", true, false},
		{"Hibernating", false, false},
	} {
		t.Run(tt.state, func(t *testing.T) {
			t.Parallel()
			if got := finished(tt.state); got != tt.finished {
				t.Errorf("finished: got %t", got)
			}
			if got := accepted(tt.state, []string{"Success"}); got != tt.success {
				t.Errorf("accepted: got %t", got)
			}
		})
	}
	if !accepted("TimedOut", []string{"Success", "Failed"}) {
		t.Error("a listed state must stand for its special cases")
	}
	if accepted("Failed", []string{"TimedOut"}) {
		t.Error("a special case must not stand for its parent")
	}
}

func TestReached(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		waitFor, state string
		passed         []string
		want           bool
	}{
		{"none", "", nil, true},
		{"none", "Scheduled", nil, true},
		{"submitted", "Scheduled", nil, false},
		{"submitted", "Submitted", nil, true},
		{"submitted", "Running", nil, true},
		{"submitted", "Cancelled", nil, true},
		{"submitted", "Scheduled", []string{"Scheduled", "Submitted", "Scheduled"}, true},
		{"running", "Submitted", nil, false},
		{"running", "Running", nil, true},
		{"running", "Scheduled", []string{"Submitted", "Running", "Scheduled"}, true},
		{"running", "Failed", nil, true},
		{"running", "Hibernating", nil, false},
		{"finished", "Running", nil, false},
		{"finished", "Scheduled", []string{"Running", "Success"}, false},
		{"finished", "Success", nil, true},
		{"finished", "Skipped", nil, true},
		{"finished", "Hibernating", nil, false},
	} {
		if got := reached(tt.waitFor, tt.state, tt.passed); got != tt.want {
			t.Errorf("reached(%s, %s, %v) = %t", tt.waitFor, tt.state, tt.passed, got)
		}
	}
}
