package query_test

import (
	"encoding/json"
	"testing"
)

// introspection is the query that GraphQL clients send to learn the schema.
const introspection = `query IntrospectionQuery { __schema {
	queryType { name } mutationType { name } subscriptionType { name }
	types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
	fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
	inputFields { ...InputValue } interfaces { ...TypeRef }
	enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name } } } } } } } }`

type typeRef struct {
	Kind   string
	Name   string
	OfType *typeRef
}

func (t *typeRef) String() string {
	switch {
	case t == nil:
		return ""
	case t.Kind == "NON_NULL":
		return t.OfType.String() + "!"
	case t.Kind == "LIST":
		return "[" + t.OfType.String() + "]"
	default:
		return t.Name
	}
}

type introspected struct {
	Data struct {
		Schema struct {
			QueryType, MutationType struct{ Name string }
			Types                   []struct {
				Kind, Name string
				Fields     []struct {
					Name string
					Type typeRef
					Args []struct {
						Name string
						Type typeRef
					}
				}
				InputFields []struct {
					Name string
					Type typeRef
				}
				EnumValues []struct{ Name string }
			}
			Directives []struct{ Name string }
		} `json:"__schema"`
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	var got introspected
	if err := json.Unmarshal([]byte(run(t, fixture(t), introspection, "")), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Data.Schema
	if s.QueryType.Name != "Query" || s.MutationType.Name != "Mutation" || len(s.Directives) != 3 {
		t.Errorf("roots %v, %v, directives %v", s.QueryType, s.MutationType, s.Directives)
	}
	found := map[string]string{}
	for _, typ := range s.Types {
		found[typ.Name] = typ.Kind
		for _, f := range typ.Fields {
			found[typ.Name+"."+f.Name] = f.Type.String()
			for _, a := range f.Args {
				found[typ.Name+"."+f.Name+"."+a.Name] = a.Type.String()
			}
		}
		for _, f := range typ.InputFields {
			found[typ.Name+"."+f.Name] = f.Type.String()
		}
		for _, v := range typ.EnumValues {
			found[typ.Name+"."+v.Name] = "value"
		}
	}
	want := map[string]string{
		"uuid": "SCALAR", "project": "OBJECT", "project.id": "uuid!", "project.flows": "[flow!]!",
		"Query.project.where": "project_bool_exp", "Query.project_by_pk.id": "uuid!", "project_bool_exp.name": "String_comparison_exp",
		"String_comparison_exp._in": "[String!]", "order_by.desc_nulls_last": "value", "flow.storage.path": "String",
		"Mutation.create_project.input": "create_project_input!", "create_project_input.tenant_id": "UUID!", "log_level.INFO": "value",
		"__Schema": "OBJECT",
	}
	for name, kind := range want {
		if found[name] != kind {
			t.Errorf("%s is %q, want %q", name, found[name], kind)
		}
	}
}

func TestIntrospectionOfOneType(t *testing.T) {
	t.Parallel()
	check(t, map[string]queryCase{
		"type": {
			query: `{ __type(name: "hello_none") { name } t: __type(name: "cloud_hook_type") { __typename kind enumValues { name } fields { name } } }`,
			want: `{"__type":null,"t":{"__typename":"__Type","kind":"ENUM","enumValues":[{"name":"PAGERDUTY"},{"name":"SLACK_WEBHOOK"},` +
				`{"name":"TWILIO"},{"name":"WEBHOOK"},{"name":"PREFECT_MESSAGE"}],"fields":null}}`,
		},
	})
}
