package prefectserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// call sends a request without a network and returns the first root field.
func call(tb testing.TB, server *prefectserver.Server, query string, variables any) map[string]any {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		tb.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/", strings.NewReader(string(body)))
	request.Header.Set("Content-Type", "application/json")
	server.Handler().ServeHTTP(recorder, request)
	var out struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &out); err != nil || len(out.Errors) > 0 {
		tb.Fatalf("%v: %.500s", err, recorder.Body)
	}
	return out.Data
}

func created(tb testing.TB, server *prefectserver.Server, mutation string, input map[string]any) string {
	tb.Helper()
	query := fmt.Sprintf("mutation($input: %[1]s_input!) { %[1]s(input: $input) { id } }", mutation)
	payload, _ := call(tb, server, query, map[string]any{"input": input})[mutation].(map[string]any)
	id, _ := payload["id"].(string)
	return id
}

// chain is a flow of tasks one after the other.
func chain(name string, tasks int) map[string]any {
	slug := func(i int) map[string]any { return map[string]any{"slug": fmt.Sprintf("t-%d", i)} }
	list, edges := make([]any, 0, tasks), make([]any, 0, tasks)
	for i := range tasks {
		list = append(list, map[string]any{
			"name": "t", "slug": fmt.Sprintf("t-%d", i), "type": "prefect.tasks.core.function.FunctionTask", "tags": []any{},
			"max_retries": 0, "mapped": false, "trigger": map[string]any{"fn": "prefect.triggers.all_successful"},
		})
		if i > 0 {
			edges = append(edges, map[string]any{"upstream_task": slug(i - 1), "downstream_task": slug(i), "mapped": false})
		}
	}
	return map[string]any{
		"name": name, "tasks": list, "edges": edges, "__version__": "1.4.1", "parameters": []any{}, "reference_tasks": []any{},
		"storage": map[string]any{"type": "Docker"}, "type": "prefect.core.flow.Flow",
		"run_config": map[string]any{"type": "KubernetesRun", "labels": []any{"k"}},
	}
}

func benchServer(tb testing.TB) (server *prefectserver.Server, projectID string) {
	tb.Helper()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tenant := created(tb, server, "create_tenant", map[string]any{"name": "t", "slug": "t"})
	return server, created(tb, server, "create_project", map[string]any{"name": "p", "tenant_id": tenant})
}

func BenchmarkRegisterThousandTasks(b *testing.B) {
	server, project := benchServer(b)
	flow := chain("big", 1000)
	for b.Loop() {
		created(b, server, "create_flow", map[string]any{"project_id": project, "serialized_flow": flow})
	}
}

func BenchmarkRunOfThousandTasks(b *testing.B) {
	server, project := benchServer(b)
	flow := created(b, server, "create_flow", map[string]any{"project_id": project, "serialized_flow": chain("big", 1000)})
	for b.Loop() {
		created(b, server, "create_flow_run", map[string]any{"flow_id": flow})
	}
}

func BenchmarkThousandFlows(b *testing.B) {
	server, project := benchServer(b)
	var last string
	for i := range 1000 {
		last = created(b, server, "create_flow", map[string]any{
			"project_id": project, "serialized_flow": chain(fmt.Sprintf("flow-%d", i), 20),
		})
	}
	for name, query := range map[string]string{
		"by id":          `{ flow_by_pk(id: "` + last + `") { name tasks { slug } flow_group { settings } } }`,
		"by name":        `{ flow(where: {name: {_eq: "flow-500"}, archived: {_eq: false}, project: {name: {_eq: "p"}}}) { id } }`,
		"by project":     `{ flow(where: {project_id: {_eq: "` + project + `"}}, order_by: {name: asc}, limit: 10) { id name } }`,
		"by group":       `{ flow(where: {flow_group: {flows: {id: {_eq: "` + last + `"}}}}) { id version } }`,
		"of all":         `{ flow { id name version project { name } } }`,
		"of all tasks":   `{ flow { id tasks { slug } tasks_aggregate { aggregate { count } } } }`,
		"count of tasks": `{ task_aggregate(where: {flow: {project_id: {_eq: "` + project + `"}}}) { aggregate { count } } }`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				call(b, server, query, nil)
			}
		})
	}
}
