package tenant_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const address = "prefect_tenant.test"

// config is a tenant block with the lines given.
func config(server *acctest.PrefectServer, lines string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("resource \"prefect_tenant\" \"test\" {\n%s\n}\n", lines)
}

// gone checks that the Server has no tenant with any of the slugs.
func gone(server *acctest.PrefectServer, slugs ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, slug := range slugs {
			switch _, err := server.Client.FindTenant(context.Background(), slug); {
			case err == nil:
				return fmt.Errorf("tenant %q is still there", slug)
			case !errors.Is(err, prefect.ErrNotFound):
				return err
			}
		}
		return nil
	}
}

// named checks the name of a tenant on the Server itself.
func named(server *acctest.PrefectServer, slug, name string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		tenant, err := server.Client.FindTenant(context.Background(), slug)
		if err != nil {
			return err
		}
		if tenant.Name != name {
			return fmt.Errorf("tenant %q is named %q, want %q", slug, tenant.Name, name)
		}
		return nil
	}
}

func known(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

var (
	inPlace = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
	}}
	nothing = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
)

// TestAccTenant follows a tenant through its life.
func TestAccTenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	first, second := acctest.Name("first"), acctest.Name("second")
	same := statecheck.CompareValue(compare.ValuesSame())
	sameID := func() statecheck.StateCheck { return same.AddStateValue(address, tfjsonpath.New("id")) }
	block := func(name, slug string) string {
		return config(server, fmt.Sprintf("name = %q\n slug = %q", name, slug))
	}

	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             gone(server, first, second),
		Steps: []resource.TestStep{
			{
				Config: block("Data Team", first),
				ConfigStateChecks: []statecheck.StateCheck{
					sameID(),
					known("name", knownvalue.StringExact("Data Team")),
					known("slug", knownvalue.StringExact(first)),
					known("force_destroy", knownvalue.Bool(false)),
				},
				Check: named(server, first, "Data Team"),
			},
			{
				Config: block("Data Team ☂", first), ConfigPlanChecks: inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("name", knownvalue.StringExact("Data Team ☂"))},
				Check:             named(server, first, "Data Team ☂"),
			},
			{
				Config: block("Other", second), ConfigPlanChecks: inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("slug", knownvalue.StringExact(second))},
				Check:             resource.ComposeAggregateTestCheckFunc(named(server, second, "Other"), gone(server, first)),
			},
			{ResourceName: address, ImportState: true, ImportStateVerify: true},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: second},
			{
				ResourceName: address, ImportState: true, ImportStateId: first,
				ExpectError: acctest.Recorded(),
			},
			{Config: config(server, `name = "Other"`), ConfigPlanChecks: nothing},
		},
	})
}

