package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// fromFile is a configuration whose flow is in a file.
func (b *bench) fromFile(path string, lines ...string) string {
	b.t.Helper()
	return acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf("resource \"prefect_flow\" \"test\" {\n  project_id = %q\n  flow_file  = %q\n  %s\n}\n",
		b.projectID, path, strings.Join(lines, "\n  "))
}

// withTask adds a task, withRetries lets the first one be tried again.
func withTask(name string) func(map[string]any) {
	return func(f map[string]any) {
		f["tasks"] = append(flow.List(f["tasks"]), map[string]any{
			"__version__": "1.4.1", "type": "prefect.tasks.core.function.FunctionTask", "name": name, "slug": name + "-1", "max_retries": 0,
			"inputs": map[string]any{}, "outputs": "typing.Any", "tags": []any{},
		})
	}
}

func withRetries(n int) func(map[string]any) {
	return func(f map[string]any) { flow.Object(flow.List(f["tasks"])[0])["max_retries"] = n }
}

func says(lines ...string) statecheck.StateCheck { return known("changes", exactly(lines)) }

func plans(lines ...string) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New("changes"), exactly(lines))
}

func exactly(lines []string) knownvalue.Check {
	all := make([]knownvalue.Check, len(lines))
	for i, line := range lines {
		all[i] = knownvalue.StringExact(line)
	}
	return knownvalue.ListExact(all)
}

func also(checks resource.ConfigPlanChecks, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	checks.PreApply = append(checks.PreApply, more...)
	return checks
}

// A flow in a file through its life. The state never holds the flow, another form or path of the file is no change, and the plan
// says what a version changes.
func TestAccFlowFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := flow.TestFlow(t, "etl", flow.WithParameter("n", 1)), flow.TestFlow(t, "etl", flow.AllOf(flow.WithParameter("n", 1), withTask("load_b"), withRetries(3)))
	path := b.file("flow.json", first)
	elsewhere := filepath.ToSlash(filepath.Join(b.directory, "elsewhere.json"))
	write := func(text string) func() { return func() { b.file("flow.json", text) } }
	run(t,
		resource.TestStep{
			Config: b.fromFile(path), Check: b.versions("etl", 1),
			ConfigStateChecks: []statecheck.StateCheck{
				version(1), known("flow_json", knownvalue.Null()), known("flow_file", knownvalue.StringExact(path)), known("name", knownvalue.StringExact("etl")),
				known("idempotency_key", knownvalue.StringExact(flow.KeyOf(t, first))), known("changes", knownvalue.Null()),
				known("summary", knownvalue.ObjectExact(map[string]knownvalue.Check{
					"tasks":      exactly([]string{"extract (extract-1)", "load (load-1)"}),
					"parameters": exactly([]string{"n = 1"}), "schedule": knownvalue.Null(), "run_config": knownvalue.StringExact("UniversalRun"),
					"storage": knownvalue.StringExact("Local, directory /flows"),
				})),
			},
		},
		resource.TestStep{Config: b.fromFile(path), ConfigPlanChecks: nothing()},
		resource.TestStep{
			PreConfig: write("\ufeff" + strings.ReplaceAll(indented(t, first), "\n", "\r\n")), Config: b.fromFile(path), ConfigPlanChecks: nothing(),
		},
		resource.TestStep{
			PreConfig: func() {
				b.file("elsewhere.json", flow.Document(t, 1, first))
				if err := os.Remove(filepath.FromSlash(path)); err != nil {
					t.Error(err)
				}
			},
			Config: b.fromFile(elsewhere), ConfigPlanChecks: nothing(), ConfigStateChecks: []statecheck.StateCheck{known("flow_file", knownvalue.StringExact(path))},
		},
		resource.TestStep{ // what is kept is the path, and what is read is the configured one
			Config: b.fromFile(elsewhere, `deletion_policy = "delete"`), ConfigPlanChecks: updates(1), Check: b.versions("etl", 1),
		},
		resource.TestStep{
			PreConfig: write(second), Config: b.fromFile(path, `deletion_policy = "delete"`),
			ConfigPlanChecks:  also(registers(), plans("against version 1:", "tasks: + load_b, ~ extract: max_retries 0 -> 3")),
			ConfigStateChecks: []statecheck.StateCheck{version(2), says("against version 1:", "tasks: + load_b, ~ extract: max_retries 0 -> 3")},
			Check:             b.versions("etl", 2),
		},
		resource.TestStep{Config: b.fromFile(path, `deletion_policy = "delete"`), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config:            b.fromFile(path, `description = "nightly"`, `labels = ["k8s"]`),
			ConfigPlanChecks:  also(registers(), plans("against version 2:", `run_config: labels [] -> ["k8s"]`, `description: "" -> "nightly"`)),
			ConfigStateChecks: []statecheck.StateCheck{version(3)},
		},
		resource.TestStep{Config: b.fromFile(path, `description = "nightly"`, `labels = ["k8s"]`), ConfigPlanChecks: nothing()},
	)
}

