package project_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

func dataConfig(server *acctest.PrefectServer, lines string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_project\" \"test\" {\n%s\n}\n", lines)
}

// TestAccProjectDataSource finds a project by id and by name, also in another
// tenant.
func TestAccProjectDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	other := acctest.AnotherTenant(t, server)
	id, err := server.Client.CreateProject(t.Context(), "shared name", text("ours"))
	if err != nil {
		t.Fatal(err)
	}
	otherID, err := other.Client.CreateProject(t.Context(), "shared name", nil)
	if err != nil {
		t.Fatal(err)
	}
	is := func(id, tenant string, description knownvalue.Check) []statecheck.StateCheck {
		const found = "data.prefect_project.test"
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(found, tfjsonpath.New("id"), knownvalue.StringExact(id)),
			statecheck.ExpectKnownValue(found, tfjsonpath.New("name"), knownvalue.StringExact("shared name")),
			statecheck.ExpectKnownValue(found, tfjsonpath.New("tenant_id"), knownvalue.StringExact(tenant)),
			statecheck.ExpectKnownValue(found, tfjsonpath.New("description"), description),
		}
	}
	ours := is(id, server.TenantID, knownvalue.StringExact("ours"))
	theirs := is(otherID, other.TenantID, knownvalue.Null())
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:      dataConfig(server, fmt.Sprintf("id = %q\n tenant_id = %q", otherID, server.TenantID)),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      dataConfig(server, `name = "nonesuch"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      dataConfig(server, "name = \"shared name\"\n tenant_id = \"00000000-0000-4000-8000-000000000000\""),
				ExpectError: acctest.Recorded(),
			},
			{Config: dataConfig(server, ``), ExpectError: acctest.Recorded()},
			{Config: dataConfig(server, fmt.Sprintf("name = \"x\"\n id = %q", id)), ExpectError: acctest.Recorded()},
			{Config: dataConfig(server, `name = "shared name"`), ConfigStateChecks: ours},
			{Config: dataConfig(server, fmt.Sprintf("id = %q", id)), ConfigStateChecks: ours},
			{Config: dataConfig(server, fmt.Sprintf("id = %q", otherID)), ConfigStateChecks: theirs},
			{Config: dataConfig(server, fmt.Sprintf("name = \"shared name\"\n tenant_id = %q", other.TenantID)), ConfigStateChecks: theirs},
		},
	})
}

// TestAccProjectsDataSource lists projects of one tenant, and of another.
func TestAccProjectsDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	other := acctest.AnotherTenant(t, server)
	for _, name := range []string{"etl-b", "etl-a", "report"} {
		if _, err := server.Client.CreateProject(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.Client.CreateProject(t.Context(), "theirs", text("")); err != nil {
		t.Fatal(err)
	}
	step := func(arguments, tenant string, names ...string) resource.TestStep {
		checks := make([]knownvalue.Check, 0, len(names))
		for _, name := range names {
			var description knownvalue.Check = knownvalue.Null()
			if name == "theirs" {
				description = knownvalue.StringExact("")
			}
			checks = append(checks, knownvalue.ObjectExact(map[string]knownvalue.Check{
				"id": knownvalue.NotNull(), "name": knownvalue.StringExact(name), "description": description,
				"tenant_id": knownvalue.StringExact(tenant),
			}))
		}
		return resource.TestStep{
			Config: acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_projects\" \"test\" {\n%s\n}\n", arguments),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.prefect_projects.test", tfjsonpath.New("projects"), knownvalue.ListExact(checks)),
				statecheck.ExpectKnownValue("data.prefect_projects.test", tfjsonpath.New("tenant_id"), knownvalue.StringExact(tenant)),
			},
		}
	}
	missing := step(`tenant_id = "00000000-0000-4000-8000-000000000000"`, "")
	missing.ExpectError = acctest.Recorded()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			missing,
			step("", server.TenantID, "etl-a", "etl-b", "report"),
			step(`name_like = "ETL-%"`, server.TenantID, "etl-a", "etl-b"),
			step(`name_like = "nothing"`, server.TenantID),
			step(fmt.Sprintf("tenant_id = %q", other.TenantID), other.TenantID, "theirs"),
		},
	})
}
