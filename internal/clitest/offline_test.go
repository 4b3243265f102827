package clitest

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// offline is a configuration with every kind of managed object, whose description the test changes.
const offline = `
resource "prefect_project" "data" {
  name        = "data"
  description = "DESCRIPTION"
}

resource "prefect_flow" "etl" {
  project_id  = prefect_project.data.id
  flow_json   = file("etl.json")
  description = "DESCRIPTION"
}

resource "prefect_flow_group" "etl" {
  version_group_id = prefect_flow.etl.id
  description      = "DESCRIPTION"
}

resource "prefect_cloud_hook" "failed" {
  states           = ["Failed"]
  version_group_id = prefect_flow.etl.id
  webhook          = { url_wo = "http://127.0.0.1:9", url_wo_version = 1 }
}

resource "prefect_flow_run" "first" {
  flow_id  = prefect_flow.etl.flow_id
  wait_for = "none"
  triggers = { description = "DESCRIPTION" }
}
`

// TestOfflinePlan plans with -refresh=false while the Server cannot be reached: what only the Server knows is left to the
// apply. Everything that has to ask it says so.
func TestOfflinePlan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server := acctest.Server(t)
		away := *server
		away.API = "http://127.0.0.1:1"
		first, second := strings.ReplaceAll(offline, "DESCRIPTION", "first"), strings.ReplaceAll(offline, "DESCRIPTION", "second")
		w := workspace(t, program, server, nil, first)
		w.Write("etl.json", etl(t))
		w.Write("more.json", awkward(t, "more", true))
		w.Apply()

		w.Configure(&away, nil, first)
		if output, code := w.Try("plan", "-refresh=false", "-input=false"); code != 0 {
			t.Errorf("what does not change needs the Server:\n%s", output)
		} else {
			says(t, output, "No changes")
		}
		w.Configure(&away, nil, second+`
resource "prefect_project" "more" {
  name = "more"
}

resource "prefect_flow" "more" {
  project_id = prefect_project.data.id
  flow_json  = file("more.json")
}
`)
		if output, code := w.Try("plan", "-refresh=false", "-input=false"); code != 0 {
			t.Errorf("changes need the Server:\n%s", output)
		} else {
			says(t, output, "3 to add, 3 to change, 1 to destroy")
		}
		output, code := w.Try("plan", "-input=false")
		if code == 0 {
			t.Error("a refresh without the Server succeeded")
		}
		says(t, output, "The Prefect Server could not be reached", "connection refused", "`endpoint`")

		w.Configure(&away, nil, `
data "prefect_project" "data" {
  name = "data"
}
`)
		output, code = w.Try("plan", "-refresh=false", "-input=false")
		if code == 0 {
			t.Error("a data source was read without the Server")
		}
		says(t, output, `Could not`, `"data"`, "The Prefect Server could not be reached")
	})
}
