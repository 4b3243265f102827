package flow_test

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlow_registeredMeanwhile has somebody else register a flow of the same new name between the plan, which shares its
// look with other plans, and the creation: there is one version group, whoever was first.
func TestAccFlow_registeredMeanwhile(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]string{
		"another flow":  flow.TestFlow(t, "etl", flow.WithTag("theirs")),
		"the same flow": flow.TestFlow(t, "etl", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			session := acctest.Connect(t, b.PrefectServer, nil)
			session.Between = func() { b.register(theirs, false) }
			made := session.Create("prefect_flow", map[string]any{"project_id": b.projectID, "flow_json": flow.TestFlow(t, "etl", nil)})
			if len(made.Diagnostics) > 0 {
				t.Errorf("got %s", made)
			}
			flows, err := b.Client.ListFlows(t.Context(), prefect.FlowFilter{ProjectID: b.projectID, Name: "etl"})
			if err != nil {
				t.Fatal(err)
			}
			want := 2
			if name == "the same flow" {
				want = 1
			}
			if len(flows) != want || made.At("version") != float64(want) {
				t.Errorf("%d versions, %v in the state, want %d", len(flows), made.At("version"), want)
			}
			for _, f := range flows {
				if f.VersionGroupID != made.At("id") {
					t.Errorf("version %d has the version group %s, the resource %v", f.Version, f.VersionGroupID, made.At("id"))
				}
			}
		})
	}
}

// TestAccFlow_projectCreatedMeanwhile: a project that another process has created since this one read all projects exists.
// The provider's other configurations are processes of their own.
func TestAccFlow_projectCreatedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := acctest.Connect(t, b.PrefectServer, nil)
	plan := func(project, name string) []acctest.Diagnostic {
		return session.PlanNew("prefect_flow", map[string]any{"project_id": project, "flow_json": flow.TestFlow(t, name, nil)}).Diagnostics
	}
	const none = "00000000-0000-4000-8000-000000000000"
	for _, name := range []string{"a", "b", "c"} { // the second of such questions makes the provider read all projects
		if found := plan(none, name); len(found) != 1 || found[0].Warning || found[0].Path != "project_id" {
			t.Errorf("got %+v", found)
		}
		if found := plan(b.projectID, name); len(found) > 0 {
			t.Errorf("got %+v", found)
		}
	}
	project, err := b.Client.CreateProject(t.Context(), acctest.Name("new"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if found := plan(project, "d"); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
}

// TestAccFlow_scheduleMendedMeanwhile: the flow group sets a required parameter of a schedule since this process looked at the
// flows of the project. The plan, which would refuse the schedule, looks again.
func TestAccFlow_scheduleMendedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	document := flow.TestFlow(t, "etl", flow.AllOf(flow.WithCron("0 0 * * *", nil), flow.WithParameter("n", nil)))
	b.register(document, false)
	group, err := b.Client.FindFlowGroup(t.Context(), b.group("etl"))
	if err != nil {
		t.Fatal(err)
	}
	plan := func(meanwhile func()) []acctest.Diagnostic {
		session := acctest.Connect(t, b.PrefectServer, nil)
		for _, name := range []string{"a", "b"} { // the second of such questions makes the provider read all flows of the project
			other := map[string]any{"project_id": b.projectID, "flow_json": flow.TestFlow(t, name, nil)}
			if found := session.PlanNew("prefect_flow", other).Diagnostics; len(found) > 0 {
				t.Errorf("got %+v", found)
			}
		}
		meanwhile()
		return session.PlanNew("prefect_flow", map[string]any{"project_id": b.projectID, "flow_json": document, "schedule_active": true}).Diagnostics
	}
	if found := plan(func() {}); len(found) != 1 || found[0].Warning || found[0].Path != "schedule_active" {
		t.Errorf("not mended: %+v", found)
	}
	found := plan(func() {
		if err := b.Client.SetFlowGroupDefaultParameters(t.Context(), group.ID, []byte(`{"n": 1}`)); err != nil {
			t.Error(err)
		}
	})
	if len(found) != 1 || !found[0].Warning || found[0].Summary != `Flow "etl" is already registered` {
		t.Errorf("mended: %+v", found)
	}
}
