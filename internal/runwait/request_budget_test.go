package runwait

import (
	"slices"
	"testing"
	"time"
)

// mostInAMinute is the largest number of requests in any minute.
func mostInAMinute(sent []time.Time) int {
	most := 0
	for i, from := range sent {
		n := 0
		for _, at := range sent[i:] {
			if at.Sub(from) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestPaceStaysWithinBudget asks whenever it may, for ten minutes.
func TestPaceStaysWithinBudget(t *testing.T) {
	t.Parallel()
	var p pace
	var sent []time.Time
	for now := epoch; now.Before(epoch.Add(10 * time.Minute)); {
		if ready := p.ready(now, 0); ready.After(now) {
			now = ready
			continue
		}
		p.take(now)
		sent = append(sent, now)
	}
	if n := mostInAMinute(sent); n > budget {
		t.Errorf("%d requests within a minute", n)
	}
	if len(sent) < 10*(budget-1) {
		t.Errorf("only %d requests in ten minutes", len(sent))
	}
	gaps := make([]time.Duration, 0, len(sent))
	for i := range sent[1:] {
		gaps = append(gaps, sent[i+1].Sub(sent[i]))
	}
	if longest := slices.Max(gaps); longest > 8*time.Second {
		t.Errorf("a request had to wait for %s", longest)
	}
}

func TestPaceAnswersAtOnceAfterQuiet(t *testing.T) {
	t.Parallel()
	var p pace
	n := 0
	for ; p.ready(epoch, 0).Equal(epoch); n++ {
		p.take(epoch)
	}
	if n != atOnce {
		t.Errorf("%d requests could be sent at once", n)
	}
	if got := p.ready(at(30), 0); !got.Equal(at(30)) {
		t.Errorf("after a pause a request must go at once, got %s", got.Sub(epoch))
	}
}

// TestPaceKeepsAReserve lets polls without a reason leave some of the budget.
func TestPaceKeepsAReserve(t *testing.T) {
	t.Parallel()
	var p pace
	now := epoch
	for range budget - pollReserve {
		now = p.ready(now, pollReserve)
		p.take(now)
	}
	if got := p.ready(now, pollReserve); got.Before(at(60)) {
		t.Errorf("the reserve is gone after %s", got.Sub(epoch))
	}
	for range pollReserve {
		ready := p.ready(now, 0)
		if !ready.Before(at(60)) {
			t.Fatalf("a request with a reason must wait until %s", ready.Sub(epoch))
		}
		p.take(ready)
		now = ready
	}
	if got := p.ready(now, 0); got.Before(at(60)) {
		t.Errorf("got %s", got.Sub(epoch))
	}
}
