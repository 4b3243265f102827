package tenant_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

func dataConfig(server *acctest.PrefectServer, lines string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_tenant\" \"test\" {\n%s\n}\n", lines)
}

// TestAccTenantDataSource finds a tenant by everything it can be found by.
func TestAccTenantDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	slug, name := acctest.Name("found"), acctest.Name("Found")
	id, err := server.Client.CreateTenant(t.Context(), name, slug)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Client.DeleteTenant(t.Context(), id); err != nil {
			t.Error(err)
		}
	}()
	is := func(id, slug string) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.prefect_tenant.test", tfjsonpath.New("id"), knownvalue.StringExact(id)),
			statecheck.ExpectKnownValue("data.prefect_tenant.test", tfjsonpath.New("slug"), knownvalue.StringExact(slug)),
			statecheck.ExpectKnownValue("data.prefect_tenant.test", tfjsonpath.New("name"), knownvalue.NotNull()),
		}
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:      dataConfig(server, `id = "00000000-0000-4000-8000-000000000000"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      dataConfig(server, `slug = "no-such-slug"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      dataConfig(server, `name = "No such name"`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      dataConfig(server, fmt.Sprintf("id = %q\n slug = %q", id, slug)),
				ExpectError: acctest.Recorded(),
			},
			{Config: dataConfig(server, `id = "default"`), ExpectError: acctest.Recorded()},
			{Config: dataConfig(server, fmt.Sprintf("id = %q", id)), ConfigStateChecks: is(id, slug)},
			{Config: dataConfig(server, fmt.Sprintf("slug = %q", slug)), ConfigStateChecks: is(id, slug)},
			{Config: dataConfig(server, fmt.Sprintf("name = %q", name)), ConfigStateChecks: is(id, slug)},
			{Config: dataConfig(server, ""), ConfigStateChecks: is(server.TenantID, server.TenantSlug)},
		},
	})
}

// TestAccTenantDataSource_ambiguous lists the slugs of tenants with one name.
func TestAccTenantDataSource_ambiguous(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	name := acctest.Name("Twins")
	slugs := []string{acctest.Name("twin"), acctest.Name("twin")}
	for _, slug := range slugs {
		id, err := server.Client.CreateTenant(t.Context(), name, slug)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := server.Client.DeleteTenant(t.Context(), id); err != nil {
				t.Error(err)
			}
		}()
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config:      dataConfig(server, fmt.Sprintf("name = %q", name)),
			ExpectError: acctest.Recorded(),
		}},
	})
}

// TestAccTenantsDataSource lists the tenants of a Server that has none, and two.
func TestAccTenantsDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	filtered := func(lines string) string {
		return acctest.ProviderConfig(server, nil) + "data \"prefect_tenants\" \"test\" {\n " + lines + "\n}\n"
	}
	config := filtered("")
	is := func(slugs ...string) []statecheck.StateCheck {
		checks := make([]knownvalue.Check, 0, len(slugs))
		for _, slug := range slugs {
			checks = append(checks, knownvalue.ObjectExact(map[string]knownvalue.Check{
				"id": knownvalue.NotNull(), "slug": knownvalue.StringExact(slug), "name": knownvalue.StringExact("Team " + slug),
			}))
		}
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.prefect_tenants.test", tfjsonpath.New("tenants"), knownvalue.ListExact(checks)),
		}
	}
	create := func() {
		for _, slug := range []string{"b", "a"} {
			if _, err := server.Client.CreateTenant(t.Context(), "Team "+slug, slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: is()},
			{PreConfig: create, Config: config, ConfigStateChecks: is("a", "b")},
			{Config: filtered(`name_like = "team B"`), ConfigStateChecks: is("b")},
			{Config: filtered(`slug_like = "%A%"`), ConfigStateChecks: is("a")},
			{Config: filtered("name_like = \"Team%\"\n slug_like = \"_\""), ConfigStateChecks: is("a", "b")},
			{Config: filtered(`slug_like = "c%"`), ConfigStateChecks: is()},
		},
	})
}
