package serialization

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// minInterval is the shortest interval that Prefect accepts of a schedule.
const minInterval = time.Minute

var clockTypes = []string{"CronClock", "DatesClock", "IntervalClock", "RRuleClock"}

// validateSchedule reports what makes a Server keep a schedule without ever scheduling a run from it.
func (f *Flow) validateSchedule(p *problems) {
	v := f.data["schedule"]
	if v == nil {
		return
	}
	schedule, ok := v.(map[string]any)
	if !ok {
		p.add("schedule", fmt.Sprintf("a schedule must be an object, not %s", kindOf(v)), rebuild)
		return
	}
	clocks, ok := schedule["clocks"].([]any)
	if !ok {
		p.add("schedule.clocks", fmt.Sprintf("a schedule must have a list of clocks, not %s", kindOf(schedule["clocks"])), rebuild)
		return
	}
	for i, c := range clocks {
		path := fmt.Sprintf("schedule.clocks[%d]", i)
		clock, ok := c.(map[string]any)
		if !ok {
			p.add(path, fmt.Sprintf("a clock must be an object, not %s", kindOf(c)), rebuild)
			continue
		}
		validateClock(p, path, clock)
	}
}

func validateClock(p *problems, path string, clock map[string]any) {
	switch kind := text(clock["type"]); kind {
	case "IntervalClock":
		micros, ok := integer(clock["interval"])
		if !ok {
			p.add(path+".interval", "an interval must be a whole number of microseconds", rebuild)
		} else if micros < minInterval.Microseconds() {
			p.add(path+".interval", "the interval is shorter than a minute, the Server would not schedule it", "Use a minute or more")
		}
	case "CronClock":
		if err := CheckCron(text(clock["cron"])); err != nil {
			p.add(path+".cron", err.Error(), "Use five fields: minute, hour, day of month, month, day of week")
		}
	case "DatesClock", "RRuleClock":
	default:
		p.add(path+".type", fmt.Sprintf("%s is not a type of clock in Prefect 1", describe(clock["type"])), "Use one of "+strings.Join(clockTypes, ", "))
	}
	validateZone(p, path, clock)
	validateParameterDefaults(p, path+".parameter_defaults", clock)
}

// validateParameterDefaults wants an object without null values: with one the Server cannot read the schedule, which it
// says nowhere, and makes no runs.
func validateParameterDefaults(p *problems, path string, clock map[string]any) {
	value, present := clock["parameter_defaults"]
	if !present {
		return
	}
	defaults, ok := value.(map[string]any)
	if !ok {
		p.add(path, fmt.Sprintf("parameter defaults must be an object, not %s", kindOf(value)), rebuild)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if defaults[name] == nil {
			p.add(path+"."+name, "the value is null, with which the Server cannot read the schedule", "Leave the parameter out, or give it a value")
		}
	}
}

// validateZone checks the time zones of a clock's start and end. Where the machine has no time zone database
// nothing can be said.
func validateZone(p *problems, path string, clock map[string]any) {
	for _, key := range []string{"start_date", "end_date"} {
		date, ok := clock[key].(map[string]any)
		if !ok {
			continue
		}
		zone := text(date["tz"])
		if zone == "" || strings.ContainsAny(zone[:1], "+-") {
			continue // a fixed offset
		}
		if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
			continue
		}
		if _, err := time.LoadLocation(zone); err != nil {
			p.add(path+"."+key+".tz", fmt.Sprintf("%q is not a time zone", zone), "Use a name of the time zone database, such as Europe/Berlin")
		}
	}
}

// CheckCron tells whether a Server would understand a cron expression: five fields, an optional sixth for
// seconds at the end, or a name such as @daily.
func CheckCron(expression string) error {
	fields := strings.Fields(expression)
	if len(fields) == 1 && strings.HasPrefix(fields[0], "@") {
		names := []string{"@midnight", "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"}
		if slices.Contains(names, strings.ToLower(fields[0])) {
			return nil
		}
		return fmt.Errorf("%q is not a cron expression", expression)
	}
	if len(fields) != 5 && len(fields) != 6 {
		return fmt.Errorf("%q is not a cron expression, it has %d fields", expression, len(fields))
	}
	// The parser knows neither the seconds at the end, nor "l" for the last day, nor "#" for the n-th weekday,
	// nor 7 for Sunday: replace what it would wrongly refuse.
	checked := slices.Clone(fields[:5])
	if strings.EqualFold(checked[2], "l") {
		checked[2] = "28"
	}
	checked[4] = plainWeekdays(checked[4])
	if strings.Contains(expression, "?") { // which the parser knows
		return fmt.Errorf("%q is not a cron expression that the Server knows: \"?\" is not part of it", expression)
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	times, err := parser.Parse(strings.Join(checked, " "))
	if err != nil {
		return fmt.Errorf("%q is not a cron expression: %w", expression, err)
	}
	// The parser looks five years ahead, and 2000 has a 29th of February.
	if times.Next(time.Date(1999, time.December, 31, 0, 0, 0, 0, time.UTC)).IsZero() {
		return fmt.Errorf("%q has no date on which it could run", expression)
	}
	if len(fields) == 6 {
		if _, err := parser.Parse(fields[5] + " * * * *"); err != nil {
			return fmt.Errorf("%q is not a cron expression: %w", expression, err)
		}
	}
	return nil
}

func plainWeekdays(field string) string {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		day, nth, found := strings.Cut(part, "#")
		if found && len(nth) == 1 && nth[0] >= '1' && nth[0] <= '5' {
			part = day
		}
		if len(part) == 2 && (part[0] == 'l' || part[0] == 'L') {
			part = part[1:]
		}
		switch {
		case part == "7":
			part = "0"
		case strings.HasSuffix(part, "-7"):
			part = strings.TrimSuffix(part, "7") + "6"
		}
		parts[i] = part
	}
	return strings.Join(parts, ",")
}

// ErrScheduleInactive means a Server would leave the flow's schedule inactive without an error.
var ErrScheduleInactive = errors.New("the schedule would stay inactive")

// ScheduleActivation reports why a Server would not activate the flow's schedule although asked to: a required
// parameter that neither a clock nor the flow group (groupDefaults, may be nil) gives a value. The Server swallows
// that failure during registration. A flow without a schedule yields nil: there is nothing to activate.
func (f *Flow) ScheduleActivation(groupDefaults map[string]any) error {
	schedule, ok := f.data["schedule"].(map[string]any)
	if !ok {
		return nil
	}
	var required []string
	for _, parameter := range f.Parameters() {
		if _, given := groupDefaults[parameter.Name]; parameter.Required && !given {
			required = append(required, parameter.Name)
		}
	}
	p := &problems{kind: ErrScheduleInactive}
	clocks, _ := schedule["clocks"].([]any)
	for i, c := range clocks {
		clock, _ := c.(map[string]any)
		defaults, _ := clock["parameter_defaults"].(map[string]any)
		var missing []string
		for _, name := range required {
			if _, given := defaults[name]; !given {
				missing = append(missing, name)
			}
		}
		if missing != nil {
			p.add(fmt.Sprintf("schedule.clocks[%d]", i),
				"the clock gives no value for the required parameters "+quotedList(sorted(missing))+", so the Server leaves the schedule inactive",
				"Add parameter defaults to the clock, to the flow group or to the flow, or set the schedule inactive")
		}
	}
	return p.err()
}
