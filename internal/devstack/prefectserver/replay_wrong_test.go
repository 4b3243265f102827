package prefectserver_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// wordings are the wrong inputs, as section/step, that both Servers refuse in other words, each with the reason. Status
// and code are the same.
func wordings() map[string]string {
	const (
		parser = "the words of the GraphQL parser and of its rules"
		hasura = "the words of Hasura, which the recorded stand-in does not have"
	)
	return map[string]string{
		"flows/compressed: NaN":                    hasura,
		"flows/create_flow name: number":           hasura,
		"flows/create_flow name: true":             hasura,
		"flows/create_flow name: empty list":       hasura,
		"flows/create_flow name: list":             hasura,
		"flows/create_flow name: object":           hasura,
		"flows/create_flow name: list of objects":  hasura,
		"flows/create_flow version_group_id: NUL":  "the project, unknown as well, is looked for first",
		"hooks/create_cloud_hook type: lower case": parser,
		"queries/order_by text":                    parser,
		"queries/where created year 0":             "PostgreSQL tells a date that there cannot be from one that it cannot read",
		"queries/by_pk list":                       "a list is a PostgreSQL array here and JSON there",
		"queries/where variable list":              parser,
		"queries/document selection on a leaf":     parser,
		"queries/document unknown type":            parser,
		"queries/document unknown directive":       parser,
		"queries/document conflict":                parser,
		"queries/document string escape":           parser,
		"queries/document unterminated":            parser,
		"queries/document enum as text":            parser,
		"queries/document leading zero":            parser,
	}
}

// answers are the wrong inputs, as section/step, that are answered differently, each with the reason.
func answers() map[string]string {
	const nothingSet = "Hasura refuses an update that sets nothing, the recorded stand-in does not"
	return map[string]string{
		"agents/update_agent_config name: missing": nothingSet,
		"agents/update_agent_config name: null":    nothingSet,
		"queries/order_by two columns":             "the stand-in orders by the columns of an object as the table has them",
		"queries/where _like ends with backslash":  "PostgreSQL refuses it only if the text of some row gets that far",
		"queries/where created infinity":           "stricter: no client compares times with infinity",
		"queries/where created now":                "stricter: no client has PostgreSQL work out a day",
		"queries/where created before Christ":      "stricter: no client asks for it",
		"queries/document unknown fragment":        "the gateway breaks down over it, with 500, before it validates",
		"queries/document cyclic fragments":        "the gateway breaks down over it, with 500, before it validates",
		"queries/document subscription":            "refused as well, with another code",
		"queries/document introspection":           "another order of fields",
	}
}

// TestReplayWrongInputs sends what the real Server was sent of wrong input: to each mutation each of its fields left out,
// null, of another type, malformed, too long, unknown or of another tenant, and what was read back when it was taken all
// the same; and to the query language what it does not allow.
func TestReplayWrongInputs(t *testing.T) {
	t.Parallel()
	sections := map[string][]step{}
	steps := 0
	for _, s := range lines[step](t, "testdata/wrong-inputs.jsonl.gz") {
		sections[s.Section] = append(sections[s.Section], s)
		steps++
	}
	if steps != 3039 || len(sections) != 8 {
		t.Fatalf("%d steps in %d sections, want 3039 in 8", steps, len(sections))
	}
	for section, steps := range sections {
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			replayWrong(t, section, steps)
		})
	}
}

func replayWrong(t *testing.T, section string, steps []step) {
	t.Helper()
	listed := map[string]string{}
	for _, list := range []map[string]string{wordings(), answers()} {
		for name, reason := range list {
			if strings.HasPrefix(name, section+"/") {
				listed[name] = reason
			}
		}
	}
	_, url := newServer(t, prefectserver.Options{})
	r := &replay{ids: map[string]string{}}
	for _, s := range steps {
		status, got := send(t, url, r.body(s))
		problems := r.compare("response", s.Response, got)
		if status != s.Status {
			problems = append(problems, fmt.Sprintf("status: want %d, got %d", s.Status, status))
		}
		if databaseRefused(s.Response, got) {
			continue
		}
		_, expected := listed[s.name()]
		delete(listed, s.name())
		_, isWording := wordings()[s.name()]
		switch {
		case len(problems) > 0 && !expected:
			t.Errorf("%s:\n\t%s", s.name(), strings.Join(problems, "\n\t"))
		case len(problems) == 0 && expected:
			t.Errorf("%s no longer differs, but is listed", s.name())
		case isWording && (status != s.Status || code(got) == "" || code(got) != code(s.Response)):
			t.Errorf("%s: more than the words differ: want %d %v, got %d %v", s.name(), s.Status, s.Response, status, got)
		}
	}
	for name := range listed {
		t.Errorf("%s is listed, but not a recorded step", name)
	}
}

// databaseRefused reports whether PostgreSQL refused a value, such as text with NUL or longer than its column: Hasura says
// what was wrong, the stand-in that was recorded does not.
func databaseRefused(want, got any) bool {
	recorded, err := json.Marshal(want)
	if err != nil {
		return false
	}
	answered, err := json.Marshal(got)
	return err == nil && strings.Contains(string(recorded), "database query error") && strings.Contains(string(answered), "data-exception")
}

// code is that of the first error of an answer, or empty.
func code(answer any) string {
	object, _ := answer.(map[string]any)
	errs, _ := object["errors"].([]any)
	if len(errs) == 0 {
		return ""
	}
	first, _ := errs[0].(map[string]any)
	extensions, _ := first["extensions"].(map[string]any)
	text, _ := extensions["code"].(string)
	return text
}
