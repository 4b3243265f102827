package scale

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// generate makes flows of a chain of tasks, as `prefect build` writes them.
func generate(t *testing.T, size int) []json.RawMessage {
	t.Helper()
	return generateWith(t, size, tasks)
}

// generateWith makes flows with so many tasks.
func generateWith(t *testing.T, size, tasks int) []json.RawMessage {
	t.Helper()
	source, err := os.ReadFile("../../examples/flows/etl.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Flows []map[string]any }
	if err := json.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	flow := document.Flows[0]
	model, _ := flow["tasks"].([]any)[0].(map[string]any)
	all, edges := []any{}, []any{} // never null, which is no flow
	for i := range tasks {
		task := map[string]any{}
		for name, value := range model {
			task[name] = value
		}
		task["name"], task["slug"] = fmt.Sprintf("task %d", i), fmt.Sprintf("task-%d", i)
		all = append(all, task)
		if i > 0 {
			edges = append(edges, map[string]any{
				"__version__": "1.4.1", "flattened": false, "mapped": false, "key": nil,
				"upstream_task": map[string]any{"__version__": "1.4.1", "slug": fmt.Sprintf("task-%d", i-1)}, "downstream_task": map[string]any{"__version__": "1.4.1", "slug": task["slug"]},
			})
		}
	}
	flow["tasks"], flow["edges"], flow["reference_tasks"] = all, edges, []any{}
	flows := make([]json.RawMessage, size)
	for i := range flows {
		flow["name"] = fmt.Sprintf("flow %05d", i)
		if flows[i], err = json.Marshal(flow); err != nil {
			t.Fatal(err)
		}
	}
	return flows
}
