package clitest

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// flows is a configuration with everything that the provider computes.
const flows = etlFlow + `
resource "prefect_flow_run" "etl" {
  flow_id  = prefect_flow.etl.flow_id
  wait_for = "none"
}

data "prefect_flows" "all" {
  project_id = prefect_project.data.id
}

output "flow" { value = prefect_flow.etl.id }
`

// TestTest runs the tests of a configuration against a Server, and without one.
func TestTest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server := acctest.Server(t)
		w := workspace(t, program, server, nil, flows)
		w.Write("etl.json", etl(t))
		w.Write("real.tftest.hcl", `
run "plan" {
  command = plan

  assert {
    condition     = prefect_flow.etl.task_count == 3
    error_message = "the flow has ${prefect_flow.etl.task_count} tasks"
  }
}

run "apply" {
  assert {
    condition     = prefect_flow.etl.version == 1 && prefect_flow_run.etl.state == "Scheduled"
    error_message = "version ${prefect_flow.etl.version}, ${prefect_flow_run.etl.state}"
  }
}
`)
		says(t, w.Run("test"), `run "plan"... pass`, `run "apply"... pass`, "2 passed, 0 failed")
		projects, err := server.Client.ListProjects(t.Context(), prefect.ProjectFilter{})
		if err != nil || len(projects) != 0 {
			t.Errorf("the tests have left %+v (%v)", projects, err)
		}
	})
}

// TestBareMock runs tests with a `mock_provider` that is told nothing, for which there is no Server.
func TestBareMock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		w := workspace(t, program, &acctest.PrefectServer{API: "http://127.0.0.1:1"}, nil, flows)
		w.Write("etl.json", etl(t))
		w.Write("mock.tftest.hcl", `
mock_provider "prefect" {}

run "plan" { command = plan }

run "apply" {
  assert {
    condition     = prefect_flow.etl.project_id == prefect_project.data.id
    error_message = "the flow is in project ${prefect_flow.etl.project_id}"
  }
}
`)
		says(t, w.Run("test"), `run "plan"... pass`, `run "apply"... pass`, "2 passed, 0 failed")
	})
}
