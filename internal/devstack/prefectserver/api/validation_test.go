package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDocuments has what the real service said of these values in a registered flow. A
// good one is stored; of each bad one the place and the problem are given.
func TestDocuments(t *testing.T) {
	t.Parallel()
	const (
		none     = "none is not an allowed value (type=type_error.none.not_allowed)"
		noText   = "str type expected (type=type_error.str)"
		noDict   = "value is not a valid dict (type=type_error.dict)"
		noList   = "value is not a valid list (type=type_error.list)"
		noFlag   = "value could not be parsed to a boolean (type=type_error.bool)"
		noNumber = "value is not a valid integer (type=type_error.integer)"
		noTime   = "invalid duration format (type=value_error.duration)"
	)
	task := func(field, value string) string {
		return fmt.Sprintf(`{"tasks": [{"slug": "a", %q: %s}], "edges": []}`, field, value)
	}
	clock := func(fields string) string {
		return `{"schedule": {"clocks": [{"type": "CronClock", "cron": "0 0 * * *"` + fields + `}]}}`
	}
	s := newServer(t)
	for document, problems := range map[string][]string{
		`{"run_config": ""}`:              nil, // an empty sequence of pairs
		`{"storage": [["a", 1]]}`:         nil,
		`{"environment": [1]}`:            {"environment", noDict},
		`{"tasks": null}`:                 {"tasks", none},
		`{"tasks": {}}`:                   {"tasks", noList},
		`{"tasks": [null], "edges": []}`:  {"tasks -> 0", none},
		`{"reference_tasks": 1}`:          {"reference_tasks", "'int' object is not iterable (type=type_error)"},
		`{"reference_tasks": [["a"]]}`:    {"reference_tasks -> 0", noText},
		task("id", "null"):                {"tasks -> 0 -> id", none},
		task("name", "true"):              nil, // written as Python does
		task("name", "[]"):                {"tasks -> 0 -> name", noText},
		task("mapped", `"Off"`):           nil,
		task("mapped", "2"):               {"tasks -> 0 -> mapped", noFlag},
		task("is_root_task", "null"):      {"tasks -> 0 -> is_root_task", none},
		task("tags", "[1, null]"):         {"tasks -> 0 -> tags -> 1", none},
		task("max_retries", `"1"`):        nil,
		task("max_retries", "1.5"):        nil,
		task("max_retries", `"x"`):        {"tasks -> 0 -> max_retries", noNumber},
		task("retry_delay", `"00:01:00"`): nil,
		task("retry_delay", `"PT5M"`):     nil,
		task("retry_delay", `"5 days"`):   {"tasks -> 0 -> retry_delay", noTime},
		task("retry_delay", "{}"):         {"tasks -> 0 -> retry_delay", "invalid type; expected timedelta, string, bytes, int or float (type=type_error)"},
		`{"edges": [{"upstream_task": "a-1", "downstream_task": 1}]}`: {}, // reads, and is no task
		`{"parameters": [{"slug": "p", "required": "maybe"}]}`:        {"parameters -> 0 -> required", noFlag},
		clock(`, "parameter_defaults": null`):                         {"schedule -> clocks -> 0 -> parameter_defaults", none},
		clock(`, "labels": "a"`):                                      {"schedule -> clocks -> 0 -> labels", noList},
		`{"tasks": [{"name": [], "mapped": 2}], "storage": 1}`: { // all at once, in the order of the models
			"tasks -> 0 -> name", noText, "tasks -> 0 -> slug", "field required (type=value_error.missing)", "tasks -> 0 -> mapped", noFlag,
			"storage", noDict,
		},
	} {
		input := in{"project_id": s.project, "serialized_flow": flowOf(t, "f", document)}
		switch {
		case problems == nil:
			s.id("create_flow", input)
			continue
		case len(problems) == 0:
			s.refused("Unable to complete operation. An internal API error occurred.", "create_flow", input)
			continue
		}
		plural := ""
		if len(problems) > 2 {
			plural = "s"
		}
		var want strings.Builder
		fmt.Fprintf(&want, "%d validation error%s for FlowSchema", len(problems)/2, plural)
		for i := 0; i < len(problems); i += 2 {
			want.WriteString("\n" + problems[i] + "\n  " + problems[i+1])
		}
		s.refused(want.String(), "create_flow", input)
	}
}

// TestDurations reads the ways in which a retry delay may be written.
func TestDurations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for written, want := range map[string]string{
		"30": "00:00:30", "1.5": "00:00:01.5", "60000000": "16666:40:00", `"00:01:00"`: "00:01:00", `"90"`: "00:01:30", `"PT5M1.5S"`: "00:05:01.5",
		`"1 day, 00:00:01"`: "24:00:01", "null": "",
	} {
		id := s.register("f", `{"tasks": [{"slug": "a", "retry_delay": `+written+`}], "edges": []}`)
		var wanted any
		if want != "" {
			wanted = want
		}
		same(t, written, s.rows("task", "flow_id", id)[0]["retry_delay"], wanted)
	}
}

// TestParametersOfTheWrongKind says what Python's dict.update does.
func TestParametersOfTheWrongKind(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"run_config": null}`)
	for given, want := range map[string]string{
		`1`: "'int' object is not iterable", `"x"`: "dictionary update sequence element #0 has length 1; 2 is required",
		`[1]`: "cannot convert dictionary update sequence element #0 to a sequence",
	} {
		s.refused(want, "create_flow_run", in{"flow_id": flow, "parameters": decode(t, given)})
	}
	run := s.run(in{"flow_id": flow, "parameters": decode(t, `[["a", 1], "bc"]`), "context": decode(t, `[]`)})
	same(t, "pairs", s.row("flow_run", run)["parameters"], decode(t, `{"a": 1, "b": "c"}`))
	s.refused("1 validation error for FlowRun\ncontext\n  value is not a valid dict (type=type_error.dict)",
		"create_flow_run", in{"flow_id": flow, "context": "x"})
	s.refused("'str' object has no attribute 'sort'", "create_flow_run", in{"flow_id": flow, "run_config": decode(t, `{"labels": "x"}`)})
	s.refused("'<' not supported between instances of 'str' and 'int'", "create_flow_run",
		in{"flow_id": flow, "run_config": decode(t, `{"labels": [1, "a"]}`)})
	run = s.run(in{"flow_id": flow, "run_config": decode(t, `{"labels": ["b", "a"]}`)})
	same(t, "labels where they stand", s.row("flow_run", run)["run_config"], decode(t, `{"labels": ["a", "b"]}`))
}
