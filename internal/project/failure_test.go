package project_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccProject_duplicate keeps state and Server as they were when a name is
// taken, at creation and at a rename.
func TestAccProject_duplicate(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	id, err := server.Client.CreateProject(t.Context(), "taken", nil)
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) string { return config(server, fmt.Sprintf("name = %q", name)) }
	taken := acctest.Recorded()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: named("taken"), ExpectError: acctest.Recorded()},
			{Config: named("taken"), ExpectError: taken},
			{Config: named("free")},
			{Config: named("taken"), ExpectError: acctest.Recorded()},
			{Config: named("free"), ConfigPlanChecks: nothing},
		},
	})
	if _, err := server.Client.FindProject(t.Context(), "free"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("after the destroy: %v", err)
	}
	if _, err := server.Client.GetProject(t.Context(), id); err != nil {
		t.Errorf("the project that had the name: %v", err)
	}
}

// TestAccProject_notEmpty refuses to delete a project with a flow in it, until
// force_destroy has been applied.
func TestAccProject_notEmpty(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	var group string
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{Config: config(server, `name = "full"`)},
			{
				PreConfig:   func() { group = register(t, server, "full") },
				Config:      config(server, `name = "full"`),
				Destroy:     true,
				ExpectError: acctest.Recorded(),
			},
			{Config: config(server, `name = "full"`), ConfigPlanChecks: nothing, Check: onServer(server, "full", nil)},
			{Config: config(server, "name = \"full\"\n force_destroy = true"), ConfigPlanChecks: inPlace},
		},
	})
	if _, err := server.Client.FindFlowGroup(t.Context(), group); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("the flow group of the deleted project: %v", err)
	}
}

// register puts a flow with a waiting run into a project, and returns the flow's
// version group.
func register(t *testing.T, server *acctest.PrefectServer, project string) string {
	t.Helper()
	ctx := t.Context()
	found, err := server.Client.FindProject(ctx, project)
	if err != nil {
		t.Fatal(err)
	}
	group := registerIn(t, server, found.ID, "inside", "")
	flow, err := server.Client.CurrentFlow(ctx, group)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Client.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID}); err != nil {
		t.Fatal(err)
	}
	return group
}

// TestAccProject_badInput lists what is refused before anything is sent.
func TestAccProject_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	refused := []string{
		`name = ""`,
		`name = "\t"`,
		`name = "etl "`,
		"name = \"a\"\n tenant_id = \"default\"",
		"name = \"a\"\n tenant_id = \"00000000-0000-4000-8000-00000000000A\"",
	}
	// Terraform itself refuses these, in words that differ between its versions.
	byTerraform := map[string]string{
		``:                                 `argument "name" is required`,
		"name = \"a\"\n description = [1]": `Incorrect attribute value type`,
		"name = \"a\"\n force_destroy = \"maybe\"": `Incorrect attribute value type`,
		"name = \"a\"\n tenant = \"default\"":      `Unsupported argument`,
	}
	steps := make([]resource.TestStep, 0, len(refused)+1)
	for _, lines := range refused {
		steps = append(steps, resource.TestStep{
			Config: config(server, lines), PlanOnly: true, ExpectError: acctest.Recorded(lines),
		})
	}
	for lines, want := range byTerraform {
		steps = append(steps, resource.TestStep{
			Config: config(server, lines), PlanOnly: true, ExpectError: acctest.Says(want),
		})
	}
	steps = append(steps, resource.TestStep{
		Config:      config(server, "name = \"a\"\n tenant_id = \"00000000-0000-4000-8000-000000000000\""),
		ExpectError: acctest.Recorded(),
	})
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(), Steps: steps, CheckDestroy: noneLeft(server),
	})
}
