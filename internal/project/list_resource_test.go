package project_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestAccProjectList lists the projects of one tenant, and of another.
func TestAccProjectList(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	other := acctest.AnotherTenant(t, server)
	ids := map[string]string{}
	for _, name := range []string{"etl-b", "etl-a", "report"} {
		id, err := server.Client.CreateProject(t.Context(), name, text("about "+name))
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = id
	}
	theirs, err := other.Client.CreateProject(t.Context(), "theirs", nil)
	if err != nil {
		t.Fatal(err)
	}
	bare := func(name string) acctest.Listed { return acctest.Listed{DisplayName: name, ID: ids[name]} }
	full := bare("report")
	full.Attributes = map[string]string{"id": full.ID, "name": "report", "description": "about report", "tenant_id": server.TenantID}

	for name, test := range map[string]struct {
		config   map[string]any
		full     bool
		limit    int64
		want     []acctest.Listed
		wantFail string
	}{
		"all":              {want: []acctest.Listed{bare("etl-a"), bare("etl-b"), bare("report")}},
		"limit":            {limit: 2, want: []acctest.Listed{bare("etl-a"), bare("etl-b")}},
		"by name":          {config: map[string]any{"name_like": "ETL-%"}, want: []acctest.Listed{bare("etl-a"), bare("etl-b")}},
		"with resource":    {config: map[string]any{"name_like": "report"}, full: true, want: []acctest.Listed{full}},
		"another tenant":   {config: map[string]any{"tenant_id": other.TenantID}, want: []acctest.Listed{{DisplayName: "theirs", ID: theirs}}},
		"none":             {config: map[string]any{"name_like": "x%"}},
		"not a UUID":       {config: map[string]any{"tenant_id": "default"}, wantFail: "Not a UUID"},
		"no such tenant":   {config: map[string]any{"tenant_id": "00000000-0000-4000-8000-000000000000"}, wantFail: "no tenant with the id"},
		"nothing but room": {config: map[string]any{"name_like": " "}, wantFail: "Blank value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failures := acctest.Query(t, server, "prefect_project", test.config, test.full, test.limit)
			if test.wantFail == "" && failures != "" || !strings.Contains(failures, test.wantFail) {
				t.Errorf("failures %q, want %q", failures, test.wantFail)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