// Somebody registers with the CLI: the plan says what differs, and nothing if that is what the file holds by then.
func TestAccFlowFileDrift(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, theirs := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.AllOf(withTask("theirs"), flow.WithCron("0 6 * * *", nil)))
	path := b.file("flow.json", first)
	register := func(force bool) func() { return func() { b.register(theirs, force) } }
	differs := []string{"against version 2:", "tasks: - theirs", `schedule: - cron "0 6 * * *"`}
	run(t,
		resource.TestStep{Config: b.fromFile(path)},
		resource.TestStep{
			PreConfig: register(false), Config: b.fromFile(path), ConfigPlanChecks: also(registers(), plans(differs...)),
			ConfigStateChecks: []statecheck.StateCheck{version(3), says(differs...)},
		},
		resource.TestStep{
			PreConfig: func() { b.register(theirs, true); b.file("flow.json", theirs) }, Config: b.fromFile(path), ConfigPlanChecks: nothing(),
			ConfigStateChecks: []statecheck.StateCheck{version(4), known("changes", knownvalue.Null())},
		},
		resource.TestStep{ // the state has the key of the file before still
			Config: b.fromFile(path, `deletion_policy = "abandon"`), ConfigPlanChecks: updates(4), Check: b.versions("etl", 4),
		},
		resource.TestStep{Config: b.fromFile(path, `deletion_policy = "abandon"`), ConfigPlanChecks: nothing()},
	)
}

// From one argument to the other and back, the same flow is no new version.
func TestAccFlowFileSwitch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := flow.TestFlow(t, "etl", flow.WithTag("x"))
	path := b.file("flow.json", flow.Document(t, 1, text))
	as := func(config string, json, file knownvalue.Check) resource.TestStep {
		return resource.TestStep{
			Config: config, ConfigPlanChecks: updates(1), Check: b.versions("etl", 1),
			ConfigStateChecks: []statecheck.StateCheck{known("flow_json", json), known("flow_file", file), known("changes", knownvalue.Null())},
		}
	}
	inline := b.config(text, `labels = ["k8s"]`)
	run(t,
		resource.TestStep{Config: inline},
		as(b.fromFile(path, `labels = ["k8s"]`), knownvalue.Null(), knownvalue.StringExact(path)),
		resource.TestStep{Config: b.fromFile(path, `labels = ["k8s"]`), ConfigPlanChecks: nothing()},
		as(inline, knownvalue.NotNull(), knownvalue.Null()),
		resource.TestStep{Config: inline, ConfigPlanChecks: nothing()},
	)
}

// An import that says where the file is changes nothing, also where the Server gives other numbers back than the file has; one that
// does not says what it changes, which is no version.
func TestAccFlowFileImport(t *testing.T) {
	t.Parallel()
	numbers := flow.AllOf(flow.WithParameter("whole", json.Number("1.0")), flow.WithParameter("big", json.Number("9007199254740993")))
	for name, force := range map[string]bool{"registered with a key": false, "registered without": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			text := flow.TestFlow(t, "etl", numbers)
			id := b.register(text, force)
			stored, err := b.Client.GetSerializedFlow(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			leave := resource.TestStep{Config: acctest.ProviderConfig(b.PrefectServer, nil) +
				fmt.Sprintf("removed {\n  from = %s\n  lifecycle { destroy = false }\n}\n", address)}
			var steps []resource.TestStep
			for file, text := range map[string]string{"built.json": text, "held.json": string(stored)} {
				path := b.file(file, text)
				steps = append(steps,
					resource.TestStep{
						Config: b.fromFile(path) + importBlock("flows/etl?flow_file="+path), ConfigPlanChecks: nothing(),
						ConfigStateChecks: []statecheck.StateCheck{version(1), known("flow_json", knownvalue.Null()), known("flow_file", knownvalue.StringExact(path))},
					},
					resource.TestStep{Config: b.fromFile(path), ConfigPlanChecks: nothing()}, leave,
					resource.TestStep{
						Config: b.fromFile(path) + importBlock("flows/etl"), ConfigPlanChecks: updates(1), Check: b.versions("etl", 1),
						ConfigStateChecks: []statecheck.StateCheck{known("flow_json", knownvalue.Null()), known("flow_file", knownvalue.StringExact(path))},
					},
					resource.TestStep{Config: b.fromFile(path), ConfigPlanChecks: nothing()}, leave,
					resource.TestStep{ // the flow in the state is the version, whatever the keys
						Config: b.config(text) + importBlock("flows/etl"), ConfigPlanChecks: nothing(), Check: b.versions("etl", 1),
					},
					resource.TestStep{Config: b.config(text), ConfigPlanChecks: nothing()}, leave,
				)
			}
			run(t, steps...)
		})
	}
}

