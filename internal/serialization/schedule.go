package serialization

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
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
	for _, key := range []string{"filters", "or_filters", "not_filters", "adjustments"} {
		validateFunctions(p, "schedule."+key, schedule, key)
	}
}

// validateFunctions wants a list of Prefect's own functions where there is one at all: with anything else, also with
// null, the Server keeps the schedule active and never makes a run.
func validateFunctions(p *problems, path string, schedule map[string]any, key string) {
	value, present := schedule[key]
	if !present {
		return
	}
	functions, ok := value.([]any)
	if !ok {
		p.add(path, fmt.Sprintf("must be a list of functions, not %s", kindOf(value)), rebuild)
		return
	}
	module := "prefect.schedules.filters."
	if key == "adjustments" {
		module = "prefect.schedules.adjustments."
	}
	for i, item := range functions {
		function, _ := item.(map[string]any)
		if name := text(function["fn"]); !strings.HasPrefix(name, module) {
			p.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("is not a function of %s that the Server knows", strings.TrimSuffix(module, ".")), rebuild)
		}
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
			p.add(path+".cron", err.Error(), CronRemedy)
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

// CronRemedy is what to do about an expression that CheckCron refuses.
const CronRemedy = `Use five fields: minute, hour, day of month, month, day of week, such as "0 6 * * 1-5"`

// CheckCron reports why a Server would not start runs by a cron expression: it does not understand the expression, or the
// expression has no time, such as the 31st of February.
func CheckCron(expression string) error {
	parsed, err := cron.Parse(expression)
	if err != nil {
		return err //nolint:wrapcheck // the error names the expression
	}
	if !parsed.Fires() {
		return fmt.Errorf("%q never starts a run: no date matches it", expression)
	}
	return nil
}

// Activation is what decides whether a Server starts runs by an active schedule.
type Activation struct {
	// FlowClocks and GroupClocks are the parameter defaults of each clock of the flow's own schedule and of its group's;
	// see ClockDefaults. nil is no schedule.
	FlowClocks, GroupClocks []map[string]any
	// GroupDefaults are the default parameters of the flow group.
	GroupDefaults map[string]any
	// Required are the names of the flow's required parameters. A default in the flow does not count on the Server.
	Required []string
}

// HasSchedule reports whether there is a schedule to activate.
func (a Activation) HasSchedule() bool { return a.FlowClocks != nil || a.GroupClocks != nil }

// Missing lists the required parameters without a value for every run, in order. A group's schedule replaces the flow's,
// and a run of it that lacks a parameter is not created. The Server refuses to activate a flow for its own clocks all the
// same, even where its group's replace them.
func (a Activation) Missing() []string {
	var missing []string
	for _, name := range a.Required {
		if _, given := a.GroupDefaults[name]; given {
			continue
		}
		lacks := func(defaults map[string]any) bool { _, given := defaults[name]; return !given }
		if slices.ContainsFunc(a.GroupClocks, lacks) || slices.ContainsFunc(a.FlowClocks, lacks) {
			missing = append(missing, name)
		}
	}
	return sorted(missing)
}

// ClockDefaults are the parameter defaults of each clock of a serialised schedule; nil for none. A clock without defaults
// has nil.
func ClockDefaults(schedule any) []map[string]any {
	object, _ := schedule.(map[string]any)
	if object == nil {
		return nil
	}
	clocks, _ := object["clocks"].([]any)
	out := make([]map[string]any, 0, len(clocks))
	for _, c := range clocks {
		clock, _ := c.(map[string]any)
		defaults, _ := clock["parameter_defaults"].(map[string]any)
		out = append(out, defaults)
	}
	return out
}

// RequiredParameters are the names of the parameters that every run must be given.
func (f *Flow) RequiredParameters() []string {
	var names []string
	for _, p := range f.Parameters() {
		if p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}
