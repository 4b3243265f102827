package serialization

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
)

// minInterval is the shortest schedule interval that Prefect accepts.
const minInterval = time.Minute

var clockTypes = []string{"CronClock", "DatesClock", "IntervalClock", "RRuleClock"}

// validateSchedule reports problems because of which a Server keeps a schedule but never schedules a run.
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

// validateFunctions requires a list of Prefect's own functions, if it is present: with anything else, even
// null, the Server keeps the schedule active and never creates a run.
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
			p.add(path+".interval", "the interval is shorter than a minute, so the Server would not schedule it", "Use a minute or more")
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

// validateParameterDefaults requires an object without null values: with one, the Server silently cannot read
// the schedule and creates no runs.
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
			p.add(path+"."+name, "the value is null, so the Server cannot read the schedule", "Remove the parameter, or set a value")
		}
	}
}

// validateZone checks the time zones of a clock's start and end. It checks nothing on a machine without a
// time zone database.
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
			p.add(path+"."+key+".tz", fmt.Sprintf("%q is not a time zone", zone), "Use a name from the IANA time zone database, such as Europe/Berlin")
		}
	}
}

// CronRemedy is the advice for an expression that CheckCron rejects.
const CronRemedy = `Use five fields: minute, hour, day of month, month, day of week, such as "0 6 * * 1-5"`

// CheckCron returns why a Server would not start runs for a cron expression: it does not understand the
// expression, or no time matches it, such as the 31st of February.
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

// Activation contains what decides if a Server starts runs on an active schedule.
type Activation struct {
	// FlowClocks and GroupClocks are the parameter defaults of each clock of the flow's own schedule and of
	// its group's; see ClockDefaults. nil means no schedule.
	FlowClocks, GroupClocks []map[string]any
	// GroupDefaults are the default parameters of the flow group.
	GroupDefaults map[string]any
	// Required are the names of the flow's required parameters. Their defaults in the flow do not count when the Server
	// activates a schedule.
	Required []string
	// Counted are those of them whose default counts when the Server creates a run; see DefaultCounts.
	Counted []string
}

// HasSchedule reports whether there is a schedule to activate.
func (a Activation) HasSchedule() bool { return a.FlowClocks != nil || a.GroupClocks != nil }

// Missing returns the required parameters that some run would lack, in order. A group's schedule replaces the
// flow's, and its runs that lack a parameter are not created. The Server nevertheless also checks the flow's
// own clocks at activation, even if its group's replace them.
func (a Activation) Missing() []string {
	var missing []string
	for _, name := range a.Required {
		if _, given := a.GroupDefaults[name]; given {
			continue
		}
		lacks := func(defaults map[string]any) bool { _, given := defaults[name]; return !given }
		if slices.ContainsFunc(a.GroupClocks, lacks) && !slices.Contains(a.Counted, name) || slices.ContainsFunc(a.FlowClocks, lacks) {
			missing = append(missing, name)
		}
	}
	return sorted(missing)
}

// ClockDefaults returns the parameter defaults of each clock of a serialised schedule; nil for none. A clock
// without defaults has nil.
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

// RequiredParameters returns the parameters that every run must set.
func (f *Flow) RequiredParameters() []string {
	var names []string
	for _, p := range f.Parameters() {
		if p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}

// CountedDefaults are the names of the required parameters whose default counts when the Server creates a run; see DefaultCounts.
func (f *Flow) CountedDefaults() []string {
	var names []string
	for _, p := range f.Parameters() {
		if p.Required && DefaultCounts(p.Default) {
			names = append(names, p.Name)
		}
	}
	return names
}

// DefaultCounts reports whether the Server gives the default of a required parameter to runs that have no value for it:
// only if Python takes the default for true. No default, false, zero and what is empty do not count.
func DefaultCounts(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	case json.Number:
		number, err := v.Float64()
		return err != nil || number != 0
	case float64:
		return v != 0
	case int:
		return v != 0
	}
	return true
}
