package tenant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// TestAccTenantList lists the tenants of a Server, without choosing one.
func TestAccTenantList(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	if got, failures := acctest.Query(t, server, "prefect_tenant", nil, true, 0); len(got) != 0 || failures != "" {
		t.Errorf("an empty Server has %v (%s)", got, failures)
	}
	slugs := []string{"a", "b"}
	want := make([]acctest.Listed, 0, len(slugs))
	for _, slug := range slugs {
		id, err := server.Client.CreateTenant(t.Context(), "Team "+slug, slug)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, acctest.Listed{
			DisplayName: "Team " + slug, ID: id,
			Attributes: map[string]string{"id": id, "name": "Team " + slug, "slug": slug},
		})
	}
	got, failures := acctest.Query(t, server, "prefect_tenant", nil, true, 0)
	if diff := cmp.Diff(want, got); diff != "" || failures != "" {
		t.Error(failures, diff)
	}
	if got, _ := acctest.Query(t, server, "prefect_tenant", map[string]any{"name_like": "team b"}, true, 0); !cmp.Equal(want[1:], got) {
		t.Errorf("by name: %v", got)
	}
	if got, _ := acctest.Query(t, server, "prefect_tenant", map[string]any{"slug_like": "%a"}, true, 0); !cmp.Equal(want[:1], got) {
		t.Errorf("by slug: %v", got)
	}
	if got, _ := acctest.Query(t, server, "prefect_tenant", nil, false, 1); len(got) != 1 {
		t.Errorf("with a limit of one: %v", got)
	}
}
