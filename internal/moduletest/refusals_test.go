package moduletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryRefusalIsTested fails when a validation or precondition of a module is
// one that no wrong input of the module's tests runs into: `expect_failures` only
// names the variable or resource, whatever rule of it refuses. So each run is
// made once more without its expectation, and Terraform says which rules refused.
func TestEveryRefusalIsTested(t *testing.T) {
	t.Parallel()
	inEachModule(t, func(w *workspace, module, dir string) {
		splitRefusals(w, dir)
		w.run(dir, "init", "-input=false")
		output, _ := w.try(dir, "test", "-json", "-no-color")
		refused := refusedBy(w.t, output)
		for _, rule := range rules(w.t, module) {
			if !slices.ContainsFunc(refused, rule.holds) {
				w.t.Errorf("no test of %s runs into the %s at %s:%d", module, rule.kind, rule.file, rule.first)
			}
		}
	})
}

// rule is a validation or precondition, from its first line to its last.
type rule struct {
	kind, file  string
	first, last int
}

func (r rule) holds(p position) bool {
	return r.file == p.file && r.first <= p.line && p.line <= r.last
}

type position struct {
	file string
	line int
}

// rules are all validations and preconditions of a module.
func rules(t *testing.T, module string) []rule {
	t.Helper()
	var found []rule
	for _, file := range []string{"variables.tf", "main.tf"} {
		data, err := os.ReadFile(filepath.Join(root(t), "modules", module, file)) //nolint:gosec // a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?ms)^( +)(validation|precondition) \{\n.*?\n( +)\}$`).FindAllSubmatchIndex(data, -1) {
			line := func(offset int) int { return 1 + strings.Count(string(data[:offset]), "\n") }
			found = append(found, rule{kind: string(data[m[4]:m[5]]), file: file, first: line(m[0]), last: line(m[1])})
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no rules", module)
	}
	return found
}

// splitRefusals puts each run of a module's refusals into a file of its own,
// because a run that fails ends the file, without what it expects.
func splitRefusals(w *workspace, dir string) {
	w.t.Helper()
	tests := filepath.Join(w.dir, dir, "tests")
	data, err := os.ReadFile(filepath.Join(tests, "refusals.tftest.hcl"))
	if err != nil {
		w.t.Fatal(err)
	}
	starts := regexp.MustCompile(`(?m)^run "`).FindAllIndex(data, -1)
	if len(starts) == 0 {
		w.t.Fatalf("%s has no refusals", dir)
	}
	for i, start := range starts {
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		run := regexp.MustCompile(`(?s)\n  expect_failures = \[.*?\]`).ReplaceAll(data[start[0]:end], nil)
		w.write(filepath.Join(dir, "tests", fmt.Sprintf("refusal_%02d.tftest.hcl", i)), string(data[:starts[0][0]])+string(run))
	}
	for _, file := range []string{"refusals.tftest.hcl", "defaults.tftest.hcl"} {
		if err := os.Remove(filepath.Join(tests, file)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// refusedBy are the places of the rules that have refused something.
func refusedBy(t *testing.T, output string) []position {
	t.Helper()
	places := map[position]bool{}
	for line := range strings.Lines(output) {
		var message struct {
			Diagnostic struct {
				Summary string `json:"summary"`
				Detail  string `json:"detail"`
				Range   struct {
					File  string `json:"filename"`
					Start struct {
						Line int `json:"line"`
					} `json:"start"`
				} `json:"range"`
			} `json:"diagnostic"`
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			continue // a warning of Terraform's before it writes JSON
		}
		d := message.Diagnostic
		switch m := regexp.MustCompile(`validation rule at ([\w.]+):(\d+)`).FindStringSubmatch(d.Detail); {
		case m != nil:
			number, err := strconv.Atoi(m[2])
			if err != nil {
				t.Fatal(err)
			}
			places[position{m[1], number}] = true
		case d.Summary == "Resource precondition failed":
			places[position{d.Range.File, d.Range.Start.Line}] = true
		}
	}
	return slices.Collect(maps.Keys(places))
}
