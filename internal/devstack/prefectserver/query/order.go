package query

import (
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// sortKey is one compiled term of order_by.
type sortKey struct {
	column     string // of the table itself, "" for terms through relationships
	value      func(tx *store.Tx, row store.Row) any
	descending bool
	nullsFirst bool
}

func newKey(column, direction string, value func(*store.Tx, store.Row) any) sortKey {
	descending := strings.HasPrefix(direction, "desc")
	nullsFirst := descending // PostgreSQL takes NULL for the largest value
	if strings.HasSuffix(direction, "_nulls_first") {
		nullsFirst = true
	} else if strings.HasSuffix(direction, "_nulls_last") {
		nullsFirst = false
	}
	return sortKey{column: column, value: value, descending: descending, nullsFirst: nullsFirst}
}

// compileOrder compiles the order_by argument.
func (e *Engine) compileOrder(t *schema.Table, orderBy any) []sortKey {
	terms := asList(orderBy)
	out := make([]sortKey, 0, len(terms))
	for _, term := range terms {
		out = append(out, e.compileTerm(t, asFields(term))...)
	}
	return out
}

func (e *Engine) compileTerm(t *schema.Table, term Fields) []sortKey {
	out := make([]sortKey, 0, len(term))
	for _, f := range term {
		if f.Value == nil {
			continue
		}
		if direction, ok := f.Value.(string); ok {
			name := f.Name
			out = append(out, newKey(name, direction, func(_ *store.Tx, row store.Row) any { return row[name] }))
			continue
		}
		if r := t.Relationship(f.Name); r != nil {
			for _, k := range e.compileTerm(e.database.Table(r.Table), asFields(f.Value)) {
				out = append(out, k.through(r))
			}
			continue
		}
		if r := t.Relationship(strings.TrimSuffix(f.Name, "_aggregate")); r != nil {
			out = append(out, e.compileAggregateTerm(r, asFields(f.Value))...)
		}
	}
	return out
}

// through is a key of the related row, NULL if there is none.
func (k sortKey) through(r *schema.Relationship) sortKey {
	inner := k.value
	k.column = ""
	k.value = func(tx *store.Tx, row store.Row) any {
		if found := related(tx, r, row); len(found) > 0 {
			return inner(tx, found[0])
		}
		return nil
	}
	return k
}

// compileAggregateTerm orders by count or a function over the related rows.
func (e *Engine) compileAggregateTerm(r *schema.Relationship, term Fields) []sortKey {
	var out []sortKey
	for _, f := range term {
		if direction, ok := f.Value.(string); ok {
			out = append(out, newKey("", direction, func(tx *store.Tx, row store.Row) any {
				return int64(len(related(tx, r, row)))
			}))
			continue
		}
		for _, column := range asFields(f.Value) {
			direction, ok := column.Value.(string)
			if !ok {
				continue
			}
			function, name := f.Name, column.Name
			out = append(out, newKey("", direction, func(tx *store.Tx, row store.Row) any {
				return aggregate(function, name, related(tx, r, row))
			}))
		}
	}
	return out
}

// sortRows returns the rows in order; equal ones keep theirs.
func sortRows(tx *store.Tx, rows []store.Row, keys []sortKey) []store.Row {
	if len(keys) == 0 || len(rows) < 2 {
		return rows
	}
	type keyed struct {
		row    store.Row
		values []any
	}
	list := make([]keyed, len(rows))
	for i, row := range rows {
		values := make([]any, len(keys))
		for j, k := range keys {
			values[j] = k.value(tx, row)
		}
		list[i] = keyed{row, values}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		for i, k := range keys {
			if n := k.compare(a.values[i], b.values[i]); n != 0 {
				return n
			}
		}
		return 0
	})
	out := make([]store.Row, len(list))
	for i, k := range list {
		out[i] = k.row
	}
	return out
}

func (k sortKey) compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == k.nullsFirst {
			return -1
		}
		return 1
	case k.descending:
		return compareValues(b, a)
	default:
		return compareValues(a, b)
	}
}
