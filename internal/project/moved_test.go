package project_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// TestAccProject_renamedAddress refuses, at plan, to destroy a project at one
// address and to make or keep it at another, and names the way that loses nothing.
func TestAccProject_renamedAddress(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	at := func(address, more string) string {
		return acctest.ProviderConfig(server, nil) + `
resource "prefect_project" "` + address + `" {
  name = "etl"
  lifecycle {
    create_before_destroy = ` + map[bool]string{true: "true", false: "false"}[strings.HasSuffix(address, "cbd")] + `
  }
}
` + more
	}
	// The two addresses are planned in any order: the new one may also say that its name is taken.
	refused := acctest.Says(`The plan destroys project "etl"`, "at one address and keeps it at another", "moved {", "from = prefect_project.<old name>")
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: at("a", "")},
			{Config: at("b", ""), ExpectError: refused},
			{Config: at("b_cbd", ""), ExpectError: refused},
			{Config: at("b", "moved {\n  from = prefect_project.a\n  to   = prefect_project.b\n}\n")},
			{Config: at("b", ""), ConfigPlanChecks: nothing},
			{Config: at("b", ""), Taint: []string{"prefect_project.b"}},
		},
	})
}

// TestAccProject_renamedInAnyOrder plans the two addresses of a renamed project in either order.
func TestAccProject_renamedInAnyOrder(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	config := map[string]any{"name": "etl"}
	recording := acctest.Record(t, t.Name())
	held := acctest.Connect(t, server, nil).Create("prefect_project", config)
	if len(held.Diagnostics) > 0 {
		t.Fatal(held.Diagnostics)
	}
	destroy := func(s *acctest.Session) []acctest.Diagnostic { return s.PlanDestroy(held) }
	create := func(s *acctest.Session) []acctest.Diagnostic { return s.PlanNew("prefect_project", config).Diagnostics }
	for _, test := range []struct {
		title string
		steps []func(*acctest.Session) []acctest.Diagnostic
	}{
		{"destroyed, created", []func(*acctest.Session) []acctest.Diagnostic{destroy, create}},
		{"created, destroyed", []func(*acctest.Session) []acctest.Diagnostic{create, destroy}},
		{"destroyed", []func(*acctest.Session) []acctest.Diagnostic{destroy}},
	} {
		s := acctest.Connect(t, server, nil)
		var found []acctest.Diagnostic
		for _, step := range test.steps {
			found = append(found, step(s)...)
		}
		recording.AddDiagnostics(test.title, found)
	}
}

// TestAccProject_forceDestroyWithRuns cancels what runs in a project, waits for it,
// and says so in the plan.
func TestAccProject_forceDestroyWithRuns(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	forced := config(server, "name = \"busy\"\n force_destroy = true")
	stopped := make(chan bool, 1)
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{Config: forced},
			{
				PreConfig: func() {
					register(t, server, "busy")
					run := running(t, server)
					go func() { stopped <- endsWhenCancelled(t, server.Client, run) }()
				},
				Config: forced, Destroy: true,
			},
		},
	})
	if !<-stopped {
		t.Error("the project was deleted with its run under way")
	}
}

// running puts the run of the project into the state that a flow's process gives it.
func running(t *testing.T, server *acctest.PrefectServer) string {
	t.Helper()
	runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{States: states.Unfinished()})
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	for _, name := range []string{"Submitted", "Running"} {
		setState(t, server.Client, runs[0].ID, name)
	}
	return runs[0].ID
}

// endsWhenCancelled does what the process of a run does that notices its
// cancellation. It returns false if the run is gone before.
func endsWhenCancelled(t *testing.T, client *prefect.Client, id string) bool {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		run, err := client.GetFlowRun(t.Context(), id)
		if err != nil {
			return false
		}
		if run.State == "Cancelling" {
			setState(t, client, id, "Cancelled")
			return true
		}
	}
	return false
}

func setState(t *testing.T, client *prefect.Client, id, name string) {
	t.Helper()
	const mutation = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }`
	input := map[string]any{"states": []any{map[string]any{"flow_run_id": id, "state": map[string]any{"type": name, "message": "test"}}}}
	if err := client.Do(t.Context(), mutation, map[string]any{"input": input}, nil); err != nil {
		t.Error(err)
	}
}
