package project_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const address = "prefect_project.test"

// config is a project block with the lines given.
func config(server *acctest.PrefectServer, lines string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("resource \"prefect_project\" \"test\" {\n%s\n}\n", lines)
}

// noneLeft checks after the test that the tenant has no project any more.
func noneLeft(server *acctest.PrefectServer) resource.TestCheckFunc {
	return func(*terraform.State) error {
		projects, err := server.Client.ListProjects(context.Background(), prefect.ProjectFilter{})
		if err != nil {
			return err
		}
		if len(projects) != 0 {
			return fmt.Errorf("%d projects are left", len(projects))
		}
		return nil
	}
}

// onServer checks a project on the Server itself.
func onServer(server *acctest.PrefectServer, name string, description *string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		project, err := server.Client.FindProject(context.Background(), name)
		if err != nil {
			return err
		}
		got, want := "null", "null"
		if project.Description != nil {
			got = fmt.Sprintf("%q", *project.Description)
		}
		if description != nil {
			want = fmt.Sprintf("%q", *description)
		}
		if got != want {
			return fmt.Errorf("the description of %q is %s on the Server, want %s", name, got, want)
		}
		return nil
	}
}

func text(s string) *string { return &s }

func known(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

var (
	inPlace = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
	}}
	nothing = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
)

// TestAccProject follows a project through its life: the description from null
// over "" to text and back, a rename in place, every import, the second plan.
func TestAccProject(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	same := statecheck.CompareValue(compare.ValuesSame())
	sameID := func() statecheck.StateCheck { return same.AddStateValue(address, tfjsonpath.New("id")) }

	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{
				Config: config(server, `name = "exampleProject"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					sameID(),
					known("id", knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f-]{36}$`))),
					known("name", knownvalue.StringExact("exampleProject")),
					known("description", knownvalue.Null()),
					known("tenant_id", knownvalue.StringExact(server.TenantID)),
					known("force_destroy", knownvalue.Bool(false)),
				},
				Check: onServer(server, "exampleProject", nil),
			},
			{
				Config:            config(server, "name = \"exampleProject\"\n description = \"\""),
				ConfigPlanChecks:  inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("description", knownvalue.StringExact(""))},
				Check:             onServer(server, "exampleProject", text("")),
			},
			{
				Config:            config(server, "name = \"exampleProject\"\n description = \"loads *things*\\n\\\"daily\\\" ☂\""),
				ConfigPlanChecks:  inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("description", knownvalue.StringExact("loads *things*\n\"daily\" ☂"))},
				Check:             onServer(server, "exampleProject", text("loads *things*\n\"daily\" ☂")),
			},
			{
				Config:            config(server, "name = \"renamed\"\n description = \"both at once\""),
				ConfigPlanChecks:  inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("name", knownvalue.StringExact("renamed"))},
				Check:             onServer(server, "renamed", text("both at once")),
			},
			{ResourceName: address, ImportState: true, ImportStateVerify: true},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: "renamed"},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: server.TenantSlug + "/renamed"},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: server.TenantID + "/renamed"},
			{
				Config:            config(server, `name = "renamed"`),
				ConfigPlanChecks:  inPlace,
				ConfigStateChecks: []statecheck.StateCheck{sameID(), known("description", knownvalue.Null())},
				Check:             onServer(server, "renamed", nil),
			},
		},
	})
}

// TestAccProject_import adopts what exists already: by every kind of id, also
// across tenants and with a slash in the name.
func TestAccProject_import(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	other := acctest.AnotherTenant(t, server)
	ctx := t.Context()
	id, err := other.Client.CreateProject(ctx, "a/b", text("adopted"))
	if err != nil {
		t.Fatal(err)
	}
	block := fmt.Sprintf("name = \"a/b\"\n description = \"adopted\"\n tenant_id = %q\n", other.TenantID)
	adopt := func(importID string) resource.TestStep {
		return resource.TestStep{
			Config:        config(server, block),
			ResourceName:  address,
			ImportState:   true,
			ImportStateId: importID,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				if len(states) != 1 || states[0].ID != id || states[0].Attributes["tenant_id"] != other.TenantID {
					return fmt.Errorf("imported %v", states)
				}
				return nil
			},
		}
	}
	missing := adopt("nonesuch")
	missing.ExpectError = acctest.Recorded()
	noTenant := adopt("no-such-tenant/a")
	noTenant.ExpectError = acctest.Recorded()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{adopt(id), adopt(other.TenantSlug + "/a/b"), adopt(other.TenantID + "/a/b"), missing, noTenant},
	})
	if _, err := other.Client.GetProject(ctx, id); err != nil {
		t.Errorf("after the imports: %v", err)
	}
}

