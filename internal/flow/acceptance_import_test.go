package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func importBlock(id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id)
}

// A flow that the CLI registered is imported by each of its names. Importing
// changes nothing if the configuration means the same flow, however it says so.
func TestAccFlowImport(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	// What the Server gives back of the second is 1, which is not the flow's key any more.
	parameters := flow.AllOf(flow.WithParameter("n", 1.5), flow.WithParameter("whole", json.Number("1.0")))
	text := flow.TestFlow(t, "daily/etl", flow.AllOf(parameters, func(f map[string]any) {
		f["run_config"] = map[string]any{
			"__version__": "1.4.1", "type": "KubernetesRun", "labels": []any{"own"}, "image": "etl:1", "env": map[string]any{"A": "1"},
			"job_template": nil, "job_template_path": nil, "cpu_limit": nil, "cpu_request": nil, "memory_limit": nil, "memory_request": nil,
			"service_account_name": nil, "image_pull_secrets": nil, "image_pull_policy": nil,
		}
	}))
	b := benchOn(t, server)
	id := b.register(text, false, "extra")
	group := b.group("daily/etl")

	const typed = `run_config = { kubernetes = { image = "etl:1", env = { A = "1" }, labels = [%s] } }`
	plain := flow.TestFlow(t, "daily/etl", parameters)
	configs := map[string]string{
		"labels":                  b.config(text, `labels = ["extra"]`),
		"label in the build":      b.config(text, `labels = ["own", "extra"]`),
		"name":                    b.config(text, `name = "daily/etl"`, `labels = ["extra"]`),
		"build document":          b.config(flow.Document(t, 1, plain, flow.TestFlow(t, "x", nil)), `name = "daily/etl"`, fmt.Sprintf(typed, `"own", "extra"`)),
		"typed run configuration": b.config(plain, fmt.Sprintf(typed, `"own"`), `labels = ["extra"]`),
		"version group":           b.config(text, `labels = ["extra"]`, fmt.Sprintf("version_group_id = %q", group)),
	}
	ids := []string{group, id, "flows/daily/etl", "/" + "flows/daily/etl", server.TenantSlug + "/flows/daily/etl"}
	n := 0
	for name, config := range configs {
		given := ids[n%len(ids)]
		n++
		t.Run(name, func(t *testing.T) {
			t.Parallel() // none of them changes the Server
			run(t,
				resource.TestStep{
					Config: config + importBlock(given), ConfigPlanChecks: nothing(),
					ConfigStateChecks: []statecheck.StateCheck{
						version(1), known("id", knownvalue.StringExact(group)), known("flow_id", knownvalue.StringExact(id)),
						known("deletion_policy", knownvalue.StringExact("archive")), known("tenant_id", knownvalue.StringExact(server.TenantID)),
					},
				},
				resource.TestStep{Config: config, ConfigPlanChecks: nothing()},
				resource.TestStep{ // leave the flow to the others
					Config: acctest.ProviderConfig(server, nil) + fmt.Sprintf("removed {\n  from = %s\n  lifecycle { destroy = false }\n}\n", address),
				},
			)
		})
	}
}

// A file with what the Server gives back, of which 1.0 has become 1, is the version that the Server has, although its key is
// another one. It stays so when something else is changed, until the flow itself changes.
func TestAccFlowImportOfWhatTheServerHolds(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, server)
	numbers := flow.AllOf(flow.WithParameter("whole", json.Number("1.0")), flow.WithParameter("big", json.Number("9007199254740993")))
	id := b.register(flow.TestFlow(t, "etl", numbers), false)
	stored, err := server.Client.GetSerializedFlow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	held := string(stored)
	run(t,
		resource.TestStep{
			Config: b.config(held) + importBlock("flows/etl"), ConfigPlanChecks: nothing(),
			ConfigStateChecks: []statecheck.StateCheck{version(1), known("flow_id", knownvalue.StringExact(id))},
		},
		resource.TestStep{Config: b.config(held), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config:            b.config(held, `deletion_policy = "abandon"`),
			ConfigStateChecks: []statecheck.StateCheck{version(1), known("flow_id", knownvalue.StringExact(id))}, Check: b.versions("etl", 1),
		},
		resource.TestStep{Config: b.config(held, `deletion_policy = "abandon"`), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: b.config(flow.TestFlow(t, "etl", flow.AllOf(numbers, flow.WithTag("x")))), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2)}, Check: b.versions("etl", 2),
		},
		resource.TestStep{Config: b.config(held), ConfigPlanChecks: registers(), ConfigStateChecks: []statecheck.StateCheck{version(3)}},
	)
}

func TestAccFlowImportOfAnotherFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(flow.TestFlow(t, "etl", nil), true) // without a key
	changed := flow.TestFlow(t, "etl", flow.WithTag("x"))
	run(t,
		resource.TestStep{
			Config: b.config(changed) + importBlock("flows/etl"), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2)}, Check: b.versions("etl", 2),
		},
		resource.TestStep{Config: b.config(changed), ConfigPlanChecks: nothing()},
	)
}