// TestAccTenant_defaultSlug makes the slug from the name when the tenant is
// created, shows it in the plan, and keeps it when the name changes.
func TestAccTenant_defaultSlug(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	slug := acctest.Name("made")
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             gone(server, slug),
		Steps: []resource.TestStep{
			{
				Config:      config(server, `name = "数据"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config: config(server, fmt.Sprintf("name = %q", "* "+slug+" *")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(address, tfjsonpath.New("slug"), knownvalue.StringExact(slug)),
				}},
				ConfigStateChecks: []statecheck.StateCheck{known("slug", knownvalue.StringExact(slug))},
			},
			{
				Config: config(server, `name = "数据"`), ConfigPlanChecks: inPlace,
				ConfigStateChecks: []statecheck.StateCheck{known("slug", knownvalue.StringExact(slug))},
			},
		},
	})
}

// TestAccTenant_disappears deletes the tenant behind Terraform's back.
func TestAccTenant_disappears(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	slug := acctest.Name("vanishing")
	block := config(server, fmt.Sprintf("name = \"Vanishing\"\n slug = %q", slug))
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             gone(server, slug),
		Steps: []resource.TestStep{
			{Config: block},
			{
				PreConfig: func() {
					tenant, err := server.Client.FindTenant(t.Context(), slug)
					if err == nil {
						err = server.Client.DeleteTenant(t.Context(), tenant.ID)
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Config: block,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
				}},
			},
		},
	})
}

// TestAccTenant_identity needs the resource identity of Terraform 1.12.
func TestAccTenant_identity(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:            config(server, fmt.Sprintf("name = \"Identified\"\n slug = %q", acctest.Name("identified"))),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentityValueMatchesState(address, tfjsonpath.New("id"))},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// TestAccTenant_notEmpty refuses to delete a tenant with something in it, until
// force_destroy has been applied.
func TestAccTenant_notEmpty(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	slug := acctest.Name("full")
	block := func(more string) string {
		return config(server, fmt.Sprintf("name = \"Full\"\n slug = %q\n %s", slug, more))
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             gone(server, slug),
		Steps: []resource.TestStep{
			{Config: block("")},
			{
				PreConfig: func() {
					if _, err := server.Client.WithTenant(slug).CreateProject(t.Context(), "inside", nil); err != nil {
						t.Fatal(err)
					}
				},
				Config:      block(""),
				Destroy:     true,
				ExpectError: acctest.Recorded(),
			},
			{
				PreConfig: func() {
					inside := server.Client.WithTenant(slug)
					project, err := inside.FindProject(t.Context(), "inside")
					if err == nil {
						err = inside.DeleteProject(t.Context(), project.ID)
					}
					if err == nil {
						_, err = inside.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
							Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
						})
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Config:      block(""),
				Destroy:     true,
				ExpectError: acctest.Recorded(),
			},
			{Config: block(""), ConfigPlanChecks: nothing, Check: named(server, slug, "Full")},
			{Config: block("force_destroy = true"), ConfigPlanChecks: inPlace},
		},
	})
}

// TestAccTenant_slugTaken names the tenant that has the slug.
func TestAccTenant_slugTaken(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	slug := acctest.Name("free")
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             gone(server, slug),
		Steps: []resource.TestStep{
			{
				Config:      config(server, fmt.Sprintf("name = \"Twin\"\n slug = %q", server.TenantSlug)),
				ExpectError: acctest.Recorded(),
			},
			{Config: config(server, fmt.Sprintf("name = \"Twin\"\n slug = %q", slug))},
			{
				// The rename fails too, and neither it nor the state is half done.
				Config:      config(server, fmt.Sprintf("name = \"Changed\"\n slug = %q", server.TenantSlug)),
				ExpectError: acctest.Recorded(),
			},
			{Config: config(server, fmt.Sprintf("name = \"Twin\"\n slug = %q", slug)), ConfigPlanChecks: nothing, Check: named(server, slug, "Twin")},
		},
	})
}

// TestAccTenant_first creates the first tenant of a new Server together with
// what belongs to it, without naming the tenant in the provider block.
func TestAccTenant_first(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: config(server, `name = "default"`) + `
resource "prefect_project" "test" {
  name      = "first"
  tenant_id = prefect_tenant.test.id
}
`,
				ConfigStateChecks: []statecheck.StateCheck{known("slug", knownvalue.StringExact("default"))},
			},
		},
	})
}

// TestAccTenant_badInput lists what is refused before anything is sent.
func TestAccTenant_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	refused := []string{
		`name = ""`,
		`name = "  "`,
		`name = " a"`,
		"name = \"a\"\n slug = \"\"",
		"name = \"a\"\n slug = \"Data\"",
		"name = \"a\"\n slug = \"a_b\"",
		"name = \"a\"\n slug = \"a--b\"",
		"name = \"a\"\n slug = \"-a\"",
		"name = \"--\"",
	}
	// Terraform itself refuses these, in words that differ between its versions.
	byTerraform := map[string]string{
		`slug = "a"`:                          `argument "name" is required`,
		"name = \"a\"\n id = \"" + "x" + "\"": `Invalid Configuration for Read-Only Attribute`,
	}
	steps := make([]resource.TestStep, 0, len(refused))
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
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
