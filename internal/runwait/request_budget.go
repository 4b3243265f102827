package runwait

import (
	"slices"
	"time"
)

// budget is the maximum number of requests in any minute of waiting. Up to three more follow the end of a
// wait (states, log, and the line that records the run), so there are always fewer than twenty per minute.
const budget = 16

// atOnce is how much of the budget may be used in a burst. The rest is spread over the minute, so that no
// urgent poll has to wait long.
const atOnce = 9

// pace keeps requests within the budget. The caller supplies the time.
type pace struct {
	sent []time.Time // oldest first; at most as many as the budget
}

// pollReserve is how many requests of the budget a routine poll leaves for urgent ones.
const pollReserve = 3

// take counts a request, even beyond the budget.
func (p *pace) take(now time.Time) {
	p.sent = append(p.sent, now)
	p.sent = p.sent[max(0, len(p.sent)-budget):]
}

// ready returns the earliest time a request can be sent while keeping reserve requests in the budget; at
// least now.
func (p *pace) ready(now time.Time, reserve int) time.Time {
	i := slices.IndexFunc(p.sent, func(t time.Time) bool { return t.Add(time.Minute).After(now) })
	if i < 0 {
		return now
	}
	recent := p.sent[i:]
	left := budget - reserve - len(recent)
	switch {
	case left <= 0:
		return recent[-left].Add(time.Minute)
	case left > budget-atOnce:
		return now
	}
	last := recent[len(recent)-1]
	free := recent[0].Add(time.Minute).Sub(last) // until the oldest no longer counts
	return later(now, last.Add(free/time.Duration(left+1)))
}
