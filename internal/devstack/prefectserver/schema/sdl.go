package schema

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Scalar is the name under which GraphQL publishes a column type.
func (t Type) Scalar() string {
	switch t {
	case UUID:
		return "uuid"
	case Text:
		return "String"
	case Integer:
		return "Int"
	case Boolean:
		return "Boolean"
	case Timestamp:
		return "timestamptz"
	case JSON:
		return "jsonb"
	case Interval:
		return "interval"
	default:
		return "String"
	}
}

// Comparison is an operator of the where argument. Operand is a GraphQL type;
// $ in it stands for the column's scalar.
type Comparison struct {
	Operator string
	Operand  string
}

// Comparisons are the operators that columns of a type can be filtered with.
func Comparisons(t Type) []Comparison {
	all := []Comparison{
		{"_eq", "$"},
		{"_neq", "$"},
		{"_gt", "$"},
		{"_gte", "$"},
		{"_lt", "$"},
		{"_lte", "$"},
		{"_in", "[$!]"},
		{"_nin", "[$!]"},
		{"_is_null", "Boolean"},
	}
	switch t {
	case Text:
		for _, operator := range []string{
			"_like", "_nlike", "_ilike", "_nilike", "_similar", "_nsimilar", "_regex", "_iregex", "_nregex", "_niregex",
		} {
			all = append(all, Comparison{operator, "String"})
		}
	case JSON:
		all = append(all, Comparison{"_contains", "$"}, Comparison{"_contained_in", "$"}, Comparison{"_has_key", "String"},
			Comparison{"_has_keys_any", "[String!]"}, Comparison{"_has_keys_all", "[String!]"})
	}
	return all
}

// Aggregate is a function over a column, besides count.
type Aggregate struct {
	Name    string
	Applies func(Type) bool
	Type    func(Type) string // of the result
}

// Aggregates are the functions over columns that <table>_aggregate offers.
func Aggregates() []Aggregate {
	ordered := func(t Type) bool { return t != JSON && t != Boolean }
	numeric := func(t Type) bool { return t == Integer }
	same := Type.Scalar
	float := func(Type) string { return "Float" }
	return []Aggregate{
		{"max", ordered, same},
		{"min", ordered, same},
		{"sum", numeric, same},
		{"avg", numeric, float},
		{"stddev", numeric, float},
		{"stddev_pop", numeric, float},
		{"stddev_samp", numeric, float},
		{"var_pop", numeric, float},
		{"var_samp", numeric, float},
		{"variance", numeric, float},
	}
}

// SDL is the whole public schema in the schema definition language.
func SDL(d *Database, o Operations) string {
	w := &writer{}
	w.scalars()
	query := []Field{}
	arguments := map[string][]Field{}
	for _, t := range d.All() {
		w.table(t)
		list := listArguments(t.Name)
		for _, root := range []struct {
			name, typ string
			arguments []Field
		}{
			{t.Name, "[" + t.Name + "!]!", list},
			{t.Name + "_aggregate", t.Name + "_aggregate!", list},
			{t.Name + "_by_pk", t.Name, []Field{{"id", "uuid!"}}},
		} {
			if t.NoPrimaryKey && root.name == t.Name+"_by_pk" {
				continue
			}
			query = append(query, Field{root.name, root.typ})
			arguments[root.name] = root.arguments
		}
	}
	for _, f := range d.Functions {
		input := f.Name + "_args"
		w.object("input", input, f.Arguments, nil)
		for _, root := range f.roots() {
			query = append(query, root)
			arguments[root.Name] = append([]Field{{"args", input + "!"}}, listArguments(f.Table.Name)...)
		}
	}
	for _, operation := range o.Queries {
		query = append(query, Field{operation.Name, operation.Type})
		arguments[operation.Name] = operation.Arguments
	}
	w.object("type", "Query", query, arguments)
	mutation := make([]Field, 0, len(o.Mutations))
	for _, operation := range o.Mutations {
		mutation = append(mutation, Field{operation.Name, operation.Type})
		arguments[operation.Name] = operation.Arguments
	}
	w.object("type", "Mutation", mutation, arguments)
	for _, r := range o.Payloads {
		w.object("type", r.Name, r.Fields, nil)
	}
	for _, r := range o.Inputs {
		w.object("input", r.Name, r.Fields, nil)
	}
	for _, e := range o.Enums {
		w.enum(e.Name, e.Values)
	}
	return w.String()
}

// load parses the schema once: it takes longer than starting a server.
var load = sync.OnceValues(func() (*ast.Schema, error) {
	parsed, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: SDL(NewDatabase(), NewOperations())})
	if err != nil {
		return nil, fmt.Errorf("generated schema: %w", err)
	}
	return parsed, nil
})

// Load returns the parsed schema. It is shared: do not modify it.
func Load() (*ast.Schema, error) { return load() }

type writer struct{ strings.Builder }

