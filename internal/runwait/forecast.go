package runwait

import (
	"cmp"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// forecast is what earlier runs of a flow say about how long the next one takes.
// Prefect Server tells nobody that a run has ended, so that without a cluster to
// watch, the only way to notice it soon is to ask when it is likely.
type forecast struct {
	// sinceDue and sinceStart are from the time a run was due, or started, to its
	// end.
	sinceDue, sinceStart []time.Duration
}

// forecastRuns is how many earlier runs are looked at.
const forecastRuns = 10

// newForecast takes the runs that have ended into account.
func newForecast(runs []prefect.FlowRun) forecast {
	var f forecast
	for _, run := range runs {
		if run.StartTime == nil || run.EndTime == nil || !states.IsFinished(run.State) {
			continue
		}
		if d := run.EndTime.Sub(*run.StartTime); d >= 0 {
			f.sinceStart = append(f.sinceStart, d)
		}
		if d := run.EndTime.Sub(run.ScheduledStartTime); d >= 0 {
			f.sinceDue = append(f.sinceDue, d)
		}
	}
	return f
}

// span is a stretch of time.
type span struct{ from, to time.Time }

const (
	// Polls come at least this far apart when the end is near; a run that ends in
	// between is noticed after half of it on average.
	nearGap = 600 * time.Millisecond
	// farGap is for the time before, in which the budget for the end is saved.
	farGap = 7 * time.Second
	// steadyGap is what the budget allows all the time.
	steadyGap = 3800 * time.Millisecond
	// queueGap is for a run that has not started and of which nothing is known.
	queueGap = 5 * time.Second
	// nearPolls is how many polls the time of the likely end is given.
	nearPolls = 10
)

// likely are the times at which a run may end that is due, or has started unless
// started is zero, in order and without those that have passed.
func (f forecast) likely(now, due, started time.Time) []span {
	from, lengths := due, f.sinceDue
	if !started.IsZero() {
		from, lengths = started, f.sinceStart
	}
	spans := make([]span, 0, len(lengths))
	for _, d := range lengths {
		slack := 500*time.Millisecond + d/50
		if s := (span{from.Add(d - slack), from.Add(d + slack)}); s.to.After(now) {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from.UnixNano(), b.from.UnixNano()) })
	merged := spans[:0]
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 && !s.from.After(merged[last].to) {
			merged[last].to = later(merged[last].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// gap is how long to wait before the next poll without a reason, for a run that
// is due, or has started unless started is zero. begin is when the waiting began.
func (f forecast) gap(now, begin, due, started time.Time) time.Duration {
	spans := f.likely(now, due, started)
	var total time.Duration
	for _, s := range spans {
		total += s.to.Sub(later(s.from, now))
	}
	near := max(nearGap, total/nearPolls)
	switch {
	case (len(spans) == 0 || near > steadyGap) && started.IsZero():
		return max(time.Second, unforeseen(now.Sub(begin), queueGap))
	case len(spans) == 0 || near > steadyGap:
		return unforeseen(now.Sub(later(started, begin)), steadyGap)
	case spans[0].from.After(now):
		return max(near, min(spans[0].from.Sub(now), farGap))
	}
	return near
}

// unforeseen is the gap when nothing is known: in proportion to what has passed,
// because what has just begun is often short, and what has lasted goes on.
func unforeseen(passed, most time.Duration) time.Duration {
	return min(max(passed/3, 500*time.Millisecond), most)
}

// startedAt is when a run started by the local clock, or the zero time if it has
// not: as the Server says, but not before the moment at which it was last seen not
// to have started, nor after that at which it was first seen to have.
func startedAt(start *time.Time, before, seen time.Time) time.Time {
	if start == nil {
		return time.Time{}
	}
	at := later(*start, before)
	if at.After(seen) {
		return seen
	}
	return at
}
