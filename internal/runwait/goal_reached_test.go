package runwait

import "testing"

func TestAccepted(t *testing.T) {
	t.Parallel()
	if !Accepted("TimedOut", []string{"Success", "Failed"}) {
		t.Error("a listed state must stand for its special cases")
	}
	if Accepted("Failed", []string{"TimedOut"}) {
		t.Error("a special case must not stand for its parent")
	}
	if !Accepted("Cached", []string{"success"}) {
		t.Error("names are compared without regard to case")
	}
	if Accepted("Hibernating", []string{"Success"}) || !Accepted("Hibernating", []string{"Hibernating"}) {
		t.Error("an unknown state is only itself")
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
		if got := Reached(tt.waitFor, tt.state, tt.passed); got != tt.want {
			t.Errorf("Reached(%s, %s, %v) = %t", tt.waitFor, tt.state, tt.passed, got)
		}
	}
}
