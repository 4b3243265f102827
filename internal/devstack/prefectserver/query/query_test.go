package query_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/query"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const (
	tenantID = "00000000-0000-0000-0000-00000000000a"
	alpha    = "00000000-0000-0000-0000-0000000000a1"
	beta     = "00000000-0000-0000-0000-0000000000b1"
	missing  = "00000000-0000-0000-0000-000000000000"
)

// fixture is an engine over two projects, alpha with three flows of one group and
// beta with none.
func fixture(tb testing.TB) *query.Engine {
	tb.Helper()
	start := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	var ticks atomic.Int64 // subtests read at the same time
	s := store.New(func() time.Time { return start.Add(time.Duration(ticks.Add(1)) * time.Second) })
	insert := func(table string, row store.Row) string {
		var id string
		err := s.Update(func(tx *store.Tx) error {
			out, err := tx.Insert(table, row)
			if err == nil {
				id, _ = out["id"].(string)
			}
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
		return id
	}
	insert("tenant", store.Row{"id": tenantID, "name": "T", "slug": "t"})
	insert("project", store.Row{"id": alpha, "name": "alpha", "tenant_id": tenantID, "description": "first"})
	insert("project", store.Row{"id": beta, "name": "beta", "tenant_id": tenantID})
	group := insert("flow_group", store.Row{"name": "g", "tenant_id": tenantID, "labels": []any{"a", "b"}})
	for i, name := range []string{"One", "two", "three_%"} {
		f := insert("flow", store.Row{
			"name": name, "version": i + 1, "project_id": alpha, "flow_group_id": group, "tenant_id": tenantID, "archived": i < 2,
			"storage": map[string]any{"type": "Docker", "n": i, "tags": []any{"x", map[string]any{"y": name}}},
		})
		for range i {
			insert("task", store.Row{"flow_id": f, "name": "task", "max_retries": i})
		}
	}
	e, err := query.New(s, map[string]query.Resolver{
		"create_project": func(_ context.Context, input map[string]any) (any, error) {
			if input["name"] == "taken" {
				return nil, &query.ClientError{Message: "Uniqueness violation."}
			}
			return map[string]any{"id": beta}, nil
		},
		"get_task_run_info": func(_ context.Context, input map[string]any) (any, error) {
			return map[string]any{"serialized_state": input, "version": int64(3)}, nil
		},
		"create_flow_run": func(_ context.Context, input map[string]any) (any, error) {
			raw, err := json.Marshal(input)
			return map[string]any{"id": string(raw)}, err
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// run executes a query and returns the answer as compact JSON, without places and
// repeated messages.
func run(tb testing.TB, e *query.Engine, source, variables string) string {
	tb.Helper()
	var response query.Response
	document, errs := e.Parse(source)
	if len(errs) > 0 {
		response = query.Response{Errors: errs}
	} else {
		given := map[string]any{}
		if variables != "" {
			decoder := json.NewDecoder(strings.NewReader(variables))
			decoder.UseNumber()
			if err := decoder.Decode(&given); err != nil {
				tb.Fatal(err)
			}
		}
		response = e.Execute(tb.Context(), document, "", given)
	}
	for i := range response.Errors {
		response.Errors[i].Locations = nil
		delete(response.Errors[i].Extensions, "exception")
	}
	raw, err := json.Marshal(response)
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

type queryCase struct{ query, variables, want string }

func check(t *testing.T, cases map[string]queryCase) {
	t.Helper()
	e := fixture(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			if !strings.HasPrefix(want, `{"errors"`) {
				want = `{"data":` + want + `}`
			}
			if diff := cmp.Diff(want, run(t, e, c.query, c.variables)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	const (
		one, two, three = `{"version":1}`, `{"version":2}`, `{"version":3}`
	)
	filters := map[string]string{
		`{name: {_eq: "One"}}`:                                         one,
		`{name: {_neq: "One"}}`:                                        two + "," + three,
		`{name: {_in: ["One", "two", "One"]}}`:                         one + "," + two,
		`{name: {_in: []}}`:                                            "",
		`{name: {_nin: ["One"]}}`:                                      two + "," + three,
		`{description: {_nin: []}}`:                                    one + "," + two + "," + three,
		`{description: {_nin: ["x"]}}`:                                 "",
		`{description: {_is_null: true}, version: {_lt: 2}}`:           one,
		`{description: {_is_null: false}}`:                             "",
		`{_not: {description: {_eq: "x"}}}`:                            "",
		`{version: {_gt: 1, _lte: 2}}`:                                 two,
		`{version: {_gte: 3}}`:                                         three,
		`{name: {_like: "t%"}}`:                                        two + "," + three,
		`{name: {_like: "three\\_\\%"}}`:                               three,
		`{name: {_nlike: "t%"}}`:                                       one,
		`{name: {_ilike: "oN_"}}`:                                      one,
		`{name: {_similar: "(One|tw_)"}}`:                              one + "," + two,
		`{name: {_regex: "^t.o$"}}`:                                    two,
		`{name: {_iregex: "^ONE"}}`:                                    one,
		`{name: {_nregex: "t"}}`:                                       one,
		`{archived: {_eq: false}}`:                                     three,
		`{created: {_gte: "2022-01-01T00:00:00Z"}, version: {_eq: 1}}`: one,
		`{storage: {_contains: {n: 1}}}`:                               two,
		`{storage: {_contains: {tags: [{y: "two"}]}}}`:                 two,
		`{storage: {_has_key: "n"}, version: {_eq: 3}}`:                three,
		`{storage: {_has_keys_any: ["q"]}}`:                            "",
		`{storage: {_has_keys_all: ["n", "type"]}}`:                    one + "," + two + "," + three,
		`{flow_group: {labels: {_contains: "a"}}}`:                     one + "," + two + "," + three,
		`{flow_group: {labels: {_contained_in: ["a"]}}}`:               "",
		`{project: {name: {_eq: "alpha"}}, version: {_eq: 1}}`:         one,
		`{project: {id: {_eq: "` + alpha + `"}}, version: {_eq: 1}}`:   one,
		`{project: {id: {_eq: "` + beta + `"}}}`:                       "",
		`{tasks: {max_retries: {_eq: 2}}}`:                             three,
		`{tasks: {}}`:                                                  two + "," + three,
		`{_not: {tasks: {}}}`:                                          one,
		`{_or: [{name: {_eq: "One"}}, {version: {_eq: 3}}]}`:           one + "," + three,
		`{_or: []}`:                    "",
		`{_and: []}`:                   one + "," + two + "," + three,
		`{_and: {name: {_eq: "One"}}}`: one,
		`{name: {_eq: null}, _and: [{}], version: {_eq: 2}}`: two,
		`{id: {_eq: "` + missing + `"}}`:                     "",
	}
	cases := map[string]queryCase{}
	for filter, want := range filters {
		cases[filter] = queryCase{
			query: `{ flow(where: ` + filter + `, order_by: {version: asc}) { version } }`,
			want:  `{"flow":[` + want + `]}`,
		}
	}
	check(t, cases)
}

func TestLists(t *testing.T) {
	t.Parallel()
	check(t, map[string]queryCase{
		"order by two columns": {
			query: `{ flow(order_by: [{archived: asc}, {version: desc}]) { version } }`,
			want:  `{"flow":[{"version":3},{"version":2},{"version":1}]}`,
		},
		"nulls are the largest": {
			query: `{ a: project(order_by: {description: asc}) { name } b: project(order_by: {description: desc}) { name }
				c: project(order_by: {description: desc_nulls_last}) { name } }`,
			want: `{"a":[{"name":"alpha"},{"name":"beta"}],"b":[{"name":"beta"},{"name":"alpha"}],"c":[{"name":"alpha"},{"name":"beta"}]}`,
		},
		"order by a related column and by a count": {
			query: `{ task(order_by: [{flow: {version: desc}}], limit: 1) { flow { version } }
				project(order_by: {flows_aggregate: {count: desc}}) { name } }`,
			want: `{"task":[{"flow":{"version":3}}],"project":[{"name":"alpha"},{"name":"beta"}]}`,
		},
		"limit and offset": {
			query: `{ flow(order_by: {version: asc}, limit: 1, offset: 1) { version } none: flow(limit: 0) { id } over: flow(offset: 9) { id } }`,
			want:  `{"flow":[{"version":2}],"none":[],"over":[]}`,
		},
		"distinct": {
			query: `{ flow(distinct_on: archived, order_by: [{archived: asc}, {version: desc}]) { version } }`,
			want:  `{"flow":[{"version":3},{"version":2}]}`,
		},
		"by id": {
			query: `{ project_by_pk(id: "` + alpha + `") { name tenant { slug } } none: project_by_pk(id: "` + missing + `") { name } }`,
			want:  `{"project_by_pk":{"name":"alpha","tenant":{"slug":"t"}},"none":null}`,
		},
		"relationships": {
			query: `{ project(where: {name: {_eq: "alpha"}}) { flows(where: {version: {_gt: 1}}, order_by: {version: asc})
				{ version tasks_aggregate { aggregate { count } nodes { name } } } } }`,
			want: `{"project":[{"flows":[{"version":2,"tasks_aggregate":{"aggregate":{"count":1},"nodes":[{"name":"task"}]}},` +
				`{"version":3,"tasks_aggregate":{"aggregate":{"count":2},"nodes":[{"name":"task"},{"name":"task"}]}}]}]}`,
		},
		"aggregates": {
			query: `{ flow_aggregate { aggregate { count archived: count(columns: archived, distinct: true) none: count(columns: [description])
				max { version created } min { name } sum { version } avg { version } stddev_pop { version } } } }`,
			want: `{"flow_aggregate":{"aggregate":{"count":3,"archived":2,"none":0,"max":{"version":3,"created":"2022-01-01T00:00:08+00:00"},` +
				`"min":{"name":"One"},"sum":{"version":6},"avg":{"version":2},"stddev_pop":{"version":0.816496580927726}}}}`,
		},
		"aggregate of nothing": {
			query: `{ log_aggregate { aggregate { count max { timestamp } } nodes { id } } }`,
			want:  `{"log_aggregate":{"aggregate":{"count":0,"max":{"timestamp":null}},"nodes":[]}}`,
		},
		"path into a document": {
			query: `{ flow(where: {version: {_eq: 2}}) { a: storage(path: "tags[1].y") b: storage(path: "$.n") c: storage(path: "x.y") } }`,
			want:  `{"flow":[{"a":"two","b":1,"c":null}]}`,
		},
		"malformed id": {
			query: `{ project(where: {id: {_eq: "nope"}}) { id } }`,
			want: `{"errors":[{"message":"invalid input syntax for type uuid: \"nope\"","path":["project"],` +
				`"extensions":{"code":"data-exception","path":"$"}}],"data":null}`,
		},
		"negative limit": {
			query: `{ project(limit: -1) { id } }`,
			want: `{"errors":[{"message":"LIMIT must not be negative","path":["project"],` +
				`"extensions":{"code":"data-exception","path":"$"}}],"data":null}`,
		},
	})
}

func TestSelections(t *testing.T) {
	t.Parallel()
	check(t, map[string]queryCase{
		"fragments, aliases and merging": {
			query: `query Q { p: project(where: {name: {_eq: "alpha"}}) { ...f ... on project { id } tenant { id } ... { tenant { slug } } } }
				fragment f on project { n: name __typename }`,
			want: `{"p":[{"n":"alpha","__typename":"project","id":"` + alpha + `","tenant":{"id":"` + tenantID + `","slug":"t"}}]}`,
		},
		"directives": {
			query:     `query($yes: Boolean!, $no: Boolean = false) { project(limit: 1) { name @skip(if: $yes) id @include(if: $no) ...f @include(if: $yes) } } fragment f on project { description }`,
			variables: `{"yes": true}`,
			want:      `{"project":[{"description":"first"}]}`,
		},
		"variables": {
			query:     `query($w: project_bool_exp, $o: [project_order_by!], $l: Int, $id: uuid!) { project(where: $w, order_by: $o, limit: $l) { name } project_by_pk(id: $id) { name } }`,
			variables: `{"w": {"name": {"_in": "beta"}}, "o": {"name": "desc"}, "l": 1, "id": "` + alpha + `"}`,
			want:      `{"project":[{"name":"beta"}],"project_by_pk":{"name":"alpha"}}`,
		},
		"variables left out": {
			query: `query($w: project_bool_exp, $n: String) { project(where: $w) { name } q: project(where: {name: {_eq: $n}}) { id } }`,
			want:  `{"project":[{"name":"alpha"},{"name":"beta"}],"q":[{"id":"` + alpha + `"},{"id":"` + beta + `"}]}`,
		},
		"mutation": {
			query: `mutation { __typename a: create_project(input: {tenant_id: "` + tenantID + `", name: "x"}) { id __typename } }`,
			want:  `{"__typename":"Mutation","a":{"id":"` + beta + `","__typename":"project_id_payload"}}`,
		},
		"one of two mutations fails": {
			query: `mutation { a: create_project(input: {tenant_id: "` + tenantID + `", name: "taken"}) { id } b: create_project(input: {tenant_id: "` + tenantID + `", name: "x"}) { id } }`,
			want: `{"errors":[{"message":"Uniqueness violation.","path":["a"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}],` +
				`"data":{"a":null,"b":{"id":"` + beta + `"}}}`,
		},
		"operation with arguments": {
			query: `{ get_task_run_info(task_run_id: "` + strings.ToUpper(tenantID) + `") { version serialized_state } }`,
			want:  `{"get_task_run_info":{"version":3,"serialized_state":{"task_run_id":"` + tenantID + `"}}}`,
		},
	})
}

// TestServiceInput checks what the GraphQL service makes of its own scalars.
func TestServiceInput(t *testing.T) {
	t.Parallel()
	refused := func(message string) string {
		raw, _ := json.Marshal(message)
		return `{"errors":[{"message":` + string(raw) + `,"path":["create_flow_run"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}],` +
			`"data":{"create_flow_run":null}}`
	}
	const mutation = `mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }`
	check(t, map[string]queryCase{
		"null and left out differ": {
			query: mutation, variables: `{"input": {"labels": null, "parameters": {"x": 1.0}, "scheduled_start_time": "2022-01-02T03:04:05.678+02:00"}}`,
			want: `{"create_flow_run":{"id":"{\"labels\":null,\"parameters\":{\"x\":1.0},\"scheduled_start_time\":\"2022-01-02T03:04:05.678+02:00\"}"}}`,
		},
		"one label is a list": {
			query: mutation, variables: `{"input": {"labels": "a"}}`, want: `{"create_flow_run":{"id":"{\"labels\":[\"a\"]}"}}`,
		},
		"JSON literal": {
			query: `mutation { create_flow_run(input: {parameters: "{\"a\": [1]}"}) { id } }`,
			want:  `{"create_flow_run":{"id":"{\"parameters\":{\"a\":[1]}}"}}`,
		},
		"JSON literal as an object": {
			query: `mutation { create_flow_run(input: {parameters: {a: 1}}) { id } }`,
			want:  refused("Expected type JSON, found {a:1}; 'ObjectValueNode' object has no attribute 'value'"),
		},
		"variable within a literal": {
			query:     `mutation($p: JSON, $none: JSON) { create_flow_run(input: {parameters: $p, context: $none}) { id } }`,
			variables: `{"p": {"a": 1}}`, want: `{"create_flow_run":{"id":"{\"parameters\":{\"a\":1}}"}}`,
		},
		"malformed id in a variable": {
			query: mutation, variables: `{"input": {"flow_id": "it's"}}`,
			want: refused(`Variable '$input' got invalid value "it's" at 'input.flow_id'; Expected type UUID. Could not parse UUID: it's`),
		},
		"malformed id in a literal": {
			query: `mutation { create_flow_run(input: {flow_id: "x"}) { id } }`,
			want:  refused(`Expected type UUID, found "x"; Could not parse UUID: x`),
		},
		"malformed time": {
			query: mutation, variables: `{"input": {"scheduled_start_time": "soon"}}`,
			want: refused(`Variable '$input' got invalid value 'soon' at 'input.scheduled_start_time'; Expected type DateTime. Unable to parse string [soon]`),
		},
	})
}

func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ query, code, message string }{
		"no document":         {"", query.CodeParse, "Syntax Error: Unexpected <EOF>"},
		"syntax":              {"{ project { ", query.CodeParse, "Syntax Error: Expected Name, found <EOF>"},
		"unknown field":       {"{ project { nope } }", query.CodeValidation, `Cannot query field "nope" on type "project". Did you mean "name"?`},
		"no selection":        {"{ project }", query.CodeValidation, `Field "project" of type "[project!]!" must have a selection of subfields. Did you mean "project { ... }"?`},
		"unknown argument":    {"{ project(limits: 1) { id } }", query.CodeValidation, `Unknown argument "limits" on field "project" of type "Query". Did you mean "limit"?`},
		"missing argument":    {"{ project_by_pk { id } }", query.CodeValidation, `Field "project_by_pk" argument "id" of type "uuid!" is required, but it was not provided.`},
		"unknown operator":    {`{ project(where: {name: {_equals: "x"}}) { id } }`, query.CodeValidation, `Field "_equals" is not defined by type String_comparison_exp.`},
		"enum":                {`{ project(order_by: {name: ascc}) { id } }`, query.CodeValidation, `Expected type order_by, found ascc. Did you mean the enum value asc?`},
		"text for a number":   {`{ project(limit: "x") { id } }`, query.CodeValidation, `Expected type Int, found "x".`},
		"scalar for a filter": {`{ project(where: 1) { id } }`, query.CodeValidation, `Expected type project_bool_exp, found 1.`},
		"unused variable":     {`query($x: Int) { project { id } }`, query.CodeValidation, `Variable "$x" is never used.`},
		"fragment cycle":      {`{ project { ...a } } fragment a on project { tenant { projects { ...a } } }`, query.CodeValidation, `Cannot spread fragment "a" within itself.`},
		"too deep": {
			`query Deep { project { flows { tasks { flow { tasks { flow { tasks { flow { id } } } } } } } } }`,
			query.CodeValidation, `'Deep' exceeds maximum operation depth of 7`,
		},
		"too deep in fragments": {
			`{ project { ...a } } fragment a on project { flows { tasks { flow { tasks { flow { tasks { ...b } } } } } } } fragment b on task { flow { id } }`,
			query.CodeValidation, `'' exceeds maximum operation depth of 7`,
		},
	}
	e := fixture(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := e.Parse(c.query)
			if len(errs) == 0 || errs[0].Message != c.message || errs[0].Extensions["code"] != c.code {
				t.Errorf("got %+v, want %s", errs, c.message)
			}
		})
	}
}

func TestRefusedVariables(t *testing.T) {
	t.Parallel()
	refused := func(message string) string {
		raw, _ := json.Marshal(message)
		return `{"errors":[{"message":` + string(raw) + `,"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`
	}
	const flowRun = `mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }`
	check(t, map[string]queryCase{
		"missing": {query: flowRun, want: refused(`Variable "$input" of required type "create_flow_run_input!" was not provided.`)},
		"null": {
			query: flowRun, variables: `{"input": null}`,
			want: refused(`Variable "$input" of non-null type "create_flow_run_input!" must not be null.`),
		},
		"not an object": {
			query: flowRun, variables: `{"input": 1}`,
			want: refused(`Variable "$input" got invalid value 1; Expected type create_flow_run_input to be an object.`),
		},
		"unknown field": {
			query: flowRun, variables: `{"input": {"nope": 1}}`,
			want: refused(`Variable "$input" got invalid value { nope: 1 }; Field "nope" is not defined by type create_flow_run_input.`),
		},
		"wrong scalar": {
			query: flowRun, variables: `{"input": {"labels": ["a", 1]}}`,
			want: refused(`Variable "$input" got invalid value 1 at "input.labels[1]"; Expected type String. String cannot represent a non string value: 1`),
		},
		"not an integer": {
			query: `query($l: Int) { project(limit: $l) { id } }`, variables: `{"l": 1.5}`,
			want: refused(`Variable "$l" got invalid value 1.5; Expected type Int. Int cannot represent non-integer value: 1.5`),
		},
	})
}

func TestSeveralOperations(t *testing.T) {
	t.Parallel()
	e := fixture(t)
	document, errs := e.Parse(`query A { project(limit: 1) { name } } mutation B { create_project(input: {tenant_id: "x", name: "x"}) { id } }`)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if r := e.Execute(t.Context(), document, "A", nil); len(r.Errors) > 0 || !r.Executed {
		t.Errorf("A: %+v", r)
	}
	if document.IsMutation("A") || !document.IsMutation("B") {
		t.Error("only B is a mutation")
	}
	if diff := cmp.Diff([]string{"create_project"}, document.RootFields("B")); diff != "" {
		t.Error(diff)
	}
	for name, message := range map[string]string{
		"":  "Must provide operation name if query contains multiple operations.",
		"C": `Unknown operation named "C".`,
	} {
		r := e.Execute(t.Context(), document, name, nil)
		if r.Executed || len(r.Errors) != 1 || r.Errors[0].Message != message {
			t.Errorf("%q: %+v", name, r)
		}
	}
}
