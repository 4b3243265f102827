package runwait

import (
	"cmp"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// forecast predicts from earlier runs of a flow how long the next one takes. Prefect Server does not announce
// the end of a run, so without a cluster to watch, the only way to notice it early is to ask when it is
// likely.
type forecast struct {
	// sinceDue and sinceStart are the durations from the due time, or the start, of earlier runs to their
	// end.
	sinceDue, sinceStart []time.Duration
}

// forecastRuns is how many earlier runs to use.
const forecastRuns = 10

// newForecast makes a forecast from the runs that have ended.
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

// span is a period of time.
type span struct{ from, to time.Time }

const (
	// nearGap is the minimum interval between polls when the end is near; a run that ends in between is
	// noticed half an interval later on average.
	nearGap = 600 * time.Millisecond
	// farGap is the interval before that, which saves budget for the end.
	farGap = 7 * time.Second
	// steadyGap is the interval that the budget allows permanently.
	steadyGap = 3800 * time.Millisecond
	// queueGap is the interval for a run that has not started and without a forecast.
	queueGap = 5 * time.Second
	// nearPolls is the number of polls around the likely end.
	nearPolls = 10
)

// likely returns the periods in which a run may end that is due, or has started unless started is zero, in
// order and without those that have passed.
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

// gap returns how long to wait before the next routine poll, for a run that is due, or has started unless
// started is zero. begin is when the wait began.
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

// unforeseen is the interval without a forecast: proportional to the time passed, because a new run is often
// short, and one that has lasted is likely to last longer.
func unforeseen(passed, most time.Duration) time.Duration {
	return min(max(passed/3, 500*time.Millisecond), most)
}

// startedAt returns when a run started by the local clock, or the zero time if it has not. It uses the
// Server's time, limited to the interval between the last observation before the start and the first one
// after it.
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
