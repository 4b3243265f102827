// Package schedule computes the times of Prefect schedules from their serialised form:
// cron, interval and dates clocks, filters and adjustments, across daylight saving.
package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
)

// ErrInvalid is a schedule or clock that the Server cannot read.
var ErrInvalid = errors.New("invalid schedule")

// ErrNeverFires is a cron expression without a date, such as the 31st of February.
var ErrNeverFires = errors.New("failed to find next date")

// Schedule is a parsed schedule.
type Schedule struct {
	clocks                     []timetable
	filters, orFilters, except []filter
	adjustments                []adjustment
}

// timetable is a clock with what its events carry.
type timetable struct {
	clock      clock
	parameters map[string]any
	labels     []any
}

// Parse reads a serialised schedule.
func Parse(raw any) (*Schedule, error) {
	document, ok := raw.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrInvalid)
	}
	clocks, ok := document["clocks"].([]any)
	if !ok {
		return nil, fmt.Errorf("%w: no clocks", ErrInvalid)
	}
	s := &Schedule{}
	for _, item := range clocks {
		parsed, err := parseClock(item)
		if err != nil {
			return nil, err
		}
		s.clocks = append(s.clocks, parsed)
	}
	var err error
	if s.filters, err = parseAll(document, "filters", parseFilter); err != nil {
		return nil, err
	}
	if s.orFilters, err = parseAll(document, "or_filters", parseFilter); err != nil {
		return nil, err
	}
	if s.except, err = parseAll(document, "not_filters", parseFilter); err != nil {
		return nil, err
	}
	s.adjustments, err = parseAll(document, "adjustments", parseAdjustment)
	return s, err
}

// ValidateClock reports whether the Server takes a serialised clock.
func ValidateClock(raw any) error {
	_, err := parseClock(raw)
	return err
}

// examined is how many clock events Next looks at before it gives up.
const examined = 10_000

// Next returns up to n events after a time. Equal events of several clocks count once;
// filters see the times of the clocks, adjustments move what passes. One clock that never
// fires spoils the whole schedule: ErrNeverFires.
func (s *Schedule) Next(n int, after time.Time) ([]Event, error) {
	for _, table := range s.clocks {
		if c, ok := table.clock.(*cronClock); ok {
			if _, fires := c.expression.Next(wall(after)); !fires {
				return nil, ErrNeverFires
			}
		}
	}
	var events []Event
	count := 0
	for event := range s.events(after) {
		count++
		if s.passes(event.Time) {
			for _, adjust := range s.adjustments {
				event.Time = adjust(event.Time)
			}
			events = append(events, event)
		}
		if len(events) >= n || count >= examined {
			break
		}
	}
	return events, nil
}

// events merges the clocks in order of time, and drops repetitions.
func (s *Schedule) events(after time.Time) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		heads := make([]*Event, len(s.clocks))
		pulls := make([]func() *Event, len(s.clocks))
		for i, table := range s.clocks {
			next, stop := iter.Pull(table.clock.times(after))
			defer stop()
			pulls[i] = func() *Event {
				moment, ok := next()
				if !ok {
					return nil
				}
				return &Event{Time: moment, Parameters: table.parameters, Labels: table.labels}
			}
			heads[i] = pulls[i]()
		}
		var previous *Event
		for {
			first := -1
			for i, head := range heads {
				if head != nil && (first < 0 || head.Time.Before(heads[first].Time)) {
					first = i
				}
			}
			if first < 0 {
				return
			}
			event := heads[first]
			heads[first] = pulls[first]()
			if previous != nil && same(*previous, *event) {
				continue
			}
			previous = event
			if !yield(*event) {
				return
			}
		}
	}
}

func same(x, y Event) bool {
	return x.Time.Equal(y.Time) && reflect.DeepEqual(x.Labels, y.Labels) &&
		(len(x.Parameters) == 0 && len(y.Parameters) == 0 || reflect.DeepEqual(x.Parameters, y.Parameters))
}

func (s *Schedule) passes(t time.Time) bool {
	for _, fits := range s.filters {
		if !fits(t) {
			return false
		}
	}
	for _, fits := range s.except {
		if fits(t) {
			return false
		}
	}
	for _, fits := range s.orFilters {
		if fits(t) {
			return true
		}
	}
	return len(s.orFilters) == 0
}

// shortest is the shortest interval a clock may have.
const shortest = time.Minute

