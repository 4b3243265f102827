package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func plural(server *acctest.PrefectServer, lines ...string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_flows\" \"test\" {\n%s\n}\n", strings.Join(lines, "\n"))
}

// lists checks the names and versions found, each as name/version.
func lists(want ...string) []statecheck.StateCheck {
	checks := make([]knownvalue.Check, 0, len(want))
	for _, one := range want {
		name, version, _ := strings.Cut(one, "/")
		checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"name": knownvalue.StringExact(name), "version": knownvalue.Int64Exact(int64(version[0] - '0')),
		}))
	}
	return []statecheck.StateCheck{statecheck.ExpectKnownValue("data.prefect_flows.test", tfjsonpath.New("flows"), knownvalue.ListExact(checks))}
}

func TestAccFlowsDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(flow.TestFlow(t, "etl-b", nil), false)
	b.register(flow.TestFlow(t, "etl-a", nil), false)
	newest := b.register(flow.TestFlow(t, "etl-a", flow.WithParameter("n", 1)), false, "x")
	b.register(flow.TestFlow(t, "report", nil), false)
	elsewhere := benchOn(t, acctest.AnotherTenant(t, b.PrefectServer))
	elsewhere.register(flow.TestFlow(t, "theirs", nil), false)
	second, err := b.Client.CreateProject(t.Context(), "second", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: second, SerializedFlow: map[string]any{
		"name": "etl-c", "tasks": []any{}, "edges": []any{}, "parameters": []any{}, "schedule": nil, "__version__": "1.4.1",
	}}); err != nil {
		t.Fatal(err)
	}
	step := func(want []statecheck.StateCheck, lines ...string) resource.TestStep {
		return resource.TestStep{Config: plural(b.PrefectServer, lines...), ConfigStateChecks: want}
	}
	all := knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectExact(map[string]knownvalue.Check{
		"id": knownvalue.StringExact(b.group("etl-a")), "flow_id": knownvalue.StringExact(newest), "name": knownvalue.StringExact("etl-a"),
		"project_id": knownvalue.StringExact(b.projectID), "project_name": knownvalue.StringExact("flows"), "version": knownvalue.Int64Exact(2),
		"archived": knownvalue.Bool(false), "flow_group_id": knownvalue.NotNull(), "core_version": knownvalue.StringExact("1.4.1"),
		"task_count": knownvalue.Int64Exact(3), "description": knownvalue.Null(), "schedule_active": knownvalue.Bool(false),
		"labels": knownvalue.SetExact(stringsOf("x")),
	})})
	run(t,
		step(lists("etl-a/2", "etl-a/1", "etl-b/1", "etl-c/1", "report/1")),
		step([]statecheck.StateCheck{statecheck.ExpectKnownValue("data.prefect_flows.test", tfjsonpath.New("flows"), all)}, `archived = false`),
		step(lists("etl-a/1"), `archived = true`),
		step(lists("etl-a/2", "etl-a/1"), `name = "etl-a"`),
		step(lists("etl-a/2", "etl-b/1", "etl-c/1"), `name_like = "ETL-_"`, `archived = false`),
		step(lists("etl-c/1"), `project_name = "second"`),
		step(lists("etl-c/1"), fmt.Sprintf("project_id = %q", second), `name_like = "e%"`),
		step(lists("theirs/1"), fmt.Sprintf("tenant_id = %q", elsewhere.TenantID)),
		step(lists(), `name = "nothing"`),
		step(lists(), `project_id = "6f6b0e0e-0000-4000-8000-00000000000f"`),
	)
}

func TestAccFlowsDataSourceBadInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	const nobody = "6f6b0e0e-0000-4000-8000-00000000000f"
	cases := []struct{ title, lines string }{
		{"a project's name as its id", `project_id = "flows"`},
		{"not a UUID", `tenant_id = "x"`},
		{"two projects", "project_id = \"" + nobody + "\"\nproject_name = \"flows\""},
		{"two names", "name = \"a\"\nname_like = \"a%\""},
		{"a blank pattern", `name_like = " "`},
		{"no such tenant", `tenant_id = "` + nobody + `"`},
	}
	steps := make([]resource.TestStep, 0, len(cases)+1)
	for _, c := range cases {
		steps = append(steps, resource.TestStep{Config: plural(server, c.lines), ExpectError: acctest.Recorded(c.title)})
	}
	// Terraform itself refuses this, in words that differ between its versions.
	steps = append(steps, resource.TestStep{Config: plural(server, `archived = "perhaps"`), ExpectError: acctest.Says("archived", "bool")})
	run(t, steps...)
}
