package flowrun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const nobody = "6f6b0e0e-0000-4000-8000-00000000000f"

// read is a configuration with a data source of this type.
func read(server *acctest.PrefectServer, kind string, lines ...string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data %q \"test\" {\n%s\n}\n", kind, strings.Join(lines, "\n"))
}

func TestAccFlowRunsDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	create := func(name string, change func(*prefect.CreateFlowRunInput)) string {
		in := prefect.CreateFlowRunInput{FlowID: b.flow, Name: name}
		if change != nil {
			change(&in)
		}
		id, err := b.Client.CreateFlowRun(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	b.set(create("first", nil), "Success", "done")
	b.set(create("second", nil), "Failed", "boom")
	second := flowJSON("report")
	other := b.register(second)
	create("third", func(in *prefect.CreateFlowRunInput) { in.FlowID, in.Labels = other, []string{} })
	names := func(names ...string) []statecheck.StateCheck {
		checks := make([]knownvalue.Check, 0, len(names))
		for _, name := range names {
			checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}))
		}
		return []statecheck.StateCheck{statecheck.ExpectKnownValue("data.prefect_flow_runs.test", tfjsonpath.New("flow_runs"), knownvalue.ListExact(checks))}
	}
	step := func(want []statecheck.StateCheck, lines ...string) resource.TestStep {
		return resource.TestStep{Config: read(b.PrefectServer, "prefect_flow_runs", lines...), ConfigStateChecks: want}
	}
	full := []statecheck.StateCheck{statecheck.ExpectKnownValue("data.prefect_flow_runs.test", tfjsonpath.New("flow_runs").AtSliceIndex(0),
		knownvalue.ObjectExact(map[string]knownvalue.Check{
			"id": knownvalue.NotNull(), "name": knownvalue.StringExact("second"), "flow_id": knownvalue.StringExact(b.flow),
			"version_group_id": knownvalue.StringExact(b.group), "flow_name": knownvalue.StringExact("etl"), "flow_version": knownvalue.Int64Exact(1),
			"state": knownvalue.StringExact("Failed"), "state_message": knownvalue.StringExact("boom"), "finished": knownvalue.Bool(true),
			"auto_scheduled": knownvalue.Bool(false), "labels": knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("k8s")}),
			"parameters": knownvalue.StringExact(`{"x":"1"}`), "scheduled_start_time": knownvalue.NotNull(),
			"start_time": knownvalue.Null(), "end_time": knownvalue.NotNull(),
		}))}
	theirs := acctest.AnotherTenant(t, b.PrefectServer)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			step(names("third", "second", "first")),
			step(names("second", "first"), fmt.Sprintf("flow_id = %q", b.flow)),
			step(names("second", "first"), fmt.Sprintf("version_group_id = %q", b.group)),
			step(names("third", "second", "first"), fmt.Sprintf("project_id = %q", b.project)),
			step(full, `states = ["Failed", "TimedOut"]`),
			step(names("third", "second"), `states = ["Failed", "Scheduled"]`),
			step(names("first"), `name = "first"`),
			step(names("third"), `limit = 1`),
			step(names(), fmt.Sprintf("tenant_id = %q", theirs.TenantID)),
			step(names(), `name = "nothing"`),
		},
	})
}

// TestAccFlowRunsDataSource_limit reads more runs than one request brings.
func TestAccFlowRunsDataSource_limit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 230 {
		if _, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow}); err != nil {
			t.Fatal(err)
		}
	}
	size := func(n int) []statecheck.StateCheck {
		return []statecheck.StateCheck{statecheck.ExpectKnownValue("data.prefect_flow_runs.test", tfjsonpath.New("flow_runs"), knownvalue.ListSizeExact(n))}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: read(b.PrefectServer, "prefect_flow_runs"), ConfigStateChecks: size(100)},
			{Config: read(b.PrefectServer, "prefect_flow_runs", "limit = 220"), ConfigStateChecks: size(220)},
			{Config: read(b.PrefectServer, "prefect_flow_runs", "limit = 1000"), ConfigStateChecks: size(230)},
		},
	})
}

func TestAccFlowRunLogsDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow})
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	lines := make([]any, 0, 500)
	for i := range 500 {
		lines = append(lines, map[string]any{
			"flow_run_id": id, "name": "prefect.etl", "level": []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}[i%5],
			"message": fmt.Sprintf("line %d", i), "timestamp": started.Add(time.Duration(i) * time.Millisecond).UTC().Format(time.RFC3339Nano),
		})
	}
	const write = `mutation($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }`
	if err := b.Client.Do(t.Context(), write, map[string]any{"input": map[string]any{"logs": lines}}, nil); err != nil {
		t.Fatal(err)
	}
	is := func(at tfjsonpath.Path, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.prefect_flow_run_logs.test", at, check)
	}
	found := func(n int, first string) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			is(tfjsonpath.New("lines"), knownvalue.ListSizeExact(n)),
			is(tfjsonpath.New("lines").AtSliceIndex(0).AtMapKey("message"), knownvalue.StringExact(first)),
		}
	}
	step := func(want []statecheck.StateCheck, lines ...string) resource.TestStep {
		return resource.TestStep{
			Config:            read(b.PrefectServer, "prefect_flow_run_logs", append(lines, fmt.Sprintf("flow_run_id = %q", id))...),
			ConfigStateChecks: want,
		}
	}
	theirs := acctest.AnotherTenant(t, b.PrefectServer)
	fails := func(title string, lines ...string) resource.TestStep {
		return resource.TestStep{Config: read(b.PrefectServer, "prefect_flow_run_logs", lines...), ExpectError: acctest.Recorded(title)}
	}
	run := fmt.Sprintf("flow_run_id = %q", id)
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			step(append(found(500, "line 0"), is(tfjsonpath.New("tenant_id"), knownvalue.StringExact(b.TenantID)))),
			step(append(found(3, "line 497"), is(tfjsonpath.New("text"), knownvalue.NotNull())), `tail = 3`),
			step(found(300, "line 200"), `tail = 300`),
			step(found(200, "line 3"), `level = "ERROR"`),
			step(found(2, "line 494"), `level = "CRITICAL"`, `tail = 2`),
			step(found(500, "line 0"), `level = "DEBUG"`),
			{Config: read(b.PrefectServer, "prefect_flow_run_logs", `tail = 1`), ExpectError: acctest.Says(`"flow_run_id" is required`)}, // says Terraform itself
			fails("not a UUID", `flow_run_id = "x"`),
			fails("no lines", run, `tail = 0`),
			fails("a level in lower case", run, `level = "info"`),
			fails("no such run", fmt.Sprintf("flow_run_id = %q", nobody)),
			fails("a run of another tenant", run, fmt.Sprintf("tenant_id = %q", theirs.TenantID)),
			fails("no such tenant", run, fmt.Sprintf("tenant_id = %q", nobody)),
		},
	})
}

func TestAccFlowRunsDataSource_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	cases := []struct{ title, lines string }{
		{"a limit of nothing", `limit = 0`},
		{"no states", `states = []`},
		{"an empty state", `states = [""]`},
		{"not a UUID", `flow_id = "x"`},
		{"two flows", "flow_id = \"" + nobody + "\"\nversion_group_id = \"x\""},
		{"a project's name as its id", `project_id = "runs"`},
		{"no such tenant", `tenant_id = "` + nobody + `"`},
	}
	steps := make([]resource.TestStep, 0, len(cases))
	for _, c := range cases {
		steps = append(steps, resource.TestStep{Config: read(server, "prefect_flow_runs", c.lines), ExpectError: acctest.Recorded(c.title)})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
