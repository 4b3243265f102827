package runwait

import (
	"context"
	"time"
)

// gap returns how long to wait before the next routine poll.
func (w *Waiter) gap(now time.Time) time.Duration {
	switch {
	case w.run == nil || w.forecast == nil:
		return unforeseen(now.Sub(later(w.begin, w.stirred)), steadyGap)
	case len(w.jobs()) > 0:
		// The cluster reports when polling is worthwhile; the Server may notice the change a little later.
		return unforeseen(now.Sub(later(w.begin, w.stirred)), watchedGap)
	}
	return w.forecast.gap(now, w.begin, *w.local(w.scheduledFor()), w.started)
}

// watchedGap is the interval of routine polls while the cluster is watched.
const watchedGap = 6 * time.Second

// sleep returns at the time of the next poll, or false if ctx ended. Meanwhile it follows the cluster; a
// change that the Server may have noticed too triggers a poll at once.
func (w *Waiter) sleep(ctx context.Context) bool {
	seen := milestones(w.jobs(), w.goal.WaitFor)
	regular := time.Now().Add(w.gap(time.Now()))
	var changes <-chan struct{}
	if w.watch != nil {
		changes = w.watch.Changes()
	}
	reserve := 0 // no watch needs a reserve
	if w.watch != nil {
		reserve = pollReserve
	}
	var due time.Time
	for {
		now := time.Now()
		if due.IsZero() || now.Before(due) {
			due = w.due(now)
		}
		wake := later(regular, w.pace.ready(now, reserve))
		if at := later(due, w.pace.ready(now, 0)); !due.IsZero() && at.Before(wake) {
			wake = at
		}
		jobs := w.jobs()
		w.captureOutput(ctx, jobs)
		w.tellCause(jobs)
		w.reminder.At(w.status(now))
		if milestones(jobs, w.goal.WaitFor) != seen {
			w.stirred = now // poll more often again
			wake = w.pace.ready(now, 0)
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return true
		case <-w.follower.news:
			timer.Stop()
			if w.polls.has(w.follower, w.stirred) {
				return true
			}
		case <-changes:
			timer.Stop()
		}
	}
}

// due returns when something has to be decided, or the zero time.
func (w *Waiter) due(now time.Time) time.Time {
	if w.run == nil {
		return time.Time{}
	}
	o := w.observe()
	o.At = now
	w.judge.remember(o)
	return w.judge.next(o)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
