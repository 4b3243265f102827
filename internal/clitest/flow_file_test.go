package clitest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

const oneForEachFile = `
resource "prefect_project" "data" {
  name          = %q
  force_destroy = true
}

resource "prefect_flow" "all" {
  for_each   = fileset("${path.module}/flows", "*.json")
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/flows/${each.value}"
}
`

// TestFlowFiles is a directory of flows: each file is one, and a plan says what has changed in them. Neither a refresh nor a
// destroy needs the files.
func TestFlowFiles(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	each(t, func(t *testing.T, program string) {
		t.Helper()
		w := workspace(t, program, server, nil, fmt.Sprintf(oneForEachFile, acctest.Name("files")))
		write := func(name string, edit func(flow map[string]any)) {
			w.Write("flows/"+name+".json", edited(t, func(flow map[string]any) {
				flow["name"] = name
				if edit != nil {
					edit(flow)
				}
			}))
		}
		for _, name := range []string{"a", "b", "c"} {
			write(name, nil)
		}
		w.Apply()
		w.Unchanged("after the apply")
		write("b", func(flow map[string]any) { flow["tasks"].([]any)[2].(map[string]any)["max_retries"] = 3 }) //nolint:errcheck // a build document
		write("d", nil)
		remove(t, w, "flows/c.json")
		says(t, w.Run("plan", "-input=false"), "against version 1:", "tasks: ~ transform: max_retries 0 -> 3", "1 to add, 1 to change, 1 to destroy")
		w.Apply()
		w.Unchanged("after the change")
		silent(t, w.Read("terraform.tfstate"), "cache_validator")

		w.Write("main.tf", strings.ReplaceAll(w.Read("main.tf"), `fileset("${path.module}/flows", "*.json")`, `toset(["a.json", "b.json", "d.json"])`))
		w.Unchanged("without fileset")
		for _, name := range []string{"a", "b", "d"} {
			remove(t, w, "flows/"+name+".json")
		}
		w.Run("apply", "-refresh-only", "-auto-approve", "-input=false")
		says(t, w.Run("plan", "-input=false"), "The flow's file cannot be read")
		w.Run("destroy", "-auto-approve", "-input=false")
	})
}

// TestExampleOfFlowFiles applies the example of the guide.
func TestExampleOfFlowFiles(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	example, err := os.ReadFile("../../examples/flow-files/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	w := workspace(t, terraform, server, nil, "", "PREFECT__CLOUD__API="+server.API, "PREFECT__CLOUD__TENANT_ID="+server.TenantID)
	remove(t, w, "main.tf")
	w.Write("example/main.tf", strings.ReplaceAll(string(example), `name = "data"`, fmt.Sprintf("name = %q", acctest.Name("example"))))
	w.Write("flows/etl.json", etl(t))
	says(t, w.Run("-chdir=example", "apply", "-auto-approve", "-input=false"), "extract (extract-1)")
	w.Run("-chdir=example", "plan", "-detailed-exitcode", "-input=false")
}

// TestFlowFileOfAnotherPlan changes the file between plan and apply.
func TestFlowFileOfAnotherPlan(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	each(t, func(t *testing.T, program string) {
		t.Helper()
		w := workspace(t, program, server, nil, fmt.Sprintf(oneForEachFile, acctest.Name("planned")))
		w.Write("flows/a.json", edited(t, nil))
		w.Run("plan", "-input=false", "-out=planned")
		w.Write("flows/a.json", edited(t, func(flow map[string]any) { flow["tasks"].([]any)[0].(map[string]any)["max_retries"] = 2 })) //nolint:errcheck // a build document
		output, code := w.Try("apply", "-input=false", "planned")
		if code == 0 {
			t.Fatalf("another flow was applied than was planned:\n%s", output)
		}
		says(t, output, "inconsistent final plan")
		w.Run("destroy", "-auto-approve", "-input=false")
	})
}

// TestLargeFlowIsShort plans a flow of 4,000 tasks: plan and state are short, and an unchanged plan is quick.
func TestLargeFlowIsShort(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	const configuration = `
resource "prefect_project" "data" {
  name          = %q
  force_destroy = true
}

resource "prefect_flow" "large" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/large.json"
}
`
	w := workspace(t, terraform, server, nil, fmt.Sprintf(configuration, acctest.Name("large")))
	w.Write("large.json", large(t, 4000, 0))
	plan := w.Run("plan", "-input=false")
	if lines := strings.Count(plan, "\n"); lines >= 60 {
		t.Errorf("the first plan has %d lines:\n%s", lines, plan)
	}
	w.Apply()
	if state := w.Read("terraform.tfstate"); len(state) >= 20<<10 {
		t.Errorf("the state has %d bytes", len(state))
	}
	w.Unchanged("after the apply")
	t.Logf("unchanged plan: %+v; first plan: %d lines", w.Last, strings.Count(plan, "\n"))
	w.Write("large.json", large(t, 4001, 3))
	plan = w.Run("plan", "-input=false")
	says(t, plan, "against version 1:", "tasks: + task 4000, ~ task 0: max_retries 0 -> 3")
	if lines := strings.Count(plan, "\n"); lines >= 60 {
		t.Errorf("the plan of a change has %d lines:\n%s", lines, plan)
	}
}

// edited is the example's build document with its flow changed.
func edited(t *testing.T, edit func(flow map[string]any)) string {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(etl(t)), &document); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(document["flows"].([]any)[0].(map[string]any)) //nolint:errcheck // a build document
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// large is a build document with a flow of many tasks in a chain, the first of which is tried again.
func large(t *testing.T, tasks, retries int) string {
	t.Helper()
	return edited(t, func(flow map[string]any) {
		model := flow["tasks"].([]any)[0].(map[string]any) //nolint:errcheck // a build document
		var all, edges []any
		for i := range tasks {
			task := map[string]any{}
			for name, value := range model {
				task[name] = value
			}
			task["name"], task["slug"] = fmt.Sprintf("task %d", i), fmt.Sprintf("task-%d", i)
			if i == 0 {
				task["max_retries"] = retries
			} else {
				edges = append(edges, map[string]any{
					"__version__": "1.4.1", "flattened": false, "mapped": false, "key": nil,
					"upstream_task":   map[string]any{"__version__": "1.4.1", "slug": fmt.Sprintf("task-%d", i-1)},
					"downstream_task": map[string]any{"__version__": "1.4.1", "slug": task["slug"]},
				})
			}
			all = append(all, task)
		}
		flow["tasks"], flow["edges"], flow["parameters"], flow["reference_tasks"] = all, edges, []any{}, []any{}
	})
}

func remove(t *testing.T, w *acctest.Workspace, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(w.Dir, name)); err != nil {
		t.Fatal(err)
	}
}