// TestAccProject_importBlock imports with a block in configuration, after which
// the plan is empty and a destroy deletes what was imported.
func TestAccProject_importBlock(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	if _, err := server.Client.CreateProject(t.Context(), "adopted", nil); err != nil {
		t.Fatal(err)
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{
				Config: config(server, `name = "adopted"`) + "import {\n to = prefect_project.test\n id = \"/adopted\"\n}\n",
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
				}},
			},
			{Config: config(server, `name = "adopted"`), ConfigPlanChecks: nothing},
		},
	})
}

// TestAccProject_identity needs the resource identity of Terraform 1.12.
func TestAccProject_identity(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: config(server, `name = "identified"`),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentityValueMatchesState(address, tfjsonpath.New("id")),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// TestAccProject_disappears deletes the project, and then its whole tenant,
// behind Terraform's back.
func TestAccProject_disappears(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	again := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
	}}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{Config: config(server, `name = "vanishing"`)},
			{
				PreConfig: func() {
					project, err := server.Client.FindProject(t.Context(), "vanishing")
					if err == nil {
						err = server.Client.DeleteProject(t.Context(), project.ID)
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Config:           config(server, `name = "vanishing"`),
				ConfigPlanChecks: again,
			},
		},
	})
}

// TestAccProject_tenantDisappears deletes the project's tenant, and with it the
// project, behind Terraform's back.
func TestAccProject_tenantDisappears(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	admin := server.Client
	lost, err := admin.CreateTenant(t.Context(), "Lost", acctest.Name("lost"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.DeleteTenant(context.Background(), lost); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			t.Error(err)
		}
	})
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server, fmt.Sprintf("name = \"vanishing\"\n tenant_id = %q", lost))},
			{
				PreConfig: func() {
					if err := admin.DeleteTenant(t.Context(), lost); err != nil {
						t.Fatal(err)
					}
				},
				Config:             config(server, fmt.Sprintf("name = \"vanishing\"\n tenant_id = %q", lost)),
				PlanOnly:           true,
				ExpectNonEmptyPlan: true,
			},
		},
	})
}

// TestAccProject_drift changes the project outside Terraform, which puts it back.
func TestAccProject_drift(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	const block = "name = \"steady\"\n description = \"as declared\""
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server, block)},
			{
				PreConfig: func() {
					project, err := server.Client.FindProject(t.Context(), "steady")
					if err == nil {
						err = errors.Join(
							server.Client.SetProjectName(t.Context(), project.ID, "drifted"),
							server.Client.SetProjectDescription(t.Context(), project.ID, nil))
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Config:           config(server, block),
				ConfigPlanChecks: inPlace,
				Check:            onServer(server, "steady", text("as declared")),
			},
		},
	})
}

// TestAccProject_tenant moves a project to another tenant, which makes a new one.
func TestAccProject_tenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	tenant := fmt.Sprintf("resource \"prefect_tenant\" \"other\" {\n name = \"Other\"\n slug = %q\n}\n", acctest.Name("other"))
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{
				Config:            config(server, `name = "wanderer"`),
				ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(address, tfjsonpath.New("id"))},
			},
			{
				Config: tenant + config(server, "name = \"wanderer\"\n tenant_id = prefect_tenant.other.id"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					differ.AddStateValue(address, tfjsonpath.New("id")),
					statecheck.CompareValuePairs(address, tfjsonpath.New("tenant_id"), "prefect_tenant.other", tfjsonpath.New("id"), compare.ValuesSame()),
				},
			},
			{
				Config:           tenant + config(server, "name = \"wanderer\"\n tenant_id = prefect_tenant.other.id"),
				ConfigPlanChecks: nothing,
			},
			{
				// Left out again, the tenant that was chosen stays.
				Config:           tenant + config(server, `name = "wanderer"`),
				ConfigPlanChecks: nothing,
			},
			{
				// For the order of the destroy.
				Config:           tenant + config(server, "name = \"wanderer\"\n tenant_id = prefect_tenant.other.id"),
				ConfigPlanChecks: nothing,
			},
		},
	})
}
