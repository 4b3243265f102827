package schedule

import (
	"iter"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
)

// Event is one time at which a clock fires.
type Event struct {
	Time time.Time
	// Parameters are the clock's parameter defaults.
	Parameters map[string]any
	// Labels replace the labels of the run; nil when the clock has none of its own.
	Labels []any
}

// clock emits the times after the given one, in order.
type clock interface {
	times(after time.Time) iter.Seq[time.Time]
}

// cronClock fires on wall-clock times in the zone of its start.
type cronClock struct {
	expression *cron.Expression
	start      *time.Time
	end        *time.Time
}

// cronLimit is how many times one cron clock emits at most.
const cronLimit = 1000

func (c *cronClock) times(after time.Time) iter.Seq[time.Time] {
	zone := time.UTC
	if c.start != nil {
		zone = c.start.Location()
		// The start itself is a time the clock may fire at.
		if first := c.start.Add(-time.Second); first.After(after) {
			after = first
		}
	}
	return func(yield func(time.Time) bool) {
		last := after
		reading := wall(after.In(zone))
		// Prefect rounds up to whole seconds before it asks for what comes later.
		if whole := reading.Truncate(time.Second); !whole.Equal(reading) {
			reading = whole.Add(time.Second)
		}
		for range cronLimit {
			var found bool
			moment := last
			// Readings that daylight saving repeats or skips may give no new moment.
			for !moment.After(last) {
				if reading, found = c.expression.Next(reading); !found {
					return
				}
				moment = firstMoment(reading, zone)
			}
			if c.end != nil && moment.After(*c.end) {
				return
			}
			last = moment
			if !yield(moment) {
				return
			}
		}
	}
}

// intervalClock fires every interval since its start.
type intervalClock struct {
	interval time.Duration
	start    time.Time
	end      *time.Time
}

// defaultStart is where interval clocks without a start begin.
var defaultStart = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *intervalClock) times(after time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		elapsed := time.Duration(0)
		if since := after.Sub(c.start); since >= 0 {
			elapsed = since - since%c.interval + c.interval
		}
		for ; ; elapsed += c.interval {
			moment := c.at(elapsed)
			if moment.Before(after) {
				continue
			}
			if c.end != nil && moment.After(*c.end) || !yield(moment) {
				return
			}
		}
	}
}

// at adds time to the start: less than a day is elapsed time, a day or more is read off
// the wall clock, so that a daily clock keeps its hour across daylight saving.
func (c *intervalClock) at(elapsed time.Duration) time.Time {
	const day = 24 * time.Hour
	if elapsed < day {
		return c.start.Add(elapsed)
	}
	reading := wall(c.start).AddDate(0, 0, int(elapsed/day)).Add(elapsed % day)
	return lastMoment(reading, c.start.Location())
}

// datesClock fires on given dates.
type datesClock struct{ dates []time.Time }

func (c *datesClock) times(after time.Time) iter.Seq[time.Time] {
	dates := slices.SortedFunc(slices.Values(c.dates), time.Time.Compare)
	return func(yield func(time.Time) bool) {
		for _, date := range dates {
			if date.After(after) && !yield(date) {
				return
			}
		}
	}
}
