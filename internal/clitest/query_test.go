package clitest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// register makes a project with the example flow on a Server, as Terraform of another workspace does.
func register(t *testing.T, server *acctest.PrefectServer) (projectID, groupID string) {
	t.Helper()
	session := acctest.Connect(t, server, nil)
	project := session.Create("prefect_project", map[string]any{"name": "data", "description": "Nightly loads"})
	flow := session.Create("prefect_flow", map[string]any{"project_id": project.At("id"), "flow_json": etl(t), "labels": []string{"linux"}})
	for _, made := range []acctest.Applied{project, flow} {
		if made.State == nil {
			t.Fatal(made)
		}
	}
	return fmt.Sprint(project.At("id")), fmt.Sprint(flow.At("id"))
}

// importsOnly fails the test unless a plan imports so many resources and changes nothing.
func importsOnly(t *testing.T, planned map[string]acctest.PlannedChange, want int) {
	t.Helper()
	for address, change := range planned {
		if change.Importing == nil || !slices.Equal(change.Actions, []string{"no-op"}) {
			t.Errorf("%s: %v, importing %v; want an import that changes nothing", address, change.Actions, change.Importing)
		}
	}
	if len(planned) != want {
		t.Errorf("the plan has %v, want %d resources", slices.Sorted(maps.Keys(planned)), want)
	}
}

// TestQuery finds what a Server has, writes its configuration and imports it by identity, which changes nothing.
func TestQuery(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	project, _ := register(t, server)
	w := workspace(t, terraform, server, nil, "")
	w.Write("found.tfquery.hcl", `
list "prefect_project" "all" {
  provider = prefect
}

list "prefect_flow" "all" {
  provider         = prefect
  include_resource = true

  config {
    project_id = "`+project+`"
  }
}
`)
	listed := w.Run("query")
	says(t, listed, "list.prefect_flow.all", "data/etl")
	says(t, listed, "list.prefect_project.all", "data")

	w.Run("query", "-generate-config-out=generated.tf")
	generated := w.Read("generated.tf")
	says(t, generated, `resource "prefect_flow" "all_0"`, `identity = {`)
	silent(t, generated, "idempotency_key", "task_count")
	importsOnly(t, w.Plan(), 2)
	says(t, w.Apply(), "2 imported, 0 added, 0 changed, 0 destroyed")
	w.Unchanged("after the import")
}

// TestImport_identity imports by an identity that is written by hand.
func TestImport_identity(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	project, group := register(t, server)
	w := workspace(t, terraform, server, nil, fmt.Sprintf(`
import {
  to       = prefect_project.data
  identity = { id = %q }
}

import {
  to       = prefect_flow.etl
  identity = { id = %q }
}

resource "prefect_project" "data" {
  name        = "data"
  description = "Nightly loads"
}

resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_json  = file("etl.json")
  labels     = ["linux"]
}
`, project, group))
	w.Write("etl.json", etl(t))
	importsOnly(t, w.Plan(), 2)
	w.Apply()
	w.Unchanged("after the import")
}

// TestImport_generated has the configuration of an import by id written, which OpenTofu can as well.
func TestImport_generated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server := acctest.Server(t)
		project, _ := register(t, server)
		block := func(lines string) string {
			return fmt.Sprintf("import {\n  to = prefect_project.data\n  id = %q\n%s}\n", project, lines)
		}
		// Without the argument Terraform looks for the provider in the namespace hashicorp while there is no resource block,
		// and once there is one it refuses the argument.
		w := workspace(t, program, server, nil, block("  provider = prefect\n"))
		w.Run("plan", "-generate-config-out=generated.tf")
		w.Configure(server, nil, block(""))
		says(t, w.Read("generated.tf"), `resource "prefect_project" "data"`, `"Nightly loads"`)
		importsOnly(t, w.Plan(), 1)
		w.Apply()
		w.Unchanged("after the import")
	})
}
