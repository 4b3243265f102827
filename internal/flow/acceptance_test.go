package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

const address = "prefect_flow.test"

// bench is a Server with a project, and a directory for the files that
// configurations read.
type bench struct {
	*acctest.PrefectServer
	t         *testing.T
	projectID string
	directory string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server := acctest.Server(t)
	return benchOn(t, server)
}

func benchOn(t *testing.T, server *acctest.PrefectServer) *bench {
	t.Helper()
	id, err := server.Client.CreateProject(t.Context(), "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{PrefectServer: server, t: t, projectID: id, directory: t.TempDir()}
}

// file writes a file and returns its path.
func (b *bench) file(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.directory, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return filepath.ToSlash(path)
}

// config is a configuration with one flow, whose JSON is in a file, and further
// lines.
func (b *bench) config(flowJSON string, lines ...string) string {
	b.t.Helper()
	return acctest.ProviderConfig(b.PrefectServer, nil) + b.block("test", flowJSON, lines...)
}

func (b *bench) block(name, flowJSON string, lines ...string) string {
	b.t.Helper()
	path := b.file(acctest.Name(name)+".json", flowJSON)
	return fmt.Sprintf("resource \"prefect_flow\" %q {\n  project_id = %q\n  flow_json  = file(%q)\n  %s\n}\n",
		name, b.projectID, path, strings.Join(lines, "\n  "))
}

// register registers a flow as the CLI does, labels and all, and returns the id
// of the version.
func (b *bench) register(flowJSON string, force bool, labels ...string) string {
	b.t.Helper()
	f, err := serialization.ParseFlow([]byte(flowJSON), "")
	if err != nil {
		b.t.Fatal(err)
	}
	f = f.WithLabels(labels)
	key, err := f.Key()
	if err != nil {
		b.t.Fatal(err)
	}
	packed, err := f.Compressed()
	if err != nil {
		b.t.Fatal(err)
	}
	input := map[string]any{"project_id": b.projectID, "serialized_flow": packed, "set_schedule_active": true}
	if !force {
		input["idempotency_key"] = key
	}
	var out struct {
		Created struct{ ID string } `json:"create_flow_from_compressed_string"`
	}
	const register = `mutation($input: create_flow_from_compressed_string_input!) { create_flow_from_compressed_string(input: $input) { id } }`
	if err := b.Client.Do(context.Background(), register, map[string]any{"input": input}, &out); err != nil {
		b.t.Fatal(err)
	}
	return out.Created.ID
}

// run makes an ad-hoc run of a version group, far in the future.
func (b *bench) run(group string) string {
	b.t.Helper()
	const create = `mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }`
	var out struct {
		Created struct{ ID string } `json:"create_flow_run"`
	}
	input := map[string]any{"version_group_id": group, "scheduled_start_time": "2200-01-01T00:00:00+00:00"}
	if err := b.Client.Do(context.Background(), create, map[string]any{"input": input}, &out); err != nil {
		b.t.Fatal(err)
	}
	return out.Created.ID
}

// versions checks how many versions the flow has on the Server, and that only
// the newest is not archived.
func (b *bench) versions(name string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		flows, err := b.Client.ListFlows(context.Background(), prefect.FlowFilter{ProjectID: b.projectID, Name: name})
		if err != nil {
			return fmt.Errorf("list versions: %w", err)
		}
		if len(flows) != want {
			return fmt.Errorf("flow %q has %d versions, want %d", name, len(flows), want)
		}
		for i, f := range flows {
			if f.Version != want-i || f.Archived != (i > 0) {
				return fmt.Errorf("version %d of %q: archived %v", f.Version, name, f.Archived)
			}
		}
		return nil
	}
}

// group returns the version group of a flow.
func (b *bench) group(name string) string {
	b.t.Helper()
	f, err := b.Client.FindFlow(context.Background(), b.projectID, name)
	if err != nil {
		b.t.Fatal(err)
	}
	return f.VersionGroupID
}

func known(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func version(n int64) statecheck.StateCheck { return known("version", knownvalue.Int64Exact(n)) }

// registers expects an update that registers a version; everything about the
// version that cannot be known is unknown, and nothing else.
func registers() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("flow_id")),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("version")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("flow_group_id"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("idempotency_key"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("archived"), knownvalue.Bool(false)),
	}}
}

// updates expects an update in place that registers nothing.
func updates(n int64) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("flow_id"), knownvalue.NotNull()),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("version"), knownvalue.Int64Exact(n)),
	}}
}

func nothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}

