package framework_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestFindInTenants deletes tenants between the list of them and the look into them.
func TestFindInTenants(t *testing.T) {
	t.Parallel()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	ctx := t.Context()
	made := func(tenant string) *prefect.Client {
		client, err := prefect.New(prefect.Config{Endpoint: listening.URL, Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	admin := made("")
	tenants := map[string]string{}
	for _, slug := range []string{"a-home", "b-vanishing", "c-other", "d-vanishing"} {
		if tenants[slug], err = admin.CreateTenant(ctx, slug, slug); err != nil {
			t.Fatal(err)
		}
	}
	project, err := made("c-other").CreateProject(ctx, "p", nil)
	if err != nil {
		t.Fatal(err)
	}
	look := func(id string) (*prefect.Project, error) {
		asked := 0
		return framework.FindInTenants(ctx, framework.NewProviderData(made("a-home"), nil), func(client *prefect.Client) (*prefect.Project, error) {
			if asked++; asked == 2 { // the others are listed by now
				for _, slug := range []string{"b-vanishing", "d-vanishing"} {
					if err := admin.DeleteTenant(ctx, tenants[slug]); err != nil && !errors.Is(err, prefect.ErrNotFound) {
						t.Error(err)
					}
				}
			}
			return client.GetProject(ctx, id)
		})
	}
	if found, err := look(project); err != nil || found.ID != project {
		t.Errorf("got %v, %v", found, err)
	}
	for _, slug := range []string{"b-vanishing", "d-vanishing"} {
		if tenants[slug], err = admin.CreateTenant(ctx, slug, slug); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := look("00000000-0000-4000-8000-000000000000"); !errors.Is(err, prefect.ErrNotFound) || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
}

// TestFindIDInTenants looks for a name that several tenants can have.
func TestFindIDInTenants(t *testing.T) {
	t.Parallel()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	made := func(tenant string) *prefect.Client {
		client, err := prefect.New(prefect.Config{Endpoint: listening.URL, Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	for slug, projects := range map[string][]string{"a": {"both", "one"}, "b": {"both"}, "c": nil} {
		if _, err := made("").CreateTenant(t.Context(), slug, slug); err != nil {
			t.Fatal(err)
		}
		for _, project := range projects {
			if _, err := made(slug).CreateProject(t.Context(), project, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := map[string]struct{ provider, name, want string }{
		"the provider's": {"b", "both", "b"},
		"one other":      {"b", "one", "a"},
		"several others": {"c", "both", "a, b"},
		"several, of a provider without a tenant": {"", "both", "a, b"},
		"one, of a provider without a tenant":     {"", "one", "a"},
		"none":                                    {"c", "none", ""},
	}
	for name, c := range cases {
		found, err := framework.FindIDInTenants(t.Context(), framework.NewProviderData(made(c.provider), nil), c.name, func(client *prefect.Client) (*prefect.Project, error) {
			return client.FindProject(t.Context(), c.name)
		})
		var several *framework.SeveralTenantsError
		got := ""
		switch {
		case err == nil:
			tenant, err := made("").GetTenant(t.Context(), found.TenantID)
			if err != nil {
				t.Fatal(err)
			}
			got = tenant.Slug
		case errors.As(err, &several):
			got = strings.Join(several.Tenants, ", ")
		case c.want != "":
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got != c.want {
			t.Errorf("%s: found in %q, want %q", name, got, c.want)
		}
	}
}
