package flow_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

func TestAccFlowDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.register(flow.TestFlow(t, "etl", nil), false)
	newest := b.register(flow.TestFlow(t, "etl", flow.AllOf(flow.WithParameter("n", nil), flow.WithCron("0 0 * * *", map[string]any{"n": 1}))), false, "b", "a")
	group := b.group("etl")
	data := func(lines string) string {
		return acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf("data \"prefect_flow\" \"test\" {\n%s\n}\n", lines)
	}
	is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.prefect_flow.test", tfjsonpath.New(attribute), check)
	}
	checks := []statecheck.StateCheck{
		is("id", knownvalue.StringExact(group)), is("version_group_id", knownvalue.StringExact(group)),
		is("flow_id", knownvalue.StringExact(newest)), is("version", knownvalue.Int64Exact(2)), is("archived", knownvalue.Bool(false)),
		is("name", knownvalue.StringExact("etl")), is("project_name", knownvalue.StringExact("flows")),
		is("project_id", knownvalue.StringExact(b.projectID)), is("tenant_id", knownvalue.StringExact(b.TenantID)),
		is("labels", knownvalue.SetExact(stringsOf("a", "b"))), is("task_count", knownvalue.Int64Exact(3)),
		is("schedule_active", knownvalue.Bool(true)), is("schedule", knownvalue.NotNull()), is("description", knownvalue.Null()),
		is("idempotency_key", knownvalue.NotNull()), is("flow_json", knownvalue.NotNull()), is("storage", knownvalue.NotNull()),
		is("run_config", knownvalue.NotNull()), is("core_version", knownvalue.StringExact("1.4.1")),
		is("parameters", knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
			"name": knownvalue.StringExact("n"), "required": knownvalue.Bool(true), "default": knownvalue.Null(),
		})})),
	}
	run(t,
		resource.TestStep{Config: data(fmt.Sprintf("id = %q", group)), ConfigStateChecks: checks},
		resource.TestStep{Config: data(fmt.Sprintf("version_group_id = %q", group)), ConfigStateChecks: checks},
		resource.TestStep{Config: data(fmt.Sprintf("project_id = %q\n name = \"etl\"", b.projectID)), ConfigStateChecks: checks},
		resource.TestStep{Config: data("project_name = \"flows\"\n name = \"etl\""), ConfigStateChecks: checks},
		resource.TestStep{Config: data(fmt.Sprintf("flow_id = %q", newest)), ConfigStateChecks: checks},
		resource.TestStep{Config: data(fmt.Sprintf("flow_id = %q", old)), ConfigStateChecks: []statecheck.StateCheck{
			is("version", knownvalue.Int64Exact(1)), is("archived", knownvalue.Bool(true)), is("id", knownvalue.StringExact(group)),
			is("schedule", knownvalue.Null()),
		}},
		// The data source gives what registers the same flow again.
		resource.TestStep{
			Config: data("project_name = \"flows\"\n name = \"etl\"") + fmt.Sprintf(
				"resource \"prefect_flow\" \"test\" {\n  project_id = %q\n  flow_json = data.prefect_flow.test.flow_json\n}\n", b.projectID),
			ConfigStateChecks: []statecheck.StateCheck{version(2)},
		},
	)
}

func TestAccFlowDataSourceBadInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const nobody = "6f6b0e0e-0000-4000-8000-00000000000f"
	cases := []struct{ title, lines string }{
		{"no argument", ""},
		{"a name without a project beside an id", `id = "a"` + "\n" + `name = "b"`},
		{"a name without a project", `name = "etl"`},
		{"no such version group", `id = "` + nobody + `"`},
		{"no such version", `flow_id = "` + nobody + `"`},
		{"not a UUID", `flow_id = "etl"`},
		{"no such project", "project_name = \"none\"\nname = \"a\""},
		{"no such flow in the project", "project_name = \"flows\"\nname = \"a\""},
		{"a project beside an id", "project_name = \"flows\"\nid = \"a\""},
	}
	steps := make([]resource.TestStep, 0, len(cases))
	for _, c := range cases {
		steps = append(steps, resource.TestStep{
			Config:      acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf("data \"prefect_flow\" \"test\" {\n%s\n}\n", c.lines),
			ExpectError: acctest.Recorded(c.title),
		})
	}
	run(t, steps...)
}
