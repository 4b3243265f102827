package flowrun

import "time"

// pace keeps requests within a budget: a burst at the beginning, and then one
// each interval on average. It is a token bucket with the clock outside.
type pace struct {
	burst    int
	interval time.Duration

	tokens float64
	last   time.Time
}

// newPace allows at most 19 requests in any minute. With a watch on the cluster
// the Server is polled less often, so that what the watch sees can be looked
// into at once: 7 + 60/5 = 19. Without one it is 4 + 60/4 = 19.
func newPace(now time.Time, watching bool) *pace {
	if watching {
		return &pace{burst: 7, interval: 5 * time.Second, tokens: 7, last: now}
	}
	return &pace{burst: 4, interval: 4 * time.Second, tokens: 4, last: now}
}

// pollReserve is how many requests of the budget a poll without a reason leaves
// to those with one.
const pollReserve = 3

// take spends a request, whether or not the budget has one left.
func (p *pace) take(now time.Time) {
	p.refill(now)
	p.tokens--
}

// ready is when the next request may be sent that leaves so many others to be
// sent at once, which is now or later. Nothing is left where the budget is small.
func (p *pace) ready(now time.Time, reserve int) time.Time {
	p.refill(now)
	need := 1.0
	if p.burst > 2*reserve {
		need += float64(reserve)
	}
	if p.tokens >= need {
		return now
	}
	return now.Add(time.Duration((need - p.tokens) * float64(p.interval)))
}

func (p *pace) refill(now time.Time) {
	if elapsed := now.Sub(p.last); elapsed > 0 {
		p.tokens = min(float64(p.burst), p.tokens+float64(elapsed)/float64(p.interval))
		p.last = now
	}
}

// pollAfter is how long to wait before the next poll without a reason: short at
// first, because many runs are short, and longer when the watch would tell.
func pollAfter(polls int, watching bool) time.Duration {
	switch {
	case polls <= 1:
		return 500 * time.Millisecond
	case polls == 2:
		return time.Second
	case watching:
		return 6 * time.Second
	default:
		return 4 * time.Second
	}
}
