package flow_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

func stringsOf(values ...string) []knownvalue.Check {
	checks := make([]knownvalue.Check, 0, len(values))
	for _, v := range values {
		checks = append(checks, knownvalue.StringExact(v))
	}
	return checks
}

// runConfig checks a field of the newest version's run configuration on the
// Server.
func (b *bench) runConfig(name, field, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		f, err := b.Client.FindFlow(context.Background(), b.projectID, name)
		if err != nil {
			return fmt.Errorf("find flow: %w", err)
		}
		config, err := flow.Decode(f.RunConfig)
		if err != nil {
			return err
		}
		if got := flow.Encode(config[field]); got != want {
			return fmt.Errorf("%s of the run configuration is %s, want %s", field, got, want)
		}
		return nil
	}
}

// Labels have no order, and are merged with those of the flow.
func TestAccFlowLabels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := flow.TestFlow(t, "etl", func(f map[string]any) { flow.Object(f["run_config"])["labels"] = []any{"own"} })
	run(t,
		resource.TestStep{
			Config: b.config(text, `labels = ["z", "a"]`), Check: b.runConfig("etl", "labels", `["a", "own", "z"]`),
			ConfigStateChecks: []statecheck.StateCheck{known("labels", knownvalue.SetExact(stringsOf("a", "z")))},
		},
		resource.TestStep{Config: b.config(text, `labels = ["a", "z"]`), ConfigPlanChecks: nothing()},
		resource.TestStep{Config: b.config(text, `labels = ["a", "own", "z"]`), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: b.config(text, `labels = []`), ConfigPlanChecks: registers(), Check: b.runConfig("etl", "labels", `["own"]`),
			ConfigStateChecks: []statecheck.StateCheck{known("labels", knownvalue.SetExact(nil))},
		},
		resource.TestStep{Config: b.config(text), ConfigPlanChecks: nothing()},
	)
}

const jobYAML = `apiVersion: batch/v1
kind: Job
spec:
  backoffLimit: %d
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {kubernetes.io/os: linux}
      containers:
        - name: mylinuxcontainer
`

// A typed run configuration replaces the serialised one; a local template is
// read at plan, so that its change shows.
func TestAccFlowRunConfig(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := flow.TestFlow(t, "etl", nil)
	template := b.file("job.yaml", fmt.Sprintf(jobYAML, 4))
	fromFile := b.config(text, fmt.Sprintf(`run_config = { kubernetes = { job_template_path = %q, labels = ["b", "a"], image = "etl:1" } }`, template))
	run(t,
		resource.TestStep{
			Config: b.config(text, `run_config = { kubernetes = {} }`),
			Check: resource.ComposeTestCheckFunc(
				b.runConfig("etl", "type", `"KubernetesRun"`), b.runConfig("etl", "env", "null"), b.runConfig("etl", "labels", "[]")),
		},
		resource.TestStep{
			Config: b.config(text, `run_config = { kubernetes = { env = {}, cpu_limit = "2", memory_request = "512Mi",
				service_account_name = "etl", image_pull_secrets = ["registry"], image_pull_policy = "Always" } }`),
			ConfigPlanChecks: registers(),
			Check: resource.ComposeTestCheckFunc(
				b.runConfig("etl", "env", "{}"), b.runConfig("etl", "cpu_limit", `"2"`), b.runConfig("etl", "image_pull_secrets", `["registry"]`)),
		},
		resource.TestStep{
			Config: fromFile, ConfigPlanChecks: registers(),
			Check: resource.ComposeTestCheckFunc(b.runConfig("etl", "labels", `["a", "b"]`), b.runConfig("etl", "job_template_path", "null")),
			ConfigStateChecks: []statecheck.StateCheck{
				version(3),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("run_config").AtMapKey("kubernetes").AtMapKey("job_template"), knownvalue.NotNull()),
			},
		},
		resource.TestStep{
			PreConfig: func() { b.file("job.yaml", "# the same\n"+fmt.Sprintf(jobYAML, 4)) },
			Config:    fromFile, ConfigPlanChecks: nothing(),
		},
		resource.TestStep{
			PreConfig: func() { b.file("job.yaml", fmt.Sprintf(jobYAML, 5)) },
			Config:    fromFile, ConfigPlanChecks: registers(), ConfigStateChecks: []statecheck.StateCheck{version(4)},
		},
		// The same template given otherwise means the same.
		resource.TestStep{
			Config: b.config(text, fmt.Sprintf(`run_config = { kubernetes = { job_template = jsonencode(yamldecode(file(%q))), labels = ["a", "b"],
				image = "etl:1" } }`, template)),
			ConfigPlanChecks: nothing(),
		},
		resource.TestStep{Config: b.config(text), ConfigPlanChecks: registers(), Check: b.runConfig("etl", "type", `"UniversalRun"`)},
	)
}

func TestAccFlowRemoteTemplate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(flow.TestFlow(t, "etl", nil), `run_config = { kubernetes = { job_template_path = "s3://bucket/job.yaml" } }`)
	run(t,
		resource.TestStep{Config: config, Check: b.runConfig("etl", "job_template_path", `"s3://bucket/job.yaml"`)},
	)
}

