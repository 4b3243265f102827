package query

import (
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// truth is SQL's three-valued logic.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// predicate is a compiled condition over a row.
type predicate func(tx *store.Tx, row store.Row) truth

func always(*store.Tx, store.Row) truth { return yes }

func all(list []predicate) predicate {
	switch len(list) {
	case 0:
		return always
	case 1:
		return list[0]
	}
	return func(tx *store.Tx, row store.Row) truth {
		result := yes
		for _, p := range list {
			if result = min(result, p(tx, row)); result == no {
				return no
			}
		}
		return result
	}
}

func anyOf(list []predicate) predicate {
	return func(tx *store.Tx, row store.Row) truth {
		result := no
		for _, p := range list {
			if result = max(result, p(tx, row)); result == yes {
				return yes
			}
		}
		return result
	}
}

// asFields reads an input object, of which variables within custom scalars may
// have left a map.
func asFields(v any) Fields {
	f, _ := v.(Fields)
	return f
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

// compileWhere compiles a bool_exp. Parts that are null hold for every row, as in
// the Hasura that Prefect Server runs, which collapses nulls.
func (e *Engine) compileWhere(t *schema.Table, where any) (predicate, error) {
	var parts []predicate
	for _, f := range asFields(where) {
		if f.Value == nil {
			continue
		}
		p, err := e.compileCondition(t, f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return all(parts), nil
}

func (e *Engine) compileCondition(t *schema.Table, f NamedValue) (predicate, error) {
	switch f.Name {
	case "_and", "_or":
		var parts []predicate
		for _, w := range asList(f.Value) {
			p, err := e.compileWhere(t, w)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
		if f.Name == "_or" {
			return anyOf(parts), nil
		}
		return all(parts), nil
	case "_not":
		p, err := e.compileWhere(t, f.Value)
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx, row store.Row) truth { return p(tx, row).not() }, nil
	}
	if c := t.Column(f.Name); c != nil {
		return compileComparisons(c, asFields(f.Value))
	}
	return e.compileExists(t.Relationship(f.Name), f.Value)
}

// compileExists holds if some related row meets the condition.
func (e *Engine) compileExists(r *schema.Relationship, where any) (predicate, error) {
	if r == nil {
		return nil, fmt.Errorf("relationship: %w", store.ErrUnknown)
	}
	p, err := e.compileWhere(e.database.Table(r.Table), where)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx, row store.Row) truth {
		for _, other := range related(tx, r, row) {
			if p(tx, other) == yes {
				return yes
			}
		}
		return no
	}, nil
}

// related returns the rows that a relationship leads to.
func related(tx *store.Tx, r *schema.Relationship, row store.Row) []store.Row {
	key, ok := row[r.Column].(string)
	if !ok {
		return nil
	}
	if r.Remote == "id" {
		if other, ok := tx.Get(r.Table, key); ok {
			return []store.Row{other}
		}
		return nil
	}
	return tx.By(r.Table, r.Remote, key)
}

// candidates returns rows among which are all that a condition can hold for, found through indexes, in no particular
// order. It returns false if every row must be checked.
func (e *Engine) candidates(tx *store.Tx, t *schema.Table, where any) ([]store.Row, bool) {
	var best []store.Row
	found := false
	offer := func(rows []store.Row, ok bool) {
		if ok && (!found || len(rows) < len(best)) {
			best, found = rows, true
		}
	}
	for _, f := range asFields(where) {
		if f.Value == nil || (found && len(best) <= 1) {
			continue
		}
		switch {
		case f.Name == "_and":
			for _, w := range asList(f.Value) {
				offer(e.candidates(tx, t, w))
			}
		case f.Name == "_or", f.Name == "_not":
		case t.Column(f.Name) != nil:
			offer(lookUp(tx, t, f.Name, asFields(f.Value)))
		default:
			offer(e.candidatesThrough(tx, t, t.Relationship(f.Name), f.Value))
		}
	}
	return best, found
}

// lookUp finds the rows for which an indexed column has one of the wanted values.
func lookUp(tx *store.Tx, t *schema.Table, column string, operators Fields) ([]store.Row, bool) {
	if !tx.Indexed(t.Name, column) {
		return nil, false
	}
	if v, ok := operators.Get("_eq"); ok && v != nil {
		return tx.By(t.Name, column, v), true
	}
	v, ok := operators.Get("_in")
	if !ok || v == nil {
		return nil, false
	}
	var rows []store.Row
	seen := map[any]bool{}
	for _, wanted := range asList(v) {
		value, err := store.Value(t.Column(column), wanted)
		if err != nil || seen[value] {
			continue
		}
		seen[value] = true
		rows = append(rows, tx.By(t.Name, column, value)...)
	}
	return rows, true
}

// candidatesThrough finds candidates from those on the other side of a
// relationship.
func (e *Engine) candidatesThrough(
	tx *store.Tx, t *schema.Table, r *schema.Relationship, where any,
) ([]store.Row, bool) {
	if r == nil || !tx.Indexed(t.Name, r.Column) {
		return nil, false
	}
	others, ok := e.candidates(tx, e.database.Table(r.Table), where)
	if !ok {
		return nil, false
	}
	var rows []store.Row
	seen := map[string]bool{}
	for _, other := range others {
		key, ok := other[r.Remote].(string)
		if !ok || seen[key] {
			continue
		}
		seen[key] = true
		rows = append(rows, tx.By(t.Name, r.Column, key)...)
	}
	return rows, true
}
