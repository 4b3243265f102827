package schema

import "strings"

// Field is a name with its GraphQL type, such as UUID! or [String!].
type Field struct {
	Name string
	Type string
}

// Operation is a root field of the GraphQL service, which is not a table query.
type Operation struct {
	Name      string
	Arguments []Field
	Type      string // what it returns
}

// Operations describes the GraphQL service beside the tables.
type Operations struct {
	Queries   []Operation
	Mutations []Operation
	Inputs    []Record // input object types
	Payloads  []Record // object types
	Enums     []Enum
}

// Record is an object or input object type.
type Record struct {
	Name   string
	Fields []Field
}

// Enum is an enumeration.
type Enum struct {
	Name   string
	Values []string
}

// fields reads declarations of the form "name: type".
func fields(declarations []string) []Field {
	out := make([]Field, len(declarations))
	for i, d := range declarations {
		name, typ, _ := strings.Cut(d, ": ")
		out[i] = Field{Name: name, Type: typ}
	}
	return out
}

func record(name string, declarations ...string) Record {
	return Record{Name: name, Fields: fields(declarations)}
}

// NewOperations returns the operations of Prefect Server's GraphQL service. Every
// mutation takes one argument, input, of a type named after the mutation.
func NewOperations() Operations {
	o := Operations{
		Queries: []Operation{
			{Name: "hello", Type: "String"},
			{Name: "reference_data", Type: "reference_data"},
			{Name: "api", Type: "api_info"},
			{Name: "mapped_children", Arguments: fields([]string{"task_run_id: UUID!"}), Type: "mapped_children_payload"},
			{Name: "get_task_run_info", Arguments: fields([]string{"task_run_id: UUID!"}), Type: "task_run_info_payload"},
		},
		Inputs:   inputs(),
		Payloads: payloads(),
		Enums:    enums(),
	}
	for _, group := range [][]mutation{
		tenantMutations(), projectMutations(), flowMutations(), flowGroupMutations(), runMutations(), otherMutations(),
	} {
		for _, m := range group {
			input := m.name + "_input"
			o.Inputs = append(o.Inputs, record(input, m.input...))
			o.Mutations = append(o.Mutations, Operation{
				Name: m.name, Arguments: []Field{{Name: "input", Type: input + "!"}}, Type: m.payload,
			})
		}
	}
	return o
}
