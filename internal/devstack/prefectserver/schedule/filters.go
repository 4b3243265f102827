package schedule

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// filter reports whether an event may stay; adjustment moves an event.
type (
	filter     func(time.Time) bool
	adjustment func(time.Time) time.Time
)

const (
	filterPrefix     = "prefect.schedules.filters."
	adjustmentPrefix = "prefect.schedules.adjustments."
)

// arguments reads the keyword arguments of a serialised function, and remembers the first
// that does not fit.
type arguments struct {
	values map[string]any
	err    error
}

// parseAll reads the list of functions under a key, which may be left out but not be null.
func parseAll[T any](document map[string]any, key string, parse func(name string, kwargs *arguments) (T, bool)) ([]T, error) {
	raw, given := document[key]
	if !given {
		return nil, nil
	}
	items, ok := raw.([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not a list", ErrInvalid, key)
	}
	var parsed []T
	for _, item := range items {
		document, _ := item.(map[string]any)
		name, _ := document["fn"].(string)
		values, _ := document["kwargs"].(map[string]any)
		kwargs := &arguments{values: values}
		function, known := parse(name, kwargs)
		if !known {
			return nil, fmt.Errorf("%w: function %q is not known", ErrInvalid, name)
		}
		if kwargs.err != nil {
			return nil, fmt.Errorf("%w: function %q: %w", ErrInvalid, name, kwargs.err)
		}
		parsed = append(parsed, function)
	}
	return parsed, nil
}

func (a *arguments) int(name string) int {
	number, _ := a.values[name].(json.Number)
	value, err := strconv.Atoi(number.String())
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("argument %s is not a whole number", name)
	}
	return value
}

// tagged reads a value that is serialised as text behind a tag.
func (a *arguments) tagged(name, tag string) string {
	value, _ := a.values[name].(string)
	rest, found := strings.CutPrefix(value, "//"+tag+":")
	if !found && a.err == nil {
		a.err = fmt.Errorf("argument %s is not a %s", name, tag)
	}
	return rest
}

func (a *arguments) datetime(name string) time.Time {
	value, err := parseNaive(a.tagged(name, "datetime"), time.UTC)
	if err != nil && a.err == nil {
		a.err = err
	}
	return value
}

// clockTime reads a time of day, as time since midnight.
func (a *arguments) clockTime(name string) time.Duration {
	text := a.tagged(name, "time")
	for _, layout := range []string{"15:04:05.999999", "15:04"} {
		if value, err := time.Parse(layout, text); err == nil {
			return timeOfDay(value)
		}
	}
	if a.err == nil {
		a.err = fmt.Errorf("argument %s is not a time of day", name)
	}
	return 0
}

func (a *arguments) duration(name string) time.Duration {
	seconds, err := strconv.ParseFloat(a.tagged(name, "timedelta"), 64)
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("argument %s is not a duration", name)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
}

func timeOfDay(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

func yearDay(month, day int) int { return 100*month + day }

func isWeekday(t time.Time) bool { return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday }

func parseFilter(name string, kwargs *arguments) (filter, bool) {
	switch strings.TrimPrefix(name, filterPrefix) {
	case "is_weekday":
		return isWeekday, true
	case "is_weekend":
		return func(t time.Time) bool { return !isWeekday(t) }, true
	case "is_month_end":
		return func(t time.Time) bool { return t.AddDate(0, 0, 1).Day() == 1 }, true
	case "is_month_start":
		return func(t time.Time) bool { return t.Day() == 1 }, true
	case "is_day_of_week":
		// Despite its documentation the function counts from Monday.
		day := kwargs.int("day_of_week")
		return func(t time.Time) bool { return (int(t.Weekday())+6)%7 == day }, true
	case "on_date":
		date := yearDay(kwargs.int("month"), kwargs.int("day"))
		return func(t time.Time) bool { return yearDay(int(t.Month()), t.Day()) == date }, true
	case "between_dates":
		return betweenDates(kwargs), true
	case "on_datetime":
		date := kwargs.datetime("dt")
		return date.Equal, true
	case "between_datetimes":
		start, end := kwargs.datetime("start"), kwargs.datetime("end")
		return func(t time.Time) bool { return !t.Before(start) && !t.After(end) }, true
	case "at_time":
		at := kwargs.clockTime("t")
		return func(t time.Time) bool { return timeOfDay(t) == at }, true
	case "between_times":
		start, end := kwargs.clockTime("start"), kwargs.clockTime("end")
		return func(t time.Time) bool { return between(int64(timeOfDay(t)), int64(start), int64(end), start <= end) }, true
	}
	return nil, false
}

func betweenDates(kwargs *arguments) filter {
	startMonth, endMonth := kwargs.int("start_month"), kwargs.int("end_month")
	start, end := yearDay(startMonth, kwargs.int("start_day")), yearDay(endMonth, kwargs.int("end_day"))
	return func(t time.Time) bool {
		return between(int64(yearDay(int(t.Month()), t.Day())), int64(start), int64(end), startMonth <= endMonth)
	}
}

// between includes both ends; a span that is not in order goes over the end.
func between(value, start, end int64, inOrder bool) bool {
	if inOrder {
		return value >= start && value <= end
	}
	return value >= start || value <= end
}

func parseAdjustment(name string, kwargs *arguments) (adjustment, bool) {
	switch strings.TrimPrefix(name, adjustmentPrefix) {
	case "add":
		interval := kwargs.duration("interval")
		return func(t time.Time) time.Time { return t.Add(interval) }, true
	case "next_weekday":
		return func(t time.Time) time.Time {
			for !isWeekday(t) {
				t = lastMoment(wall(t).AddDate(0, 0, 1), t.Location())
			}
			return t
		}, true
	}
	return nil, false
}
