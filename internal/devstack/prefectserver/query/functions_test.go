package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/query"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// graph is an engine over one flow with tasks of one letter each and edges between them,
// and the tasks' ids.
func graph(t *testing.T, tasks string, edges ...string) (*query.Engine, map[string]string) {
	t.Helper()
	s := store.New(time.Now)
	ids := map[string]string{}
	err := s.Update(func(tx *store.Tx) error {
		insert := func(table string, row store.Row) string {
			stored, err := tx.Insert(table, row)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := stored["id"].(string)
			return id
		}
		insert("tenant", store.Row{"id": tenantID, "name": "T", "slug": "t"})
		project := insert("project", store.Row{"name": "p", "tenant_id": tenantID})
		group := insert("flow_group", store.Row{"tenant_id": tenantID})
		flow := insert("flow", store.Row{"name": "f", "project_id": project, "flow_group_id": group, "tenant_id": tenantID})
		for _, slug := range strings.Split(tasks, "") {
			ids[slug] = insert("task", store.Row{"flow_id": flow, "slug": slug, "tenant_id": tenantID})
		}
		for _, edge := range edges {
			insert("edge", store.Row{
				"flow_id": flow, "tenant_id": tenantID, "upstream_task_id": ids[edge[:1]], "downstream_task_id": ids[edge[1:]],
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := query.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e, ids
}

// TestTraversals has the answers of the real database's functions for the same graph.
func TestTraversals(t *testing.T) {
	t.Parallel()
	e, ids := graph(t, "abcdef", "ab", "ac", "bd", "cd", "ad", "de")
	for _, test := range []struct{ function, start, arguments, want string }{
		{"downstream", "a", "", "a0 b1 c1 d2 e3"}, // the longest way counts
		{"downstream", "d", "", "d0 e1"},
		{"downstream", "bc", "", "b0 c0 d1 e2"},
		{"downstream", "af", "", "a0 f0 b1 c1 d2 e3"},
		{"downstream", "a", ", depth_limit: 1", "a0 b1 c1 d1"},
		{"downstream", "a", ", depth_limit: 0", "a0"},
		{"downstream", "a", ", depth_limit: -1", "a0"},
		{"downstream", "a", ", depth_limit: null", "a0"},
		{"downstream", "", "", ""},
		{"upstream", "e", "", "e0 d1 b2 c2 a3"},
		{"upstream", "a", "", "a0"},
		{"upstream", "bc", ", depth_limit: 99", "b0 c0 a1"},
	} {
		var start []string
		for _, slug := range strings.Split(test.start, "") {
			start = append(start, ids[slug])
		}
		source := fmt.Sprintf(`{ rows: utility_%s_tasks(args: {start_task_ids: "{%s}"%s}, order_by: [{depth: asc}, {task: {slug: asc}}])
			{ depth task_id task { id slug } tenant_id } }`, test.function, strings.Join(start, ","), test.arguments)
		var want []string
		for _, row := range strings.Fields(test.want) {
			id := ids[row[:1]]
			want = append(want, fmt.Sprintf(`{"depth":%s,"task_id":%q,"task":{"id":%q,"slug":%q},"tenant_id":%q}`, row[1:], id, id, row[:1], tenantID))
		}
		if got := run(t, e, source, ""); got != `{"data":{"rows":[`+strings.Join(want, ",")+`]}}` {
			t.Errorf("%v: got %s", test, got)
		}
	}
}

// TestTraversalOfACycle ends where the database's function does.
func TestTraversalOfACycle(t *testing.T) {
	t.Parallel()
	e, ids := graph(t, "ab", "ab", "ba")
	const source = `query($ids: _uuid) { utility_downstream_tasks(args: {start_task_ids: $ids}) { depth }
		utility_upstream_tasks_aggregate(args: {start_task_ids: $ids}, where: {depth: {_gt: 49}}) { aggregate { count } }
		utility_traversal { depth } }`
	const want = `{"data":{"utility_downstream_tasks":[{"depth":49},{"depth":50}],` +
		`"utility_upstream_tasks_aggregate":{"aggregate":{"count":1}},"utility_traversal":[]}}`
	if got := run(t, e, source, `{"ids": "{`+ids["a"]+`}"}`); got != want {
		t.Errorf("got %s", got)
	}
	for given, want := range map[string]string{
		`"a"`: `malformed array literal`, `["` + ids["a"] + `"]`: `malformed array literal`, `"{nope}"`: `invalid input syntax for type uuid: \"nope\"`,
	} {
		if got := run(t, e, source, `{"ids": `+given+`}`); !strings.Contains(got, want) || !strings.Contains(got, "data-exception") {
			t.Errorf("%s: got %s", given, got)
		}
	}
}
