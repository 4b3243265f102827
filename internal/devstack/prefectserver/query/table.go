package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// list is the compiled arguments of a list of rows.
type list struct {
	table    string
	where    predicate
	order    []sortKey
	distinct []string
	limit    int64 // negative for none
	offset   int64
}

func (e *Engine) compileList(t *schema.Table, arguments Fields) (*list, error) {
	where, _ := arguments.Get("where")
	p, err := e.compileWhere(t, where)
	if err != nil {
		return nil, err
	}
	orderBy, _ := arguments.Get("order_by")
	l := &list{table: t.Name, where: p, order: e.compileOrder(t, orderBy), limit: -1}
	distinct, _ := arguments.Get("distinct_on")
	for _, c := range asList(distinct) {
		l.distinct = append(l.distinct, fmt.Sprint(c))
	}
	l.leadWithDistinct()
	for name, target := range map[string]*int64{"limit": &l.limit, "offset": &l.offset} {
		if v, _ := arguments.Get(name); v != nil {
			n, _ := v.(int64)
			if n < 0 {
				return nil, &store.DataError{Message: strings.ToUpper(name) + " must not be negative"}
			}
			*target = n
		}
	}
	return l, nil
}

// leadWithDistinct makes the rows that distinct_on compares neighbours.
func (l *list) leadWithDistinct() {
	if len(l.distinct) == 0 {
		return
	}
	var lead []sortKey
	rest := slices.Clone(l.order)
	for _, column := range l.distinct {
		i := slices.IndexFunc(rest, func(k sortKey) bool { return k.column == column })
		if i < 0 {
			lead = append(lead, newKey(column, "asc", func(_ *store.Tx, row store.Row) any { return row[column] }))
			continue
		}
		lead = append(lead, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	l.order = slices.Concat(lead, rest)
}

// apply filters, orders and cuts rows of the table.
func (l *list) apply(tx *store.Tx, rows []store.Row) []store.Row {
	rows = tx.ByLastWrite(l.table, rows)
	enough := -1
	if len(l.order) == 0 && len(l.distinct) == 0 && l.limit >= 0 {
		enough = int(l.offset + l.limit)
	}
	var out []store.Row
	for _, row := range rows {
		if enough >= 0 && len(out) >= enough {
			break
		}
		if l.where(tx, row) == yes {
			out = append(out, row)
		}
	}
	out = sortRows(tx, out, l.order)
	if len(l.distinct) > 0 {
		out = slices.CompactFunc(out, func(a, b store.Row) bool {
			return !slices.ContainsFunc(l.distinct, func(c string) bool { return !sameColumn(a[c], b[c]) })
		})
	}
	out = out[min(int(l.offset), len(out)):]
	if l.limit >= 0 {
		out = out[:min(int(l.limit), len(out))]
	}
	return out
}

func sameColumn(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return compareValues(a, b) == 0
}

// projection makes the response object of a row.
type projection func(tx *store.Tx, row store.Row) any

func each(tx *store.Tx, rows []store.Row, p projection) any {
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = p(tx, row)
	}
	return out
}

// compileObject compiles a selection on a table. Everything that does not depend
// on the row is done here, once.
func (e *Engine) compileObject(
	t *schema.Table, sets []ast.SelectionSet, variables map[string]any,
) (projection, error) {
	fields := collect(sets, variables)
	keys := make([]string, len(fields))
	parts := make([]projection, len(fields))
	for i, f := range fields {
		part, err := e.compileField(t, f, variables)
		if err != nil {
			return nil, err
		}
		keys[i], parts[i] = f.key, part
	}
	return func(tx *store.Tx, row store.Row) any {
		values := make([]any, len(parts))
		for i, part := range parts {
			values[i] = part(tx, row)
		}
		return &Object{Keys: keys, Values: values}
	}, nil
}

func (e *Engine) compileField(t *schema.Table, f selected, variables map[string]any) (projection, error) {
	name := f.name()
	if name == "__typename" {
		return func(*store.Tx, store.Row) any { return t.Name }, nil
	}
	if t.Column(name) != nil {
		path, _ := e.arguments(f.fields[0], variables).Get("path")
		steps, ok := path.(string)
		if !ok {
			return func(_ *store.Tx, row store.Row) any { return row[name] }, nil
		}
		return func(_ *store.Tx, row store.Row) any { return walk(row[name], steps) }, nil
	}
	if r := t.Relationship(name); r != nil {
		return e.compileRelationship(r, f, variables)
	}
	r := t.Relationship(strings.TrimSuffix(name, "_aggregate"))
	if r == nil {
		return nil, fmt.Errorf("field %s of %s: %w", name, t.Name, store.ErrUnknown)
	}
	of, err := e.compileAggregate(e.database.Table(r.Table), f, variables)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx, row store.Row) any { return of(tx, related(tx, r, row)) }, nil
}

