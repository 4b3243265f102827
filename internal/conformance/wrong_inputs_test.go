package conformance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// wrong are wrong inputs to one kind of block.
type wrong struct {
	// block is the kind, as acctest.Session.Try takes it.
	block string
	// given are the arguments that are right, with a semicolon between them; see
	// bench.fill for what starts with a dollar.
	given string
	rows  []row
}

// row is one wrong input.
type row struct {
	// wrong are the arguments that are wrong or missing.
	wrong string
	// stage is where it is refused.
	stage string
	// at is the attribute that is to blame; "" for the block as a whole, or what
	// is no attribute (the id of an import).
	at string
}

// keptAtApply is a stage: at apply, but the object is in the state, because it
// was there before.
const keptAtApply = "apply, kept"

// secretInRows is part of every secret in the rows, which no diagnostic shows.
const secretInRows = "hush"

func wrongs() []wrong {
	return slices.Concat(wrongProviders(), wrongTenantsProjectsFlows(), wrongGroupsRunsHooks(), wrongReads())
}

// Each wrong input is refused as early as it can be known, at the attribute that
// is wrong, and changes nothing on the Server. What is said is recorded in
// testdata/messages, a file for each kind of block.
func TestWrongInputs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.everything()
	rows, stages, blocks := 0, map[string]int{}, map[string]int{}
	recordings := map[string]*acctest.Recording{}
	for _, w := range wrongs() {
		for _, r := range w.rows {
			rows++
			stages[r.stage]++
			blocks[w.block]++
			arguments := strings.Trim(w.given+"; "+r.wrong, "; ")
			// A process of its own: two resources for one object are another mistake.
			outcome := acctest.Connect(t, b.PrefectServer, nil).Try(w.block, b.fill(arguments))
			name := w.block + " { " + arguments + " }"
			stage, _, kept := strings.Cut(r.stage, ",")
			if outcome.Stage != stage {
				t.Errorf("%s: failed at %q, want %q: %+v", name, outcome.Stage, stage, outcome.Diagnostics)
				continue
			}
			if !slices.ContainsFunc(outcome.Diagnostics, func(d acctest.Diagnostic) bool {
				return !d.Warning && d.Path == r.at
			}) {
				t.Errorf("%s: no error at %q: %+v", name, r.at, outcome.Diagnostics)
			}
			if recordings[w.block] == nil {
				recordings[w.block] = acctest.Record(t, strings.ReplaceAll(w.block, " ", "_"))
			}
			recordings[w.block].AddDiagnostics(name+" at "+r.stage, b.alone(outcome.Diagnostics), b.TenantSlug, "data")
			for _, d := range outcome.Diagnostics {
				if said := d.Summary + d.Detail; strings.Contains(said, secretInRows) || strings.Contains(said, "PRIVATE KEY-----\n") {
					t.Errorf("%s: the secret is shown: %s", name, said)
				}
			}
			if (outcome.State != nil) != kept {
				t.Errorf("%s: the state holds %v", name, outcome.State)
			}
			if after := b.everything(); after != before {
				t.Errorf("%s: the Server had\n%s\nand has\n%s", name, before, after)
				before = after
			}
		}
	}
	t.Logf("%d wrong inputs refused: %d at validate, %d at plan, %d at apply", rows, stages[acctest.AtValidate], stages[acctest.AtPlan], stages[acctest.AtApply]+stages[keptAtApply])
	if rows < 100 {
		t.Errorf("%d rows, want at least 100", rows)
	}
	for _, block := range acctest.Connect(t, b.PrefectServer, nil).Served() {
		if blocks[block] == 0 {
			t.Errorf("no wrong input for %s", block)
		}
	}
}