func (w *writer) scalars() {
	for _, name := range []string{"uuid", "timestamptz", "jsonb", "interval", "_uuid", "UUID", "DateTime", "JSON"} {
		fmt.Fprintf(w, "scalar %s\n", name)
	}
	w.enum("order_by", []string{"asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"})
	for _, t := range []Type{UUID, Text, Integer, Boolean, Timestamp, JSON, Interval} {
		comparisons := Comparisons(t)
		fields := make([]Field, 0, len(comparisons))
		for _, c := range comparisons {
			fields = append(fields, Field{c.Operator, strings.ReplaceAll(c.Operand, "$", t.Scalar())})
		}
		w.object("input", t.Scalar()+"_comparison_exp", fields, nil)
	}
}

func (w *writer) enum(name string, values []string) {
	fmt.Fprintf(w, "enum %s {\n  %s\n}\n", name, strings.Join(values, "\n  "))
}

func (w *writer) object(kind, name string, fields []Field, arguments map[string][]Field) {
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(w, "%s %s {\n", kind, name)
	for _, f := range fields {
		w.WriteString("  " + f.Name)
		if given := arguments[f.Name]; len(given) > 0 {
			parts := make([]string, len(given))
			for i, a := range given {
				parts[i] = a.Name + ": " + a.Type
			}
			w.WriteString("(" + strings.Join(parts, ", ") + ")")
		}
		w.WriteString(": " + f.Type + "\n")
	}
	w.WriteString("}\n")
}

func listArguments(table string) []Field {
	return []Field{
		{"distinct_on", "[" + table + "_select_column!]"},
		{"limit", "Int"},
		{"offset", "Int"},
		{"order_by", "[" + table + "_order_by!]"},
		{"where", table + "_bool_exp"},
	}
}

// table writes the types of one table.
func (w *writer) table(t *Table) {
	fields, arguments := tableFields(t)
	w.object("type", t.Name, fields, arguments)
	w.filter(t)
	w.order(t)
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	w.enum(t.Name+"_select_column", names)
	w.aggregates(t)
}

func tableFields(t *Table) ([]Field, map[string][]Field) {
	fields := []Field{}
	arguments := map[string][]Field{}
	for _, c := range t.Columns {
		typ := c.Type.Scalar()
		if c.NotNull {
			typ += "!"
		}
		fields = append(fields, Field{c.Name, typ})
		if c.Type == JSON {
			arguments[c.Name] = []Field{{"path", "String"}}
		}
	}
	for _, r := range t.Relationships {
		if !r.Array {
			fields = append(fields, Field{r.Name, r.Table})
			continue
		}
		fields = append(fields, Field{r.Name, "[" + r.Table + "!]!"}, Field{r.Name + "_aggregate", r.Table + "_aggregate!"})
		arguments[r.Name] = listArguments(r.Table)
		arguments[r.Name+"_aggregate"] = listArguments(r.Table)
	}
	return fields, arguments
}

func (w *writer) filter(t *Table) {
	name := t.Name + "_bool_exp"
	fields := make([]Field, 0, 3+len(t.Columns)+len(t.Relationships))
	fields = append(fields, Field{"_and", "[" + name + "!]"}, Field{"_not", name}, Field{"_or", "[" + name + "!]"})
	for _, c := range t.Columns {
		fields = append(fields, Field{c.Name, c.Type.Scalar() + "_comparison_exp"})
	}
	for _, r := range t.Relationships {
		fields = append(fields, Field{r.Name, r.Table + "_bool_exp"})
	}
	w.object("input", name, fields, nil)
}

func (w *writer) order(t *Table) {
	fields := []Field{}
	for _, c := range t.Columns {
		fields = append(fields, Field{c.Name, "order_by"})
	}
	for _, r := range t.Relationships {
		if r.Array {
			fields = append(fields, Field{r.Name + "_aggregate", r.Table + "_aggregate_order_by"})
		} else {
			fields = append(fields, Field{r.Name, r.Table + "_order_by"})
		}
	}
	w.object("input", t.Name+"_order_by", fields, nil)
}

// aggregates writes what <table>_aggregate returns, and how to order by it.
func (w *writer) aggregates(t *Table) {
	name := t.Name + "_aggregate"
	w.object("type", name, []Field{{"aggregate", name + "_fields"}, {"nodes", "[" + t.Name + "!]!"}}, nil)
	fields := []Field{{"count", "Int!"}}
	order := []Field{{"count", "order_by"}}
	for _, a := range Aggregates() {
		results, orders := []Field{}, []Field{}
		for _, c := range t.Columns {
			if a.Applies(c.Type) {
				results = append(results, Field{c.Name, a.Type(c.Type)})
				orders = append(orders, Field{c.Name, "order_by"})
			}
		}
		if len(results) == 0 {
			continue
		}
		typ := t.Name + "_" + a.Name
		w.object("type", typ+"_fields", results, nil)
		w.object("input", typ+"_order_by", orders, nil)
		fields = append(fields, Field{a.Name, typ + "_fields"})
		order = append(order, Field{a.Name, typ + "_order_by"})
	}
	w.object("type", name+"_fields", fields, map[string][]Field{
		"count": {{"columns", "[" + t.Name + "_select_column!]"}, {"distinct", "Boolean"}},
	})
	w.object("input", name+"_order_by", order, nil)
}