// Refreshing and destroying do not need the file, planning does.
func TestAccFlowFileMissing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.file("flow.json", flow.TestFlow(t, "etl", nil))
	remove := func() {
		if err := os.Remove(filepath.FromSlash(path)); err != nil {
			t.Error(err)
		}
	}
	run(t,
		resource.TestStep{Config: b.fromFile(path + ".none"), ExpectError: acctest.Recorded("no such file")},
		resource.TestStep{Config: b.fromFile(b.directory), ExpectError: acctest.Recorded("a directory")},
		resource.TestStep{Config: b.fromFile(b.file("flow.py", "import prefect\n")), ExpectError: acctest.Recorded("Python source")},
		resource.TestStep{Config: b.fromFile(path, `flow_json = "{}"`), ExpectError: acctest.Recorded("both")},
		resource.TestStep{Config: strings.Replace(b.fromFile(path), "flow_file ", "# ", 1), ExpectError: acctest.Recorded("neither")},
		resource.TestStep{Config: b.fromFile(""), ExpectError: acctest.Recorded("an empty path")},
		resource.TestStep{Config: b.fromFile(path)},
		resource.TestStep{PreConfig: remove, RefreshState: true, ExpectNonEmptyPlan: true},
		resource.TestStep{Config: b.fromFile(path), ExpectError: acctest.Recorded("a file that has disappeared")}, // by the apply
		resource.TestStep{Config: b.fromFile(path), Destroy: true},
	)
}

// changing changes the file between plan and apply.
type changing struct{ do func() }

func (c changing) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	c.do()
}

// What is applied is what was planned, or nothing.
func TestAccFlowFileChangesBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.WithTag("x"))
	third := flow.TestFlow(t, "etl", flow.WithTag("y"))
	path := b.file("flow.json", first)
	change := func(text string) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{changing{func() { b.file("flow.json", text) }}}}
	}
	refused := acctest.Says("inconsistent final plan", "idempotency_key") // by Terraform, which plans once more
	run(t,
		resource.TestStep{Config: b.fromFile(path), ConfigPlanChecks: change(second), ExpectError: refused},
		resource.TestStep{Config: b.fromFile(path), ConfigStateChecks: []statecheck.StateCheck{version(1)}},
		resource.TestStep{
			PreConfig: func() { b.file("flow.json", first) },
			Config:    b.fromFile(path), ConfigPlanChecks: change(third), ExpectError: refused,
		},
		resource.TestStep{Config: b.fromFile(path), ConfigStateChecks: []statecheck.StateCheck{version(2)}},
	)

	// Between Terraform's second plan and its apply, only the provider can notice.
	session := acctest.Connect(t, b.PrefectServer, nil)
	other := b.file("other.json", flow.TestFlow(t, "other", nil))
	session.Between = func() { b.file("other.json", flow.TestFlow(t, "other", flow.WithTag("x"))) }
	made := session.Create("prefect_flow", map[string]any{"project_id": b.projectID, "flow_file": other})
	if made.State != nil || !strings.Contains(made.String(), "The flow has changed since the plan") {
		t.Errorf("applied: %s", made)
	}
}

// TestAccFlowFileIsNoted checks that the plan after an apply can see, without decoding the file, that nothing has changed:
// what was noted is what such a plan compares, which is the configuration and not the values that the flow has added.
func TestAccFlowFileIsNoted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := acctest.Connect(t, b.PrefectServer, nil)
	for name, tt := range map[string]struct {
		name   types.String
		labels types.Set
	}{
		"file alone":  {types.StringNull(), types.SetNull(types.StringType)},
		"its name":    {types.StringValue("its name"), types.SetNull(types.StringType)},
		"with labels": {types.StringNull(), types.SetValueMust(types.StringType, []attr.Value{types.StringValue("k8s")})},
	} {
		path := b.file(name+".json", flow.TestFlow(t, name, nil))
		config := map[string]any{"project_id": b.projectID, "flow_file": path}
		if !tt.name.IsNull() {
			config["name"] = tt.name.ValueString()
		}
		if !tt.labels.IsNull() {
			config["labels"] = []any{"k8s"}
		}
		check := func(applied acctest.Applied) {
			t.Helper()
			if got, want := applied.Private("file"), flow.NotedOf(t, path, tt.name, tt.labels); applied.State == nil || got != want {
				t.Errorf("%s: noted %q, want %q\n%s", name, got, want, applied)
			}
		}
		made := session.Create("prefect_flow", config)
		check(made)
		b.file(name+".json", flow.TestFlow(t, name, flow.WithTag("x")))
		check(session.Update(made, config))
	}
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
