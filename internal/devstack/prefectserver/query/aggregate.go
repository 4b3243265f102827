package query

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// aggregate applies a function to a column of rows, leaving NULLs out. The result over no values is NULL.
func aggregate(function, column string, rows []store.Row) any {
	var values []any
	for _, row := range rows {
		if v := row[column]; v != nil {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return nil
	}
	switch function {
	case "max", "min":
		best := values[0]
		for _, v := range values[1:] {
			if n := compareValues(v, best); (n > 0) == (function == "max") && n != 0 {
				best = v
			}
		}
		return best
	case "sum":
		var sum int64
		for _, v := range values {
			n, _ := v.(int64)
			sum += n
		}
		return sum
	default:
		return statistic(function, values)
	}
}

// statistic computes the mean and the measures of spread.
func statistic(function string, values []any) any {
	n, mean := float64(len(values)), 0.0
	for _, v := range values {
		i, _ := v.(int64)
		mean += float64(i) / n
	}
	squares := 0.0
	for _, v := range values {
		i, _ := v.(int64)
		squares += (float64(i) - mean) * (float64(i) - mean)
	}
	switch function {
	case "avg":
		return mean
	case "var_pop":
		return squares / n
	case "stddev_pop":
		return math.Sqrt(squares / n)
	}
	if n < 2 { // a sample of one has no spread
		return nil
	}
	if function == "variance" || function == "var_samp" {
		return squares / (n - 1)
	}
	return math.Sqrt(squares / (n - 1))
}

// compileAggregate compiles the fields of <table>_aggregate.
func (e *Engine) compileAggregate(
	t *schema.Table, field selected, variables map[string]any,
) (func(*store.Tx, []store.Row) any, error) {
	list, err := e.compileList(t, e.arguments(field.fields[0], variables))
	if err != nil {
		return nil, err
	}
	fields := collect(field.children(), variables)
	keys := make([]string, 0, len(fields))
	parts := make([]func(*store.Tx, []store.Row) any, 0, len(fields))
	for _, f := range fields {
		part, err := e.compileAggregateField(t, f, variables)
		if err != nil {
			return nil, err
		}
		keys = append(keys, f.key)
		parts = append(parts, part)
	}
	return func(tx *store.Tx, rows []store.Row) any {
		rows = list.apply(tx, rows)
		values := make([]any, len(parts))
		for i, part := range parts {
			values[i] = part(tx, rows)
		}
		return &Object{Keys: keys, Values: values}
	}, nil
}

func (e *Engine) compileAggregateField(
	t *schema.Table, f selected, variables map[string]any,
) (func(*store.Tx, []store.Row) any, error) {
	switch f.name() {
	case "nodes":
		node, err := e.compileObject(t, f.children(), variables)
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx, rows []store.Row) any { return each(tx, rows, node) }, nil
	case "aggregate":
		return e.compileFunctions(f, variables), nil
	default:
		name := f.onType()
		return func(*store.Tx, []store.Row) any { return name }, nil
	}
}

// compileFunctions compiles count and the functions over columns.
func (e *Engine) compileFunctions(field selected, variables map[string]any) func(*store.Tx, []store.Row) any {
	fields := collect(field.children(), variables)
	keys := make([]string, 0, len(fields))
	parts := make([]func([]store.Row) any, 0, len(fields))
	for _, f := range fields {
		keys = append(keys, f.key)
		switch f.name() {
		case "count":
			parts = append(parts, counter(e.arguments(f.fields[0], variables)))
		case "__typename":
			name := f.onType()
			parts = append(parts, func([]store.Row) any { return name })
		default:
			parts = append(parts, columnsOf(f, variables))
		}
	}
	return func(_ *store.Tx, rows []store.Row) any {
		values := make([]any, len(parts))
		for i, part := range parts {
			values[i] = part(rows)
		}
		return &Object{Keys: keys, Values: values}
	}
}

// columnsOf applies one function to each of the columns selected below it.
func columnsOf(field selected, variables map[string]any) func([]store.Row) any {
	function := field.name()
	columns := collect(field.children(), variables)
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.key
	}
	return func(rows []store.Row) any {
		values := make([]any, len(columns))
		for i, c := range columns {
			if c.name() == "__typename" {
				values[i] = c.onType()
				continue
			}
			values[i] = aggregate(function, c.name(), rows)
		}
		return &Object{Keys: keys, Values: values}
	}
}

// counter counts rows, or the rows whose columns are not NULL, or their distinct
// values.
func counter(arguments Fields) func([]store.Row) any {
	columns, _ := arguments.Get("columns")
	distinct, _ := arguments.Get("distinct")
	wanted := asList(columns)
	return func(rows []store.Row) any {
		if len(wanted) == 0 {
			return int64(len(rows))
		}
		seen := map[string]bool{}
		count := int64(0)
		for _, row := range rows {
			key, ok := tuple(row, wanted)
			if !ok || (distinct == true && seen[key]) {
				continue
			}
			seen[key] = true
			count++
		}
		return count
	}
}

// tuple is the columns of a row as one key, and false if a single column is NULL.
func tuple(row store.Row, columns []any) (string, bool) {
	values := make([]any, len(columns))
	for i, c := range columns {
		values[i] = row[fmt.Sprint(c)]
	}
	if len(values) == 1 && values[0] == nil {
		return "", false
	}
	raw, err := json.Marshal(values)
	return string(raw), err == nil
}
