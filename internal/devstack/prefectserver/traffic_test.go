package prefectserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// exchange is one request of the real client with the real answer.
type exchange struct {
	By        string `json:"by"`
	Query     string `json:"query"`
	Variables any    `json:"variables"`
	Encoded   string `json:"variables_are"`
	Status    int    `json:"status"`
	Response  any    `json:"response"`
}

// The tenant and project of the recording.
const (
	recordedTenant  = "ecf9f020-2abf-4c4c-a959-46becf35e524"
	recordedProject = "7f4da119-1a6b-4c36-b1a6-33545ea69087"
)

// recordedFlows are the flows that requests name, with the tasks and runs that
// requests name.
func recordedFlows() []recordedFlow {
	return []recordedFlow{
		{"72b2c35f-0a7c-4b81-a228-bfa2e182a511", "my-example-flow", "4c385739-6762-4c53-9622-b1d157616ea6", map[string]string{
			"c15fc6d7-09a0-4c67-8d19-79805c138f1c": "39c08cbf-44a7-4cdc-a3f0-7bc5f5754043",
		}},
		{"1c135807-6c56-4cb2-981b-90d595344606", "mapped-run", "638a2be2-ad20-48a7-8024-3739e3efa65c", map[string]string{
			"a42728bf-a889-4296-a382-941b21af82e7": "96e0c804-b2c7-46ba-a7a7-a0c5dc28f15a",
		}},
		{"5c1ff568-1b1d-476b-bdff-168388b71c72", "failing-run", "11111111-6762-4c53-9622-b1d157616ea6", map[string]string{
			"b69f973d-268f-4669-8864-ebb12cbb86f7": "34579743-6dbd-432b-9b10-169a998d5817",
			"e208a854-b89a-436f-b31d-c944be70a2eb": "2a37a6ac-f68b-4cd3-8234-05da351a2866",
		}},
		{"8090c041-f6de-4abf-bd7d-9d38bca0f744", "ETL", "31f21ce1-18c4-41d6-a994-1ff4e9c54303", map[string]string{
			"db2a4ac3-8a6e-47e9-816c-eb78e7bcc21e": "f34a249d-177a-4411-8935-57acd8864137",
			"db2a4ac3-8a6e-47e9-816c-000000000000": "d468dc63-f9d1-4664-a577-0a39a8a5f42d",
		}},
	}
}

type recordedFlow struct {
	id, name, task string
	runs           map[string]string // run id to the id of one of its task runs
}

// seed puts into the store what the recorded requests refer to, except what the
// request itself creates.
func seed(t *testing.T, s *store.Store, query string) {
	t.Helper()
	must := func(tx *store.Tx, table string, row store.Row) {
		t.Helper()
		if _, err := tx.Insert(table, row); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	err := s.Update(func(tx *store.Tx) error {
		must(tx, "tenant", store.Row{"id": recordedTenant, "name": "a", "slug": "a"})
		state := "Scheduled"
		if strings.Contains(query, "set_task_run_states(") { // task runs run in running flow runs only
			state = "Running"
		}
		project := "exampleProject"
		if strings.Contains(query, "create_project(") {
			project = "another"
		}
		must(tx, "project", store.Row{"id": recordedProject, "name": project, "tenant_id": recordedTenant})
		must(tx, "project", store.Row{"id": "23bca246-3edc-441e-b2e2-76c17a00686a", "name": "doomed", "tenant_id": recordedTenant})
		must(tx, "agent", store.Row{"tenant_id": recordedTenant, "name": "agent", "labels": []any{"9bad561ac917"}})
		for _, f := range recordedFlows() {
			group := "99999999" + f.id[8:]
			must(tx, "flow_group", store.Row{"id": group, "tenant_id": recordedTenant, "name": f.name})
			must(tx, "flow", store.Row{
				"id": f.id, "name": f.name, "tenant_id": recordedTenant, "project_id": recordedProject, "flow_group_id": group,
				"version_group_id": f.name, "version": 1, "core_version": "1.4.1",
			})
			must(tx, "task", store.Row{
				"id": f.task, "flow_id": f.id, "tenant_id": recordedTenant, "name": "extract", "slug": "extract-1",
			})
			for _, run := range slices.Sorted(maps.Keys(f.runs)) {
				must(tx, "flow_run", store.Row{"id": run, "flow_id": f.id, "tenant_id": recordedTenant, "name": "named-run"})
				must(tx, "flow_run_state", store.Row{
					"flow_run_id": run, "tenant_id": recordedTenant, "state": state,
					"serialized_state": map[string]any{"type": state, "message": nil},
				})
				must(tx, "task_run", store.Row{
					"id": f.runs[run], "flow_run_id": run, "task_id": f.task, "tenant_id": recordedTenant, "map_index": 7,
				})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestClientTraffic sends each request of the real 1.4.1 client, agents and flow
// runner to a Server that knows what the request refers to.
func TestClientTraffic(t *testing.T) {
	t.Parallel()
	for i, e := range lines[exchange](t, "testdata/client-traffic.jsonl") {
		t.Run(fmt.Sprintf("%02d", i+1), func(t *testing.T) {
			t.Parallel()
			server, url := newServer(t, prefectserver.Options{})
			seed(t, server.Store(), e.Query)
			variables := e.Variables
			if e.Encoded == "str" { // as the Python client sends them
				raw, err := json.Marshal(variables)
				if err != nil {
					t.Fatal(err)
				}
				variables = string(raw)
			}
			body, err := json.Marshal(map[string]any{"query": e.Query, "variables": variables})
			if err != nil {
				t.Fatal(err)
			}
			status, got := send(t, url, body)
			if status != e.Status {
				t.Errorf("status %d, want %d", status, e.Status)
			}
			// Two requests were recorded while the table queries of the recording set-up
			// could not answer them; the same ones were recorded again later.
			if raw, _ := json.Marshal(e.Response); strings.Contains(string(raw), "database query error") {
				return
			}
			for _, problem := range shape("response", e.Response, got) {
				t.Errorf("%s\n%s", problem, e.Query)
			}
		})
	}
}

// shape compares the structure of an answer with the recorded one: the fields of
// objects, the kinds of scalars, that lists with elements have some. The contents
// of JSON columns are the flow's own.
func shape(path string, want, got any) []string {
	last := path[strings.LastIndex(path, ".")+1:]
	if slices.Contains([]string{
		"settings", "run_config", "serialized_flow", "storage", "labels", "parameters", "context", "serialized_state",
		"environment", "locations", "exception",
	}, last) {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want an object, got %v", path, got)}
		}
		var out []string
		for k, v := range w {
			other, ok := g[k]
			if !ok {
				out = append(out, fmt.Sprintf("%s.%s is missing", path, k))
				continue
			}
			out = append(out, shape(path+"."+k, v, other)...)
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				out = append(out, fmt.Sprintf("%s.%s was not expected: %v", path, k, g[k]))
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || (len(w) > 0 && len(g) == 0) {
			return []string{fmt.Sprintf("%s: want a list of %d, got %v", path, len(w), got)}
		}
		if len(w) > 0 {
			return shape(path+"[0]", w[0], g[0])
		}
		return nil
	default:
		if want != nil && got != nil && fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			return []string{fmt.Sprintf("%s: want %T, got %T", path, want, got)}
		}
		return nil
	}
}
