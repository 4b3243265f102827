package serialization

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// mostListed is how many tasks or parameters a summary lists, and fewListed how many of those that are more.
	mostListed = 10
	fewListed  = 3
	// widestValue is how many characters of a value are shown.
	widestValue = 60
)

// Summary is a flow in a few lines for people. Its size is bounded, whatever the size of the flow.
type Summary struct {
	// Tasks are the tasks that are not parameters, or the first of many, such as "extract (extract-1)", in the order of the document.
	Tasks []string
	// Parameters are the parameters, or the first of many, such as `day = "monday"` and "day (required)".
	Parameters []string
	// Schedule, RunConfig and Storage are such as `cron "0 6 * * *" Europe/Berlin`, "KubernetesRun, image etl:1" and
	// "Docker, image_name etl". They are empty where the flow has none. Values of environment variables are left out.
	Schedule, RunConfig, Storage string
}

// Summarize describes a flow.
func (f *Flow) Summarize() Summary {
	s := Summary{Tasks: []string{}, Parameters: []string{}}
	parameters := f.objects("parameters")
	slugs := map[string]bool{}
	for i, p := range parameters {
		slugs[text(p["slug"])] = true
		if i < mostListed {
			s.Parameters = append(s.Parameters, parameterText(p))
		}
	}
	tasks := 0
	for _, t := range f.objects("tasks") {
		if slugs[text(t["slug"])] {
			continue
		}
		if tasks++; tasks <= mostListed {
			s.Tasks = append(s.Tasks, taskText(t))
		}
	}
	s.Tasks = bounded(s.Tasks, tasks)
	s.Parameters = bounded(s.Parameters, len(parameters))
	schedule, _ := f.data["schedule"].(map[string]any)
	s.Schedule = scheduleText(schedule)
	config, _ := f.data["run_config"].(map[string]any)
	s.RunConfig = membersText(config)
	storage, _ := f.data["storage"].(map[string]any)
	s.Storage = membersText(storage)
	return s
}

// bounded is a list of all, or the first of too many.
func bounded(listed []string, all int) []string {
	if all > mostListed {
		listed = listed[:fewListed]
	}
	return andMore(listed, all)
}

// andMore says how many of a list are left out.
func andMore(listed []string, all int) []string {
	if all > len(listed) {
		return append(listed, fmt.Sprintf("and %d more", all-len(listed)))
	}
	return listed
}

func taskText(task map[string]any) string {
	name, slug := text(task["name"]), text(task["slug"])
	switch {
	case name == "" || name == slug:
		return shortened(slug)
	case slug == "":
		return shortened(name)
	}
	return shortened(name) + " (" + shortened(slug) + ")"
}

func parameterText(p map[string]any) string {
	if required, _ := p["required"].(bool); required {
		return shortened(text(p["name"])) + " (required)"
	}
	return shortened(text(p["name"])) + " = " + valueText(p["default"])
}

// scheduleText describes the clocks of a schedule.
func scheduleText(schedule map[string]any) string {
	if schedule == nil {
		return ""
	}
	clocks, _ := schedule["clocks"].([]any)
	var all []string
	for _, c := range clocks {
		if clock, ok := c.(map[string]any); ok {
			all = append(all, clockText(clock))
		}
	}
	all = bounded(all, len(all))
	if len(all) == 0 {
		all = []string{"no clock"}
	}
	for _, key := range []string{"filters", "or_filters", "not_filters", "adjustments"} {
		if list, _ := schedule[key].([]any); len(list) > 0 {
			all = append(all, fmt.Sprintf("%d %s", len(list), key))
		}
	}
	return strings.Join(all, "; ")
}

func clockText(clock map[string]any) string {
	var b strings.Builder
	switch kind := text(clock["type"]); kind {
	case "CronClock":
		fmt.Fprintf(&b, "cron %q", text(clock["cron"]))
	case "IntervalClock":
		micros, _ := double(clock["interval"])
		fmt.Fprintf(&b, "every %s", time.Duration(micros)*time.Microsecond)
	case "RRuleClock":
		fmt.Fprintf(&b, "rule %s", valueText(clock["rrule_obj"]))
	case "DatesClock":
		dates, _ := clock["dates"].([]any)
		fmt.Fprintf(&b, "%d dates", len(dates))
	default:
		b.WriteString(kind)
	}
	if start, ok := clock["start_date"].(map[string]any); ok {
		if zone := text(start["tz"]); zone != "" {
			b.WriteString(" " + zone)
		}
	}
	if defaults, _ := clock["parameter_defaults"].(map[string]any); len(defaults) > 0 {
		b.WriteString(", parameters " + strings.Join(slices.Sorted(maps.Keys(defaults)), " "))
	}
	if labels := stringsOf(clock["labels"]); len(labels) > 0 {
		b.WriteString(", labels " + strings.Join(labels, " "))
	}
	return b.String()
}

// membersText describes an object with a type: its members that are set, objects and lists by the names in them.
func membersText(object map[string]any) string {
	if object == nil {
		return ""
	}
	parts := []string{text(object["type"])}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if name == "type" || name == versionMember {
			continue
		}
		switch v := object[name].(type) {
		case nil:
		case bool:
			if v {
				parts = append(parts, name)
			}
		case string:
			parts = append(parts, name+" "+shortened(v))
		case map[string]any:
			if len(v) > 0 {
				parts = append(parts, name+" "+shortened(strings.Join(slices.Sorted(maps.Keys(v)), " ")))
			}
		case []any:
			if list := stringsOf(v); len(list) > 0 {
				parts = append(parts, name+" "+shortened(strings.Join(list, " ")))
			}
		default:
			parts = append(parts, name+" "+valueText(v))
		}
	}
	return strings.Join(parts, ", ")
}

// valueText is a value as JSON, shortened. Numbers are written as the Server gives them back, so that 1.0 and 1 are the same.
func valueText(v any) string {
	switch v := v.(type) {
	case json.Number, float64:
		if d, ok := double(v); ok {
			return numberText(d)
		}
	case string:
		return strconv.Quote(shortened(v))
	case []any:
		if len(v) == 0 {
			return "[]"
		}
	}
	raw, err := Canonical(v)
	if err != nil {
		return kindOf(v)
	}
	return shortened(string(raw))
}

func numberText(d float64) string {
	if d == math.Trunc(d) && math.Abs(d) < 1e16 {
		return strconv.FormatFloat(d, 'f', -1, 64)
	}
	return strconv.FormatFloat(d, 'g', -1, 64)
}

// shortened is the beginning of a text that is long, on one line.
func shortened(s string) string {
	whole := len(s)
	s = s[:min(whole, 16*widestValue)] // no more needs to be looked at
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
	if utf8.RuneCountInString(s) <= widestValue && whole <= 16*widestValue {
		return s
	}
	runes := []rune(s)
	return string(runes[:min(len(runes), widestValue-3)]) + "..."
}
