package states_test

import (
	"slices"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

func TestHierarchy(t *testing.T) {
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
		{"ClientFailed", false, false},
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
		if got := states.IsFinished(tt.state); got != tt.finished {
			t.Errorf("IsFinished(%s) = %t", tt.state, got)
		}
		if got := states.IsA(tt.state, states.Success); got != tt.success {
			t.Errorf("IsA(%s, Success) = %t", tt.state, got)
		}
		if got, want := slices.Contains(states.Unfinished(), tt.state), !tt.finished && tt.state != "" && tt.state != "Hibernating"; got != want {
			t.Errorf("Unfinished() has %s: %t", tt.state, got)
		}
	}
	if states.IsA(states.Failed, "TimedOut") {
		t.Error("a parent is not a special case of its child")
	}
	if got := states.Lineage("Paused"); !slices.Equal(got, []string{"Paused", "Scheduled", "Pending", "State"}) {
		t.Errorf("lineage: %v", got)
	}
	if got, all := len(states.Of(states.Finished))+len(states.Unfinished()), len(states.All())-2; got != all {
		t.Errorf("%d of %d states are finished or unfinished", got, all)
	}
}