func (e *Engine) compileRelationship(r *schema.Relationship, f selected, variables map[string]any) (projection, error) {
	other := e.database.Table(r.Table)
	object, err := e.compileObject(other, f.children(), variables)
	if err != nil {
		return nil, err
	}
	if !r.Array {
		return func(tx *store.Tx, row store.Row) any {
			if found := related(tx, r, row); len(found) > 0 {
				return object(tx, found[0])
			}
			return nil
		}, nil
	}
	l, err := e.compileList(other, e.arguments(f.fields[0], variables))
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx, row store.Row) any { return each(tx, l.apply(tx, related(tx, r, row)), object) }, nil
}

// walk follows a path such as $.clocks[0].cron into a document, null where it
// leads nowhere.
func walk(v any, path string) any {
	split := func(r rune) bool { return r == '.' || r == '[' || r == ']' }
	for _, step := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), split) {
		step = strings.Trim(step, `"'`)
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if i < 0 {
				i += len(x)
			}
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// resolveTable answers a table's root fields: the list, _aggregate and _by_pk.
func (e *Engine) resolveTable(t *schema.Table, f selected, variables map[string]any) (any, error) {
	arguments := e.arguments(f.fields[0], variables)
	switch f.name() {
	case t.Name + "_by_pk":
		return e.resolveByID(t, f, arguments, variables)
	case t.Name + "_aggregate":
		of, err := e.compileAggregate(t, f, variables)
		if err != nil {
			return nil, err
		}
		return e.read(func(tx *store.Tx) any { return of(tx, e.rows(tx, t, arguments)) })
	default:
		object, err := e.compileObject(t, f.children(), variables)
		if err != nil {
			return nil, err
		}
		l, err := e.compileList(t, arguments)
		if err != nil {
			return nil, err
		}
		return e.read(func(tx *store.Tx) any { return each(tx, l.apply(tx, e.rows(tx, t, arguments)), object) })
	}
}

func (e *Engine) resolveByID(t *schema.Table, f selected, arguments Fields, variables map[string]any) (any, error) {
	object, err := e.compileObject(t, f.children(), variables)
	if err != nil {
		return nil, err
	}
	given, _ := arguments.Get("id")
	id, err := store.Value(t.Column("id"), given)
	if err != nil {
		return nil, fmt.Errorf("id of %s: %w", t.Name, err)
	}
	return e.read(func(tx *store.Tx) any {
		if row, ok := tx.Get(t.Name, fmt.Sprint(id)); ok {
			return object(tx, row)
		}
		return nil
	})
}

func (e *Engine) read(f func(tx *store.Tx) any) (any, error) {
	var out any
	err := e.store.View(func(tx *store.Tx) error {
		out = f(tx)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return out, nil
}

// rows are those that a root field has to look at.
func (e *Engine) rows(tx *store.Tx, t *schema.Table, arguments Fields) []store.Row {
	where, _ := arguments.Get("where")
	if rows, ok := e.candidates(tx, t, where); ok {
		return rows
	}
	rows := make([]store.Row, 0, tx.Count(t.Name))
	for row := range tx.Scan(t.Name) {
		rows = append(rows, row)
	}
	return rows
}
