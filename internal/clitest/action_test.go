package clitest

import (
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// etlFlow is a project with the example flow, which a Kubernetes agent takes.
const etlFlow = `
resource "prefect_project" "data" {
  name          = "data"
  force_destroy = true
}

resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_json  = file("etl.json")

  run_config = {
    kubernetes = { image = "prefecthq/prefect:1.4.1" }
  }
}
`

// runs are all of a tenant.
func runs(t *testing.T, server *acctest.PrefectServer) []prefect.FlowRun {
	t.Helper()
	found, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestInvoke runs a flow in the cluster by hand, and follows it.
func TestInvoke(t *testing.T) {
	t.Parallel()
	server, cluster := acctest.Server(t), acctest.Cluster(t)
	acctest.Agent(t, server, cluster)
	w := workspace(t, terraform, server, cluster, etlFlow+`
action "prefect_flow_run" "etl" {
  config {
    version_group_id = prefect_flow.etl.id
    name             = "by hand"
  }
}
`)
	w.Write("etl.json", etl(t))
	w.Apply()
	w.Unchanged("after the apply")
	if found := runs(t, server); len(found) != 0 {
		t.Fatalf("the apply has made %d runs", len(found))
	}

	says(t, w.Apply("-invoke=action.prefect_flow_run.etl"), "Action started: action.prefect_flow_run.etl", `Started flow run "by hand"`, "Success",
		"Action complete: action.prefect_flow_run.etl")
	found := runs(t, server)
	if len(found) != 1 || found[0].State != "Success" || found[0].Name != "by hand" {
		t.Errorf("got the runs %+v, want one that has succeeded", found)
	}
	w.Unchanged("after the invocation")
}

// TestRestart restarts a cancelled run in the cluster by hand, and follows it.
func TestRestart(t *testing.T) {
	t.Parallel()
	server, cluster := acctest.Server(t), acctest.Cluster(t)
	acctest.Agent(t, server, cluster)
	w := workspace(t, terraform, server, cluster, etlFlow+`
variable "run" {
  type    = string
  default = "00000000-0000-4000-8000-000000000000"
}

action "prefect_flow_run_restart" "stopped" {
  config {
    id = var.run
  }
}
`)
	w.Write("etl.json", etl(t))
	w.Apply()
	project, err := server.Client.FindProject(t.Context(), "data")
	if err != nil {
		t.Fatal(err)
	}
	flow, err := server.Client.FindFlow(t.Context(), project.ID, "etl")
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := time.Now().Add(24 * time.Hour)
	run, err := server.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: flow.ID, Name: "stopped", ScheduledStartTime: &tomorrow})
	if err != nil {
		t.Fatal(err)
	}
	invoke := []string{"apply", "-auto-approve", "-input=false", "-var=run=" + run, "-invoke=action.prefect_flow_run_restart.stopped"}
	if output, code := w.Try(invoke...); code == 0 {
		t.Errorf("a run that has not finished was restarted:\n%s", output)
	} else {
		says(t, output, `Flow run "stopped" has not finished`, "The run is Scheduled")
	}
	if _, err := server.Client.CancelFlowRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	says(t, w.Run(invoke...), `Restarted flow run "stopped"`, "which was Cancelled", `"stopped" is Success`, "Action complete")
	if found := runs(t, server); len(found) != 1 || found[0].State != "Success" {
		t.Errorf("got the runs %+v, want the one that was restarted", found)
	}
}

// TestTrigger runs a flow whenever a version of it is registered, and once more before it goes. The action says which flow
// by `caller`, so that one action can serve many.
func TestTrigger(t *testing.T) {
	t.Parallel()
	server, cluster := acctest.Server(t), acctest.Cluster(t)
	acctest.Agent(t, server, cluster)
	configuration := func(parameter string) string {
		return `
resource "prefect_project" "data" {
  name          = "data"
  force_destroy = true
}

resource "prefect_flow" "etl" {
  project_id  = prefect_project.data.id
  flow_json   = file("etl.json")
  description = "` + parameter + `"

  run_config = {
    kubernetes = { image = "prefecthq/prefect:1.4.1" }
  }

  lifecycle {
    action_trigger {
      events  = [after_create, after_update, before_destroy]
      actions = [action.prefect_flow_run.smoke_test]
    }
  }
}

action "prefect_flow_run" "smoke_test" {
  config {
    flow_id = caller.flow_id
    name    = "smoke test"
  }
}
`
	}
	w := workspace(t, terraform, server, cluster, configuration("first"))
	w.Write("etl.json", etl(t))
	says(t, w.Apply(), "Action complete: action.prefect_flow_run.smoke_test")
	w.Unchanged("after the creation")

	w.Configure(server, cluster, configuration("second"))
	w.Apply()
	w.Unchanged("after the change")
	versions := map[string]bool{}
	for _, run := range runs(t, server) {
		if versions[run.FlowID] = true; run.State != "Success" {
			t.Errorf("the run of %s is %s", run.FlowID, run.State)
		}
	}
	if len(versions) != 2 {
		t.Errorf("got runs of %d versions, want one of each of both", len(versions))
	}

	says(t, w.Run("destroy", "-auto-approve"), "Action complete: action.prefect_flow_run.smoke_test", "Destruction complete")
}

// TestTriggerEphemeral gives a run values from an ephemeral variable, which `-invoke` withholds.
func TestTriggerEphemeral(t *testing.T) {
	t.Parallel()
	server, cluster := acctest.Server(t), acctest.Cluster(t)
	acctest.Agent(t, server, cluster)
	w := workspace(t, terraform, server, cluster, etlFlow+`
variable "day" {
  type      = string
  ephemeral = true
}

resource "terraform_data" "trigger" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.prefect_flow_run.etl]
    }
  }
}

action "prefect_flow_run" "etl" {
  config {
    project_name       = prefect_project.data.name
    flow_name          = prefect_flow.etl.name
    context_wo         = jsonencode({ day = var.day })
    context_wo_version = 1
    env_wo             = { DAY = var.day }
    env_wo_version     = 1

    run_config = {
      kubernetes = { image = "prefecthq/prefect:1.4.1", env = { LEVEL = "2" } }
    }
  }
}
`)
	w.Write("etl.json", etl(t))
	w.Apply("-var=day=2026-11-28", "-target=prefect_flow.etl")
	w.Apply("-var=day=2026-11-28")
	found := runs(t, server)
	if len(found) != 1 || found[0].State != "Success" || !strings.Contains(string(found[0].Context), "2026-11-28") ||
		!strings.Contains(string(found[0].RunConfig), "2026-11-28") || !strings.Contains(string(found[0].RunConfig), "LEVEL") {
		t.Errorf("got the runs %+v, want one with the ephemeral values", found)
	}
	output, code := w.Try("apply", "-auto-approve", "-input=false", "-var=day=2026-11-28", "-invoke=action.prefect_flow_run.etl")
	says(t, output, `The value of "DAY" is null`)
	if found := runs(t, server); code == 0 || len(found) != 1 {
		t.Errorf("an invocation without its values has made a run: %+v", found)
	}
}
