package runwait

import (
	"slices"
	"time"
)

// budget is the largest number of requests in any minute of waiting. Three more
// follow the end of a wait (states, log, and the line that records the run), so
// that there are never twenty in a minute.
const budget = 16

// atOnce is how much of the budget may be sent at once. What is left is spread
// over the rest of the minute, so that no reason to ask has to wait for long.
const atOnce = 9

// pace keeps requests within the budget. The clock is outside.
type pace struct {
	sent []time.Time // oldest first; at most as many as the budget
}

// pollReserve is how many requests of the budget a poll without a reason leaves
// to those with one.
const pollReserve = 3

// take spends a request, whether or not the budget has one left.
func (p *pace) take(now time.Time) {
	p.sent = append(p.sent, now)
	p.sent = p.sent[max(0, len(p.sent)-budget):]
}

// ready is when the next request may be sent that leaves so many others: now or
// later.
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
	free := recent[0].Add(time.Minute).Sub(last) // until the first of them no longer counts
	return later(now, last.Add(free/time.Duration(left+1)))
}
