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

// newPace allows at most 20 requests in any minute: 4 + 60/4 = 19.
func newPace(now time.Time) *pace {
	return &pace{burst: 4, interval: 4 * time.Second, tokens: 4, last: now}
}

// take spends a request, whether or not the budget has one left.
func (p *pace) take(now time.Time) {
	p.refill(now)
	p.tokens--
}

// ready is when the next request may be sent, which is now or later.
func (p *pace) ready(now time.Time) time.Time {
	p.refill(now)
	if p.tokens >= 1 {
		return now
	}
	return now.Add(time.Duration((1 - p.tokens) * float64(p.interval)))
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