// Inputs that other resources of the same apply decide.
func TestAccFlowUnknownInputs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	template := b.file("job.yaml", fmt.Sprintf(jobYAML, 4))
	path := b.file("flow.json", flow.Document(t, 1, flow.TestFlow(t, "a", nil), flow.TestFlow(t, "b", nil)))
	config := func(label string) string {
		return acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf(`
			resource "prefect_project" "new" {
			  name          = "new"
			  force_destroy = true
			}
			resource "terraform_data" "later" { input = { label = %[1]q, name = "b", template = %[2]q, description = "d-%[1]s" } }
			resource "prefect_flow" "test" {
			  project_id  = prefect_project.new.id
			  flow_json   = file(%[3]q)
			  name        = terraform_data.later.output.name
			  labels      = [terraform_data.later.output.label]
			  description = terraform_data.later.output.description
			  run_config  = { kubernetes = { job_template_path = terraform_data.later.output.template } }
			}`, label, template, path)
	}
	run(t,
		resource.TestStep{
			Config: config("one"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("idempotency_key")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{version(1), known("name", knownvalue.StringExact("b"))},
		},
		resource.TestStep{Config: config("two"), ConfigStateChecks: []statecheck.StateCheck{
			version(2), known("labels", knownvalue.SetExact(stringsOf("two"))), known("description", knownvalue.StringExact("d-two")),
		}},
	)
}

// A description comes with a version only.
func TestAccFlowDescription(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text, changed := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.WithTag("x"))
	is := func(s string) statecheck.StateCheck { return known("description", knownvalue.StringExact(s)) }
	run(t,
		resource.TestStep{Config: b.config(text, `description = "one"`), ConfigStateChecks: []statecheck.StateCheck{version(1), is("one")}},
		resource.TestStep{
			Config: b.config(text, `description = "two"`), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2), is("two")}, Check: b.versions("etl", 2),
		},
		resource.TestStep{Config: b.config(text), ConfigPlanChecks: nothing()},
		resource.TestStep{ // not managed: carried over
			Config: b.config(changed), ConfigPlanChecks: registers(), ConfigStateChecks: []statecheck.StateCheck{version(3), is("two")},
		},
		resource.TestStep{Config: b.config(changed, `description = ""`), ConfigStateChecks: []statecheck.StateCheck{version(4), is("")}},
	)
}

// Moving takes all versions along and registers none.
func TestAccFlowMove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	elsewhere := *b
	id, err := b.Client.CreateProject(t.Context(), "elsewhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.projectID = id
	text, changed := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.WithTag("x"))
	run(t,
		resource.TestStep{Config: b.config(text)},
		resource.TestStep{Config: b.config(changed), Check: b.versions("etl", 2)},
		resource.TestStep{
			Config: elsewhere.config(changed), ConfigPlanChecks: updates(2),
			Check: resource.ComposeTestCheckFunc(elsewhere.versions("etl", 2), b.versions("etl", 0)),
		},
		resource.TestStep{ // back, and changed at the same time
			Config: b.config(text), ConfigPlanChecks: registers(),
			Check: resource.ComposeTestCheckFunc(b.versions("etl", 3), elsewhere.versions("etl", 0)),
		},
	)
}

func TestAccFlowVersionGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := flow.TestFlow(t, "etl", nil)
	const one, two = "6f6b0e0e-0000-4000-8000-000000000001", "nightly etl"
	group := func(id string) string { return fmt.Sprintf("version_group_id = %q", id) }
	run(t,
		resource.TestStep{Config: b.config(text, group(one)), ConfigStateChecks: []statecheck.StateCheck{known("id", knownvalue.StringExact(one))}},
		resource.TestStep{Config: b.config(text), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: b.config(text, group(two)), ConfigStateChecks: []statecheck.StateCheck{known("id", knownvalue.StringExact(two)), version(1)},
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
			}},
		},
	)
}

// The name of a flow can change; the group and its history stay.
func TestAccFlowRename(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	renamed := flow.TestFlow(t, "load", nil)
	run(t,
		resource.TestStep{Config: b.config(flow.TestFlow(t, "etl", nil))},
		resource.TestStep{
			Config: b.config(renamed), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2), known("name", knownvalue.StringExact("load"))},
		},
		resource.TestStep{PreConfig: func() { b.register(renamed, false) }, Config: b.config(renamed), ConfigPlanChecks: nothing()},
	)
}

// An apply uses the template that was planned; only a missing file is noticed.
func TestAccFlowMissingTemplate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := filepath.ToSlash(filepath.Join(b.directory, "none.yaml"))
	if _, err := os.Stat(path); err == nil {
		t.Fatal("the file exists")
	}
	run(t, resource.TestStep{
		Config:      b.config(flow.TestFlow(t, "etl", nil), fmt.Sprintf("run_config = { kubernetes = { job_template_path = %q } }", path)),
		PlanOnly:    true,
		ExpectError: acctest.Recorded(),
	})
}
