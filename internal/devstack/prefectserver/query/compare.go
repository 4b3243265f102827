package query

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// test is a compiled comparison of a value that is not NULL.
type test func(value any) bool

// compileComparisons compiles the operators given for one column.
func compileComparisons(c *schema.Column, operators Fields) (predicate, error) {
	var parts []predicate
	for _, o := range operators {
		if o.Value == nil {
			continue
		}
		p, err := compileComparison(c, o.Name, o.Value)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return all(parts), nil
}

func compileComparison(c *schema.Column, operator string, operand any) (predicate, error) {
	switch operator {
	case "_is_null":
		want, _ := operand.(bool)
		return func(_ *store.Tx, row store.Row) truth { return truthOf((row[c.Name] == nil) == want) }, nil
	case "_in", "_nin":
		return compileIn(c, operator == "_nin", asList(operand))
	}
	check, err := compileTest(c, operator, operand)
	if err != nil {
		return nil, err
	}
	return func(_ *store.Tx, row store.Row) truth {
		value := row[c.Name]
		if value == nil {
			return unknown
		}
		return truthOf(check(value))
	}, nil
}

// compileIn compiles membership. Nothing is in the empty list, not even NULL.
func compileIn(c *schema.Column, negate bool, operands []any) (predicate, error) {
	wanted := make([]any, 0, len(operands))
	fast := map[any]bool{}
	for _, o := range operands {
		v, err := store.Value(c, o)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		wanted = append(wanted, v)
		if s, ok := v.(string); ok {
			fast[s] = true
		}
	}
	return func(_ *store.Tx, row store.Row) truth {
		value := row[c.Name]
		result := no
		switch s, isString := value.(string); {
		case len(wanted) == 0:
		case value == nil:
			result = unknown
		case isString && c.Type != schema.JSON:
			result = truthOf(fast[s])
		default:
			result = truthOf(slices.ContainsFunc(wanted, func(w any) bool { return compareValues(value, w) == 0 }))
		}
		if negate {
			return result.not()
		}
		return result
	}, nil
}

func compileTest(c *schema.Column, operator string, operand any) (test, error) {
	switch operator {
	case "_eq", "_neq", "_gt", "_gte", "_lt", "_lte":
		want, err := store.Value(c, operand)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		return ordering(operator, want), nil
	case "_contains", "_contained_in":
		want, err := store.Value(c, operand)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if operator == "_contains" {
			return func(v any) bool { return contains(v, want, true) }, nil
		}
		return func(v any) bool { return contains(want, v, true) }, nil
	case "_has_key", "_has_keys_any", "_has_keys_all":
		return keys(operator, operand), nil
	default:
		return matching(operator, fmt.Sprint(operand))
	}
}

func ordering(operator string, want any) test {
	accept := map[string]func(int) bool{
		"_eq":  func(n int) bool { return n == 0 },
		"_neq": func(n int) bool { return n != 0 },
		"_gt":  func(n int) bool { return n > 0 },
		"_gte": func(n int) bool { return n >= 0 },
		"_lt":  func(n int) bool { return n < 0 },
		"_lte": func(n int) bool { return n <= 0 },
	}[operator]
	return func(v any) bool { return accept(compareValues(v, want)) }
}

// compareValues orders two values of the same column, neither of them NULL.
func compareValues(a, b any) int {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case json.Number:
		if y, ok := b.(json.Number); ok {
			return store.CompareNumbers(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(boolRank(x), boolRank(y))
		}
	case []any:
		if y, ok := b.([]any); ok {
			return compareLists(x, y)
		}
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			return compareObjects(x, y)
		}
	}
	return cmp.Compare(jsonRank(a), jsonRank(b))
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// jsonRank is the order of jsonb values of different kinds.
func jsonRank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case string:
		return 1
	case json.Number:
		return 2
	case bool:
		return 3
	case []any:
		return 4
	default:
		return 5
	}
}

func compareLists(a, b []any) int {
	if n := cmp.Compare(len(a), len(b)); n != 0 {
		return n
	}
	for i := range a {
		if n := compareValues(a[i], b[i]); n != 0 {
			return n
		}
	}
	return 0
}

func compareObjects(a, b map[string]any) int {
	if n := cmp.Compare(len(a), len(b)); n != 0 {
		return n
	}
	x, y := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	for i := range x {
		if n := strings.Compare(x[i], y[i]); n != 0 {
			return n
		}
		if n := compareValues(a[x[i]], b[y[i]]); n != 0 {
			return n
		}
	}
	return 0
}

// contains is jsonb's @>. At the top a list contains a value that is one of its
// elements.
func contains(outer, inner any, top bool) bool {
	switch in := inner.(type) {
	case map[string]any:
		out, ok := outer.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range in {
			if w, ok := out[k]; !ok || !contains(w, v, false) {
				return false
			}
		}
		return true
	case []any:
		out, ok := outer.([]any)
		if !ok {
			return false
		}
		for _, v := range in {
			if !slices.ContainsFunc(out, func(w any) bool { return contains(w, v, false) }) {
				return false
			}
		}
		return true
	default:
		if out, ok := outer.([]any); ok && top {
			return slices.ContainsFunc(out, func(w any) bool { return store.EqualJSON(w, inner) })
		}
		return store.EqualJSON(outer, inner)
	}
}

// keys compiles jsonb's ?, ?| and ?&.
func keys(operator string, operand any) test {
	wanted := asList(operand)
	if operator == "_has_key" {
		wanted = []any{operand}
	}
	has := func(v any, key any) bool {
		switch x := v.(type) {
		case map[string]any:
			name, _ := key.(string)
			_, ok := x[name]
			return ok
		case []any:
			return slices.Contains(x, key)
		default:
			return v == key
		}
	}
	return func(v any) bool {
		matches := func(key any) bool { return has(v, key) }
		if operator == "_has_keys_all" {
			return !slices.ContainsFunc(wanted, func(key any) bool { return !matches(key) })
		}
		return slices.ContainsFunc(wanted, matches)
	}
}

// matching compiles the operators over text that take a pattern.
func matching(operator, pattern string) (test, error) {
	name := strings.TrimPrefix(operator, "_")
	negate := strings.HasPrefix(name, "n")
	name = strings.TrimPrefix(name, "n")
	expression := pattern
	switch name {
	case "like", "ilike":
		expression = likeExpression(pattern)
		if strings.HasSuffix(strings.ReplaceAll(pattern, `\\`, ""), `\`) {
			// PostgreSQL says so only if some row's text gets as far as the end of the pattern.
			return nil, &store.DataError{Message: "LIKE pattern must not end with escape character"}
		}
	case "similar":
		expression = similarExpression(pattern)
	}
	if name == "ilike" || name == "iregex" {
		expression = "(?i)" + expression
	}
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return nil, &store.DataError{Message: "invalid regular expression: " + err.Error()}
	}
	return func(v any) bool {
		s, _ := v.(string)
		return compiled.MatchString(s) != negate
	}, nil
}

// likeExpression turns a pattern of LIKE into a regular expression.
func likeExpression(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

// similarExpression turns a pattern of SIMILAR TO into a regular expression: its
// own wildcards, the alternatives and repetitions of regular expressions.
func similarExpression(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A(?:`)
	for _, r := range pattern {
		switch r {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		case '.', '^', '$':
			b.WriteString(regexp.QuoteMeta(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString(`)\z`)
	return b.String()
}
