package flowrun

import (
	"testing"
	"time"
)

// TestPaceStaysWithinBudget polls as the wait does, with a reason for a poll at
// every moment, and counts what is sent in any minute.
func TestPaceStaysWithinBudget(t *testing.T) {
	t.Parallel()
	for _, watching := range []bool{true, false} {
		stayWithinBudget(t, watching)
	}
}

func stayWithinBudget(t *testing.T, watching bool) {
	t.Helper()
	now := epoch
	p := newPace(now, watching)
	var sent []time.Time
	for now.Before(epoch.Add(10 * time.Minute)) {
		if ready := p.ready(now, 0); ready.After(now) {
			now = ready
			continue
		}
		p.take(now)
		sent = append(sent, now)
	}
	for i := range sent {
		n := 0
		for _, at := range sent[i:] {
			if at.Sub(sent[i]) < time.Minute {
				n++
			}
		}
		if n > 19 {
			t.Fatalf("%d requests in the minute from %s", n, sent[i].Sub(epoch))
		}
	}
	if len(sent) < 100 {
		t.Errorf("only %d requests in ten minutes", len(sent))
	}
}

func TestPaceAnswersAtOnceAfterQuiet(t *testing.T) {
	t.Parallel()
	p := newPace(epoch, false)
	for range 4 {
		p.take(epoch)
	}
	if got := p.ready(at(1), pollReserve); !got.Equal(at(4)) {
		t.Errorf("an empty bucket must wait until 4s, got %s", got.Sub(epoch))
	}
	if got := p.ready(at(30), pollReserve); !got.Equal(at(30)) {
		t.Errorf("after a pause a request must go at once, got %s", got.Sub(epoch))
	}
}

// TestPaceKeepsAReserve lets polls without a reason leave some of the budget.
func TestPaceKeepsAReserve(t *testing.T) {
	t.Parallel()
	p := newPace(epoch, true)
	for p.ready(epoch, pollReserve).Equal(epoch) {
		p.take(epoch)
	}
	for range pollReserve {
		if got := p.ready(epoch, 0); !got.Equal(epoch) {
			t.Fatalf("a request with a reason must go at once, got %s", got.Sub(epoch))
		}
		p.take(epoch)
	}
	if got := p.ready(epoch, 0); !got.Equal(at(5)) {
		t.Errorf("got %s", got.Sub(epoch))
	}
}
