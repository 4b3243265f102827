package runwait

import (
	"context"
	"time"
)

// gap is how long to wait before the next poll without a reason.
func (w *Waiter) gap(now time.Time) time.Duration {
	switch {
	case w.run == nil || w.forecast == nil:
		return unforeseen(now.Sub(later(w.begin, w.stirred)), steadyGap)
	case len(w.jobs()) > 0:
		// The cluster tells when there is something to ask about; the Server may hear
		// of it a little later.
		return unforeseen(now.Sub(later(w.begin, w.stirred)), watchedGap)
	}
	return w.forecast.gap(now, w.begin, *w.local(&w.run.ScheduledStartTime), w.started)
}

// watchedGap is between polls without a reason while the cluster tells of them.
const watchedGap = 6 * time.Second

// sleep returns at the time of the next poll, or false when ctx ended. What
// happens in the cluster is taken into account meanwhile; it causes a poll at
// once if the Server may have heard of it too.
func (w *Waiter) sleep(ctx context.Context) bool {
	seen := milestones(w.jobs(), w.goal.WaitFor)
	regular := time.Now().Add(w.gap(time.Now()))
	var changes <-chan struct{}
	if w.watch != nil {
		changes = w.watch.Changes()
	}
	reserve := 0 // there is nobody to keep anything for
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
		if milestones(jobs, w.goal.WaitFor) != seen {
			w.stirred = now // look more often again
			wake = w.pace.ready(now, 0)
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return true
		case <-changes:
			timer.Stop()
		}
	}
}

// due is when something has to be decided, or the zero time.
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
