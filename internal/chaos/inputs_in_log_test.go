package chaos_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// inputs is a configuration whose inputs all hold a mark.
const inputs = `
resource "prefect_project" "p" {
  name          = "chaos"
  force_destroy = true
}

resource "prefect_flow" "f" {
  project_id = prefect_project.p.id
  flow_json  = replace(file("etl.json"), "extract", "m4rk-flow")
  run_config = { kubernetes = { env = { SECRET = "m4rk-flow-env" } } }
}

resource "prefect_flow_group" "g" {
  version_group_id   = prefect_flow.f.id
  default_parameters = jsonencode({ country = "m4rk-default" })
  run_config         = { kubernetes = { env = { SECRET = "m4rk-group-env" } } }
}

resource "prefect_flow_run" "r" {
  flow_id    = prefect_flow.f.flow_id
  wait_for   = "none"
  parameters = jsonencode({ country = "m4rk-parameter" })
  context    = jsonencode({ a = "m4rk-context" })
  run_config = { kubernetes = { env = { SECRET = "m4rk-run-env" }, job_template = jsonencode({ spec = { template = { spec = { containers = [{ name = "flow", env = [{ name = "A", value = "m4rk-template" }] }] } } } }) } }
}
`

// TestLogsShowNoInputs looks for the values of parameters, contexts, flows and environments in the whole log, at its most
// talkative, of a creation, an answer that repeats what it was asked, and a destroy.
func TestLogsShowNoInputs(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	p := newProxy(t, server.API)
	behind := *server
	behind.API = p.url
	log := filepath.Join(t.TempDir(), "log")
	w := terraform(t, &behind, inputs, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	w.Apply()
	p.attackWith(func(w http.ResponseWriter, asked string) {
		message, err := json.Marshal("cannot take " + asked)
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":`+string(message)+`}]}`)
	}, func(asked string) bool { return strings.Contains(asked, "mutation ") })
	w.Write("main.tf", strings.ReplaceAll(w.Read("main.tf"), "m4rk", "m4rk-again"))
	output, code := w.Try("apply", "-auto-approve", "-input=false")
	if code == 0 || p.count() == 0 {
		t.Errorf("the apply succeeded:\n%s", output)
	}
	for line := range strings.Lines(output) {
		if strings.Contains(line, "cannot take") && strings.Contains(line, "m4rk") {
			t.Errorf("the error repeats what was sent: %.300s", line)
		}
	}
	p.attack(nil, nil)
	w.Run("destroy", "-auto-approve", "-input=false")
	text, err := os.ReadFile(log)
	fatal(t, err)
	for _, wanted := range []string{"[TRACE]", "SemanticEquals", "CreateFlowRun", "cannot take"} {
		if !strings.Contains(string(text), wanted) {
			t.Errorf("the log of %d bytes lacks %q", len(text), wanted)
		}
	}
	for line := range strings.Lines(string(text)) {
		if i := strings.Index(line, "m4rk"); i >= 0 {
			t.Errorf("the log shows an input: %.200s ... %s", line, line[max(0, i-100):min(len(line), i+100)])
		}
	}
}
