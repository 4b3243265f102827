package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrCron is a cron expression that the Server refuses.
var ErrCron = errors.New("invalid cron expression")

// field describes one position of a cron expression.
type field struct {
	name     string
	min, max int
	names    []string // names[0] stands for min
}

var (
	minuteField  = field{name: "minute", max: 59}
	hourField    = field{name: "hour", max: 23}
	dayField     = field{name: "day of month", min: 1, max: 31}
	monthField   = field{name: "month", min: 1, max: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")}
	weekdayField = field{name: "day of week", max: 6, names: strings.Fields("sun mon tue wed thu fri sat")}
	secondField  = field{name: "second", max: 59}
)

// cronExpression is a parsed expression in the dialect of the library that the Server
// uses: five fields, an optional sixth for seconds, Sunday as 0 or 7, ranges that wrap,
// "l" for the last day of a month, and "5#2" or "L5" for the second or last Friday.
type cronExpression struct {
	seconds, minutes, hours, days, months, weekdays []bool

	lastDay     bool
	nth         map[int][]int // weekday -> which ones of the month; -1 is the last
	anyDay      bool          // day of month is *
	anyWeekday  bool          // day of week is *
	bothMustFit bool          // day of month AND day of week, where cron has OR
}

var aliases = map[string]string{
	"@hourly": "0 * * * *", "@midnight": "0 0 * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

func parseCron(text string, dayOr bool) (*cronExpression, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	if alias, found := aliases[lower]; found {
		lower = alias
	}
	fields := strings.Fields(lower)
	if len(fields) != 5 && len(fields) != 6 {
		return nil, fmt.Errorf("%w: %q has %d fields", ErrCron, text, len(fields))
	}
	if len(fields) == 5 {
		fields = append(fields, "0")
	}
	c := &cronExpression{nth: map[int][]int{}, bothMustFit: !dayOr}
	var err error
	parse := func(f field, index int) []bool {
		if err != nil {
			return nil
		}
		var set []bool
		set, err = f.parse(fields[index])
		return set
	}
	c.minutes, c.hours = parse(minuteField, 0), parse(hourField, 1)
	c.anyDay, c.anyWeekday = isAny(fields[2]), isAny(fields[4])
	if fields[2], c.lastDay = withoutLast(fields[2]); fields[2] != "" {
		c.days = parse(dayField, 2)
	}
	c.months = parse(monthField, 3)
	if err == nil {
		fields[4], err = c.takeNth(fields[4])
	}
	if fields[4] != "" {
		c.weekdays = parse(weekdayField, 4)
	}
	c.seconds = parse(secondField, 5)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrCron, text, err)
	}
	return c, nil
}

func isAny(text string) bool { return text == "*" }

// withoutLast takes "l" out of a list of days.
func withoutLast(text string) (string, bool) {
	parts := strings.Split(text, ",")
	rest := slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "l" })
	return strings.Join(rest, ","), len(rest) < len(parts)
}

// takeNth takes the items "5#2" and "l5" out of a list of weekdays.
func (c *cronExpression) takeNth(text string) (string, error) {
	var rest []string
	for part := range strings.SplitSeq(text, ",") {
		day, count, numbered := strings.Cut(part, "#")
		if !numbered && len(part) > 1 && part[0] == 'l' {
			day, count, numbered = part[1:], "-1", true
		}
		if !numbered {
			rest = append(rest, part)
			continue
		}
		weekday, err := weekdayField.value(day)
		if err != nil {
			return "", err
		}
		nth, err := strconv.Atoi(count)
		if err != nil || nth == 0 || nth < -1 || nth > 5 {
			return "", fmt.Errorf("no weekday %s of a month", count)
		}
		c.nth[weekday%7] = append(c.nth[weekday%7], nth)
	}
	if len(rest) > 0 && len(c.nth) > 0 {
		return "", errors.New("weekdays of a month do not go together with those of every week")
	}
	return strings.Join(rest, ","), nil
}

func (f field) parse(text string) ([]bool, error) {
	set := make([]bool, f.max+1)
	for part := range strings.SplitSeq(text, ",") {
		if err := f.add(set, part); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return set, nil
}

// add marks the values of one item: a value, a range, either with a step, or all.
func (f field) add(set []bool, part string) error {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
			return fmt.Errorf("step %q", stepText)
		}
	}
	from, to := f.min, f.max
	if span != "*" {
		first, last, ranged := strings.Cut(span, "-")
		var err error
		if from, err = f.value(first); err != nil {
			return err
		}
		switch {
		case ranged:
			if to, err = f.value(last); err != nil {
				return err
			}
		case !stepped:
			to = from
		}
	}
	width := f.max - f.min + 1
	if to < from { // the range goes over the end
		to += width
	}
	for value := from; value <= to; value += step {
		set[f.min+(value-f.min)%width] = true
	}
	return nil
}

func (f field) value(text string) (int, error) {
	if index := slices.Index(f.names, text); index >= 0 {
		return f.min + index, nil
	}
	value, err := strconv.Atoi(text)
	last := f.max
	if f.name == weekdayField.name {
		last = 7 // Sunday again
	}
	if err != nil || value < f.min || value > last {
		return 0, fmt.Errorf("%q is not between %d and %d", text, f.min, f.max)
	}
	return value, nil
}

// searchYears is how far ahead an expression may fire before it counts as never firing.
const searchYears = 50

// next returns the first wall-clock time after the given one, as a UTC time that stands
// for the wall clock; false when there is none.
func (c *cronExpression) next(after time.Time) (time.Time, bool) {
	t := after.Truncate(time.Second).Add(time.Second)
	limit := t.AddDate(searchYears, 0, 0)
	for t.Before(limit) {
		switch {
		case !c.months[int(t.Month())]:
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.dayFits(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !c.hours[t.Hour()]:
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !c.minutes[t.Minute()]:
			t = t.Truncate(time.Minute).Add(time.Minute)
		case !c.seconds[t.Second()]:
			t = t.Add(time.Second)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}

func (c *cronExpression) dayFits(t time.Time) bool {
	day := c.days != nil && c.days[t.Day()] || c.lastDay && t.AddDate(0, 0, 1).Day() == 1
	weekday := c.weekdays != nil && c.weekdays[int(t.Weekday())] || c.nthFits(t)
	switch {
	case c.anyDay:
		return weekday
	case c.anyWeekday:
		return day
	case c.bothMustFit:
		return day && weekday
	}
	return day || weekday
}

func (c *cronExpression) nthFits(t time.Time) bool {
	for _, nth := range c.nth[int(t.Weekday())] {
		if nth == -1 && t.AddDate(0, 0, 7).Month() != t.Month() || nth == (t.Day()-1)/7+1 {
			return true
		}
	}
	return false
}
