package query_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// condition draws a filter on flows, of which indexes can serve some.
func condition(t *rapid.T, depth int) string {
	name := rapid.SampledFrom([]string{"One", "two", "three_%", "nope"})
	project := rapid.SampledFrom([]string{alpha, beta, missing})
	parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 8).Draw(t, "kind")
		if depth == 0 && kind >= 6 {
			kind = 0
		}
		switch kind {
		case 0:
			return fmt.Sprintf(`name: {_eq: %q}`, name.Draw(t, "name"))
		case 1:
			return fmt.Sprintf(`name: {_in: [%q, %q]}`, name.Draw(t, "name"), name.Draw(t, "name"))
		case 2:
			return fmt.Sprintf(`project_id: {_eq: %q}`, project.Draw(t, "project"))
		case 3:
			return fmt.Sprintf(`project: {id: {_eq: %q}, name: {_like: "%%a"}}`, project.Draw(t, "project"))
		case 4:
			return fmt.Sprintf(`flow_group: {flows: {name: {_eq: %q}}}`, name.Draw(t, "name"))
		case 5:
			return fmt.Sprintf(`version: {_gt: %d}`, rapid.IntRange(0, 3).Draw(t, "version"))
		case 6:
			return `_and: [` + condition(t, depth-1) + `, ` + condition(t, depth-1) + `]`
		case 7:
			return `_or: [` + condition(t, depth-1) + `, ` + condition(t, depth-1) + `]`
		default:
			return `_not: ` + condition(t, depth-1)
		}
	}), 0, 3).Draw(t, "parts")
	seen := map[string]bool{}
	kept := parts[:0]
	for _, p := range parts { // an input object has each field once
		field, _, _ := strings.Cut(p, ":")
		if !seen[field] {
			kept = append(kept, p)
		}
		seen[field] = true
	}
	return "{" + strings.Join(kept, ", ") + "}"
}

// TestIndexesDoNotChangeResults compares a filter with the same one inside _or,
// where no index is used.
func TestIndexesDoNotChangeResults(t *testing.T) {
	t.Parallel()
	e := fixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		filter := condition(rt, 2)
		const list = `{ flow(where: %s) { version } }`
		indexed := run(t, e, fmt.Sprintf(list, filter), "")
		scanned := run(t, e, fmt.Sprintf(list, "{_or: ["+filter+"]}"), "")
		if indexed != scanned {
			rt.Fatalf("%s: %s through indexes, %s without", filter, indexed, scanned)
		}
		negated := run(t, e, fmt.Sprintf(list, "{_not: {_not: "+filter+"}}"), "")
		if negated != scanned {
			rt.Fatalf("%s: %s, negated twice %s", filter, scanned, negated)
		}
	})
}