func parseClock(raw any) (timetable, error) {
	document, ok := raw.(map[string]any)
	if !ok {
		return timetable{}, fmt.Errorf("%w: a clock is not an object", ErrInvalid)
	}
	table := timetable{}
	if value := document["parameter_defaults"]; value != nil {
		if table.parameters, ok = value.(map[string]any); !ok {
			return timetable{}, fmt.Errorf("%w: parameter defaults are not an object", ErrInvalid)
		}
		for name, value := range table.parameters {
			if value == nil {
				return timetable{}, fmt.Errorf("%w: the default of parameter %q is null", ErrInvalid, name)
			}
		}
	}
	if value := document["labels"]; value != nil {
		if table.labels, ok = value.([]any); !ok {
			return timetable{}, fmt.Errorf("%w: labels are not a list", ErrInvalid)
		}
	}
	start, err := parseDate(document["start_date"])
	if err != nil {
		return timetable{}, err
	}
	end, err := parseDate(document["end_date"])
	if err != nil {
		return timetable{}, err
	}
	switch document["type"] {
	case "CronClock":
		table.clock, err = parseCronClock(document, start, end)
	case "IntervalClock":
		table.clock, err = parseIntervalClock(document, start, end)
	case "DatesClock":
		table.clock, err = parseDatesClock(document)
	case "RRuleClock":
		table.clock, err = parseRecurrenceClock(document, start, end)
	default:
		err = fmt.Errorf("%w: clock type %v", ErrInvalid, document["type"])
	}
	return table, err
}

func parseCronClock(document map[string]any, start, end *time.Time) (clock, error) {
	text, ok := document["cron"].(string)
	if !ok {
		return nil, fmt.Errorf("%w: no cron expression", ErrInvalid)
	}
	expression, err := cron.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if dayOr, given := document["day_or"].(bool); given && !dayOr {
		expression.RequireBothDays()
	}
	return &cronClock{expression: expression, start: start, end: end}, nil
}

func parseIntervalClock(document map[string]any, start, end *time.Time) (clock, error) {
	interval, ok := microseconds(document["interval"])
	if !ok {
		return nil, fmt.Errorf("%w: no interval", ErrInvalid)
	}
	if interval < shortest {
		return nil, fmt.Errorf("%w: interval %s is shorter than a minute", ErrInvalid, interval)
	}
	if start == nil {
		start = &defaultStart
	}
	return &intervalClock{interval: interval, start: *start, end: end}, nil
}

func parseDatesClock(document map[string]any) (clock, error) {
	items, ok := document["dates"].([]any)
	if !ok || len(items) == 0 {
		return nil, fmt.Errorf("%w: no dates", ErrInvalid)
	}
	parsed := &datesClock{}
	for _, item := range items {
		date, err := parseDate(item)
		if err != nil {
			return nil, err
		}
		if date == nil {
			return nil, fmt.Errorf("%w: a date is null", ErrInvalid)
		}
		parsed.dates = append(parsed.dates, *date)
	}
	return parsed, nil
}

func microseconds(value any) (time.Duration, bool) {
	var count int64
	switch typed := value.(type) {
	case int64:
		count = typed
	case json.Number:
		exact, err := typed.Int64()
		if err != nil {
			float, err := typed.Float64()
			if err != nil {
				return 0, false
			}
			exact = int64(float)
		}
		count = exact
	case string:
		exact, err := strconv.ParseInt(strings.TrimSpace(typed), 10, 64)
		if err != nil {
			return 0, false
		}
		count = exact
	default:
		return 0, false
	}
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return time.Duration(min(count, most)) * time.Microsecond, true
}

// parseDate reads {"dt": naive timestamp, "tz": zone}; nil stays nil.
func parseDate(value any) (*time.Time, error) {
	if value == nil {
		return nil, nil
	}
	document, _ := value.(map[string]any)
	text, _ := document["dt"].(string)
	name, _ := document["tz"].(string)
	zone, err := LoadZone(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	date, err := parseNaive(text, zone)
	if err != nil {
		return nil, err
	}
	return &date, nil
}

func parseNaive(text string, zone *time.Location) (time.Time, error) {
	if moment, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return moment.In(zone), nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if reading, err := time.Parse(layout, text); err == nil {
			return lastMoment(reading, zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: date %q", ErrInvalid, text)
}
