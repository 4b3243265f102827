package prefectserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

const introspection = `{ __schema { queryType { name } mutationType { name } types { kind name
	fields { name type { ...T } args { name type { ...T } } } inputFields { name type { ...T } } enumValues { name } } } }
	fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

func (t typeRef) String() string {
	switch t.Kind {
	case "NON_NULL":
		return t.OfType.String() + "!"
	case "LIST":
		return "[" + t.OfType.String() + "]"
	}
	return t.Name
}

type published struct {
	Kind, Name string
	Fields     []struct {
		Name string
		Type typeRef
		Args []argument
	}
	InputFields []argument
	EnumValues  []struct{ Name string }
}

type argument struct {
	Name string
	Type typeRef
}

func signature(arguments []argument) string {
	parts := make([]string, len(arguments))
	for i, a := range arguments {
		parts[i] = a.Name + ": " + a.Type.String()
	}
	return strings.Join(parts, ", ")
}

// published are all types by name. Fields are written name(arguments): type.
type publishedSchema map[string]published

func introspect(t *testing.T) publishedSchema {
	t.Helper()
	_, url := newServer(t, prefectserver.Options{})
	body, err := json.Marshal(map[string]any{"query": introspection})
	if err != nil {
		t.Fatal(err)
	}
	_, answer := send(t, url, body)
	raw, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var decoded struct {
		Data struct {
			Schema struct {
				QueryType, MutationType struct{ Name string }
				Types                   []published
			} `json:"__schema"`
		}
	}
	if err := json.Unmarshal(raw, &decoded); err != nil {
		t.Fatal(err)
	}
	if s := decoded.Data.Schema; s.QueryType.Name != "Query" || s.MutationType.Name != "Mutation" {
		t.Fatalf("roots %+v, %+v", s.QueryType, s.MutationType)
	}
	types := publishedSchema{}
	for _, typ := range decoded.Data.Schema.Types {
		types[typ.Name] = typ
	}
	return types
}

// fields are the fields of an object or input type, or the values of an enumeration.
func (s publishedSchema) fields(name string) map[string]string {
	found := map[string]string{}
	for _, f := range s[name].Fields {
		arguments := ""
		if len(f.Args) > 0 {
			arguments = "(" + signature(f.Args) + ")"
		}
		found[f.Name] = arguments + ": " + f.Type.String()
	}
	for _, f := range s[name].InputFields {
		found[f.Name] = ": " + f.Type.String()
	}
	for _, v := range s[name].EnumValues {
		found[v.Name] = ""
	}
	return found
}

// operations writes down the operations beside the tables' in the form of the recording.
func (s publishedSchema) operations(tables []string) []string {
	var lines []string
	record := func(name string) string {
		if s[name].Kind != "OBJECT" {
			return name
		}
		parts := make([]string, len(s[name].Fields))
		for i, f := range s[name].Fields {
			parts[i] = f.Name + ": " + f.Type.String()
		}
		return name + "{" + strings.Join(parts, ", ") + "}"
	}
	used := map[string]bool{}
	for _, m := range s["Mutation"].Fields {
		input := strings.TrimSuffix(m.Args[0].Type.String(), "!")
		used[input] = true
		if signature(m.Args) != "input: "+m.Name+"_input!" {
			input += " as " + signature(m.Args)
		}
		lines = append(lines, fmt.Sprintf("mutation\t%s\t%s(%s)\t%s", m.Name, input, signature(s[input].InputFields), record(m.Type.String())))
	}
	ofTable := func(name string) bool {
		return slices.ContainsFunc(tables, func(table string) bool {
			return name == table || strings.HasPrefix(name, table+"_") && name != "log_level" && name != "cloud_hook_type"
		})
	}
	for _, q := range s["Query"].Fields {
		if !ofTable(q.Name) && !strings.HasPrefix(q.Name, "utility_") {
			lines = append(lines, fmt.Sprintf("query\t%s\t(%s)\t%s", q.Name, signature(q.Args), record(q.Type.String())))
		}
	}
	for name, typ := range s {
		switch {
		case strings.HasPrefix(name, "__"), used[name], ofTable(name), strings.HasPrefix(name, "utility_"), name == "order_by",
			strings.HasSuffix(name, "_comparison_exp"):
		case typ.Kind == "ENUM":
			lines = append(lines, fmt.Sprintf("enum\t%s\t%s\t", name, values(typ)))
		case typ.Kind == "INPUT_OBJECT":
			lines = append(lines, fmt.Sprintf("input\t%s\t%s\t", name, signature(typ.InputFields)))
		}
	}
	return lines
}

func values(typ published) string {
	names := make([]string, len(typ.EnumValues))
	for i, v := range typ.EnumValues {
		names[i] = v.Name
	}
	return strings.Join(names, ", ")
}

// recorded are the lines of a recording with one of these beginnings.
func recorded(t *testing.T, path string, kinds ...string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if slices.Contains(kinds, cells[0]) {
			lines = append(lines, cells)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("%s has no %v", path, kinds)
	}
	return lines
}

const tablesRecording = "schema/testdata/tables.tsv"

func tableNames(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, cells := range recorded(t, tablesRecording, "column") {
		names[cells[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// TestOperationsAreTheRealOnes compares every operation, its input, its payload and the
// types in them with the real service's introspection.
func TestOperationsAreTheRealOnes(t *testing.T) {
	t.Parallel()
	types := introspect(t)
	var want []string
	for _, cells := range recorded(t, "testdata/operations.tsv", "mutation", "query", "enum", "input") {
		want = append(want, strings.Join(cells, "\t"))
	}
	got := types.operations(tableNames(t))
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, cells := range recorded(t, "testdata/operations.tsv", "scalar") {
		if types[cells[1]].Kind != "SCALAR" {
			t.Errorf("scalar %s is %q", cells[1], types[cells[1]].Kind)
		}
	}
}

// TestTablesAreTheRealOnes compares what is published of every table with the real
// database's columns and the metadata's relationships: no field more, none less.
func TestTablesAreTheRealOnes(t *testing.T) {
	t.Parallel()
	types := introspect(t)
	want := publishedTables(t)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if diff := cmp.Diff(want[name], types.fields(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	roots := types.fields("Query")
	for _, table := range tableNames(t) {
		arguments := "(" + listArguments(table) + "): "
		wantRoots := map[string]string{
			table: arguments + "[" + table + "!]!", table + "_aggregate": arguments + table + "_aggregate!", table + "_by_pk": "(id: uuid!): " + table,
		}
		if table == "log" {
			wantRoots["log_by_pk"] = "" // has no key
		}
		for root, typ := range wantRoots {
			if roots[root] != typ {
				t.Errorf("Query.%s%s, want %s", root, roots[root], typ)
			}
		}
	}
}

func listArguments(table string) string {
	return fmt.Sprintf("distinct_on: [%[1]s_select_column!], limit: Int, offset: Int, order_by: [%[1]s_order_by!], where: %[1]s_bool_exp", table)
}

// publishedTables are the types that follow from the recording, by name.
func publishedTables(t *testing.T) map[string]map[string]string {
	t.Helper()
	scalars := map[string]string{
		"uuid": "uuid", "character varying": "String", "character varying(255)": "String", "integer": "Int", "boolean": "Boolean",
		"timestamp with time zone": "timestamptz", "jsonb": "jsonb", "interval": "interval",
	}
	types := map[string]map[string]string{}
	set := func(typ, field, value string) {
		if types[typ] == nil {
			types[typ] = map[string]string{}
		}
		types[typ][field] = value
	}
	for _, cells := range recorded(t, tablesRecording, "column") {
		table, column, scalar, suffix := cells[1], cells[2], scalars[cells[3]], ""
		if cells[4] == "not null" {
			suffix = "!"
		}
		path := ""
		if scalar == "jsonb" {
			path = "(path: String)"
		}
		set(table, column, path+": "+scalar+suffix)
		set(table+"_select_column", column, "")
		set(table+"_bool_exp", column, ": "+scalar+"_comparison_exp")
		set(table+"_order_by", column, ": order_by")
	}
	keys := map[string]string{} // what a foreign key refers to
	for _, cells := range recorded(t, tablesRecording, "constraint") {
		var column, table string
		if _, err := fmt.Sscanf(strings.NewReplacer("(", " ", ")", " ").Replace(cells[3]), "FOREIGN KEY %s REFERENCES %s", &column, &table); err == nil {
			keys[cells[1]+"."+column] = table
		}
	}
	for _, cells := range recorded(t, tablesRecording, "relationship") {
		table, name := cells[1], cells[2]
		if table == "traversal" {
			set("utility_traversal", name, ": task")
			set("utility_traversal", "depth", ": Int")
			set("utility_traversal", "task_id", ": uuid")
			set("utility_traversal", "tenant_id", ": uuid")
			continue
		}
		if cells[3] == "object" {
			other := keys[table+"."+cells[4]]
			set(table, name, ": "+other)
			set(table+"_bool_exp", name, ": "+other+"_bool_exp")
			set(table+"_order_by", name, ": "+other+"_order_by")
			continue
		}
		_, rest, _ := strings.Cut(cells[4], "'name': '")
		other, _, _ := strings.Cut(rest, "'")
		set(table, name, "("+listArguments(other)+"): ["+other+"!]!")
		set(table, name+"_aggregate", "("+listArguments(other)+"): "+other+"_aggregate!")
		set(table+"_bool_exp", name, ": "+other+"_bool_exp")
		set(table+"_order_by", name+"_aggregate", ": "+other+"_aggregate_order_by")
	}
	for _, table := range tableNames(t) {
		filter := table + "_bool_exp"
		set(filter, "_and", ": ["+filter+"!]")
		set(filter, "_or", ": ["+filter+"!]")
		set(filter, "_not", ": "+filter)
	}
	return types
}