// Import by command, by identity, and of what is not there.
func TestAccFlowImportCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(flow.TestFlow(t, "etl", flow.WithParameter("n", nil)))
	ignored := []string{"flow_json", "labels"} // how the flow was put together cannot be known
	by := func(attribute string) resource.TestStep {
		return resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: ignored,
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return s.RootModule().Resources[address].Primary.Attributes[attribute], nil
			},
		}
	}
	bad := func(title, id string) resource.TestStep {
		return resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: acctest.Recorded(title)}
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config},
			by("id"), by("flow_id"), by("version_group_id"),
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: ignored, ImportStateId: "flows/etl"},
			bad("no such flow in the project", "flows/none"),
			bad("no such project", "none/etl"),
			bad("no such flow in the tenant", b.TenantSlug+"/flows/none"),
			bad("no such id", "6f6b0e0e-0000-4000-8000-00000000000f"),
			bad("no such version group", "nothing"),
			bad("no name", "flows/"),
		},
	})
}

// An id says enough, whatever tenant the flow is in.
func TestAccFlowImportFromAnotherTenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, acctest.AnotherTenant(t, server))
	text := flow.TestFlow(t, "etl", nil)
	version := b.register(text, false)
	group := b.group("etl")
	config := acctest.ProviderConfig(server, nil) + b.block("test", text, fmt.Sprintf("tenant_id = %q", b.TenantID))
	for _, id := range []string{group, version, b.TenantSlug + "/flows/etl"} {
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: id,
				ImportStateCheck: func(states []*terraform.InstanceState) error {
					if len(states) != 1 || states[0].ID != group || states[0].Attributes["tenant_id"] != b.TenantID {
						return fmt.Errorf("%s imported %v", id, states)
					}
					return nil
				},
			}},
		})
	}
}

// The name of a version group does not say enough if several tenants have one.
func TestAccFlowImportOfSeveralTenants(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	name, text := acctest.Name("versions"), flow.TestFlow(t, "etl", nil)
	object, err := flow.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var benches []*bench
	for range 2 {
		b := benchOn(t, acctest.AnotherTenant(t, server))
		input := prefect.RegisterFlowInput{ProjectID: b.projectID, SerializedFlow: object, VersionGroupID: name}
		if _, err := b.Client.RegisterFlow(t.Context(), input); err != nil {
			t.Fatal(err)
		}
		benches = append(benches, b)
	}
	for _, b := range benches {
		step := func(from *acctest.PrefectServer, id string) resource.TestStep {
			return resource.TestStep{
				Config: acctest.ProviderConfig(from, nil) + b.block("test", text), ResourceName: address, ImportState: true, ImportStateId: id,
				ImportStateCheck: func(states []*terraform.InstanceState) error {
					if len(states) != 1 || states[0].ID != name || states[0].Attributes["tenant_id"] != b.TenantID {
						return fmt.Errorf("%s imported %v", id, states)
					}
					return nil
				},
			}
		}
		several := step(server, name)
		several.ExpectError = acctest.Says("Could not import flow", b.TenantSlug, "`tenant/project/name`")
		run(t, step(b.PrefectServer, name), several, step(server, b.TenantSlug+"/flows/etl"))
	}
}

func TestAccFlowImportByIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(flow.TestFlow(t, "etl", nil))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{Config: config},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// What happens to a flow behind Terraform's back.
func TestAccFlowDisappears(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(flow.TestFlow(t, "etl", nil))
	behind := func(do func(ctx context.Context, f *prefect.Flow) error) func() {
		return func() {
			ctx := context.Background()
			f, err := b.Client.FindFlow(ctx, b.projectID, "etl")
			if err == nil {
				err = do(ctx, f)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	created := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
	}}
	run(t,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: behind(func(ctx context.Context, f *prefect.Flow) error { return b.Client.ArchiveFlow(ctx, f.ID) }),
			Config:    config, ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2), known("archived", knownvalue.Bool(false))}, Check: b.versions("etl", 2),
		},
		resource.TestStep{ // the newest version only: the archived one before it is the newest now
			PreConfig: behind(func(ctx context.Context, f *prefect.Flow) error { return b.Client.DeleteFlow(ctx, f.ID) }),
			Config:    config, ConfigPlanChecks: registers(), ConfigStateChecks: []statecheck.StateCheck{version(2)},
		},
		resource.TestStep{
			PreConfig: behind(func(ctx context.Context, f *prefect.Flow) error { return b.Client.DeleteFlowGroup(ctx, f.FlowGroupID) }),
			Config:    config, ConfigPlanChecks: created, ConfigStateChecks: []statecheck.StateCheck{version(1)},
		},
		resource.TestStep{ // all versions, but not the group
			PreConfig: behind(func(ctx context.Context, f *prefect.Flow) error { return b.Client.DeleteFlow(ctx, f.ID) }),
			Config:    config, ConfigPlanChecks: created, ConfigStateChecks: []statecheck.StateCheck{version(1)},
		},
	)
}