// A flow through its life: registered, unchanged in another form, changed,
// changed back.
func TestAccFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := flow.TestFlow(t, "etl", flow.WithParameter("n", 1))
	second := flow.TestFlow(t, "etl", flow.AllOf(flow.WithParameter("n", 1), flow.WithTag("changed")))
	run(t,
		resource.TestStep{
			Config: b.config(first),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("idempotency_key"), knownvalue.NotNull()),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("task_count"), knownvalue.Int64Exact(3)),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				version(1), known("name", knownvalue.StringExact("etl")), known("archived", knownvalue.Bool(false)),
				known("core_version", knownvalue.StringExact("1.4.1")), known("schedule_active", knownvalue.Null()),
				known("tenant_id", knownvalue.StringExact(b.TenantID)), known("labels", knownvalue.Null()), known("run_config", knownvalue.Null()),
				known("description", knownvalue.Null()), known("deletion_policy", knownvalue.StringExact("archive")),
				known("parameters", knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
					"name": knownvalue.StringExact("n"), "required": knownvalue.Bool(false), "default": knownvalue.StringExact("1"),
				})})),
			},
			Check: b.versions("etl", 1),
		},
		resource.TestStep{Config: b.config(flow.Document(t, 1, first)), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config:            b.config(flow.Document(t, 1, flow.TestFlow(t, "other", nil), first), `name = "etl"`),
			ConfigPlanChecks:  nothing(),
			ConfigStateChecks: []statecheck.StateCheck{version(1)},
		},
		resource.TestStep{
			Config: b.config(second), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2)}, Check: b.versions("etl", 2),
		},
		resource.TestStep{
			Config: b.config(first), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(3)}, Check: b.versions("etl", 3),
		},
	)
}

// Every shape of flow that `prefect build` makes registers with the CLI's key,
// and leaves no difference.
func TestAccFlowGolden(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	document := flow.Golden(t)
	parsed, err := serialization.ParseDocument([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	path := b.file("flows.json", document)
	var all strings.Builder
	all.WriteString(acctest.ProviderConfig(b.PrefectServer, nil))
	for i, name := range parsed.Names() {
		fmt.Fprintf(&all,
			"resource \"prefect_flow\" \"f%d\" {\n  project_id = %q\n  flow_json = file(%q)\n  name = %s\n  labels = [\"extra\"]\n}\n",
			i, b.projectID, path, hcl(t, name))
	}
	config := all.String()
	run(t,
		resource.TestStep{Config: config, Check: func(*terraform.State) error {
			for _, f := range parsed.Flows {
				if id, want := b.register(encodeFlow(t, f), false, "extra"), b.latest(f.Name()); id != want {
					return fmt.Errorf("the CLI registers %q again, as %s, though Terraform had registered it as %s", f.Name(), id, want)
				}
			}
			return nil
		}},
	)
}

// hcl quotes a string for HCL.
func hcl(t *testing.T, s string) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func encodeFlow(t *testing.T, f *serialization.Flow) string {
	t.Helper()
	text, err := f.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// latest is the id of the newest version.
func (b *bench) latest(name string) string {
	b.t.Helper()
	f, err := b.Client.FindFlow(context.Background(), b.projectID, name)
	if err != nil {
		b.t.Fatal(err)
	}
	return f.ID
}

// Somebody else registers the flow between two applies.
func TestAccFlowAlternatesWithCLI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine := flow.TestFlow(t, "etl", nil)
	// The Server gives 1.0 back as 1.
	theirs := flow.TestFlow(t, "etl", flow.AllOf(flow.WithTag("theirs"), flow.WithParameter("whole", json.Number("1.0"))))
	run(t,
		// Registered before Terraform knew of it: the same flow is taken over.
		resource.TestStep{
			PreConfig:         func() { b.register(mine, false) },
			Config:            b.config(mine),
			ConfigStateChecks: []statecheck.StateCheck{version(1)}, Check: b.versions("etl", 1),
		},
		resource.TestStep{
			PreConfig: func() { b.register(mine, false) }, // the CLI finds nothing to do
			Config:    b.config(mine), ConfigPlanChecks: nothing(), Check: b.versions("etl", 1),
		},
		// Another flow: drift, and the configured one is registered again.
		resource.TestStep{
			PreConfig: func() { b.register(theirs, false) },
			Config:    b.config(mine), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(3)}, Check: b.versions("etl", 3),
		},
		// The configuration follows what somebody registered: no version.
		resource.TestStep{
			PreConfig: func() { b.register(theirs, false) },
			Config:    b.config(theirs), ConfigPlanChecks: updates(4),
			ConfigStateChecks: []statecheck.StateCheck{version(4)}, Check: b.versions("etl", 4),
		},
		// --force makes a version without a key, of the same flow.
		resource.TestStep{
			PreConfig: func() { b.register(theirs, true) },
			Config:    b.config(theirs), ConfigPlanChecks: nothing(),
			ConfigStateChecks: []statecheck.StateCheck{version(5)}, Check: b.versions("etl", 5),
		},
		resource.TestStep{
			PreConfig: func() { b.register(mine, true) },
			Config:    b.config(theirs), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(7)},
		},
	)
}
