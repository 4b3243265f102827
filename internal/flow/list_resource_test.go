package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

func TestAccFlowList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"etl-b", "etl-a", "report"} {
		b.register(flow.TestFlow(t, name, nil), false)
	}
	b.register(flow.TestFlow(t, "report", flow.WithTag("second")), false)
	b.register(flow.TestFlow(t, "gone", nil), false)
	if err := b.Client.ArchiveFlow(t.Context(), b.latest("gone")); err != nil {
		t.Fatal(err)
	}
	bare := func(name string) acctest.Listed {
		return acctest.Listed{DisplayName: "flows/" + name, ID: b.group(name)}
	}
	full := func(found []acctest.Listed) []acctest.Listed {
		for i := range found {
			if found[i].Attributes["flow_id"] != b.latest("report") || found[i].Attributes["flow_json"] == "" || found[i].Attributes["name"] != "report" {
				t.Errorf("listed with %v", found[i].Attributes)
			}
			found[i].Attributes = nil
		}
		return found
	}
	for name, c := range map[string]struct {
		config map[string]any
		full   bool
		limit  int64
		want   []acctest.Listed
	}{
		"all":           {want: []acctest.Listed{bare("etl-a"), bare("etl-b"), bare("report")}},
		"limit":         {limit: 1, want: []acctest.Listed{bare("etl-a")}},
		"by name":       {config: map[string]any{"name_like": "ETL-%"}, want: []acctest.Listed{bare("etl-a"), bare("etl-b")}},
		"by project":    {config: map[string]any{"project_id": "6f6b0e0e-0000-4000-8000-00000000000f"}},
		"with resource": {config: map[string]any{"name_like": "report"}, full: true, want: []acctest.Listed{bare("report")}},
	} {
		got, failures := acctest.Query(t, b.PrefectServer, "prefect_flow", c.config, c.full, c.limit)
		if failures != "" {
			t.Errorf("%s: %s", name, failures)
		}
		if c.full {
			got = full(got)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAccFlowList_requests reads the documents of many flows together.
func TestAccFlowList_requests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	acctest.RequireEmbedded(t, b.PrefectServer)
	const flows = 30
	for i := range flows {
		b.register(flow.TestFlow(t, fmt.Sprintf("etl-%02d", i), nil), false)
	}
	b.Server.ResetRequests()
	found, failures := acctest.Query(t, b.PrefectServer, "prefect_flow", nil, true, 0)
	if failures != "" || len(found) != flows {
		t.Fatalf("%d flows, %s", len(found), failures)
	}
	for i, f := range found {
		if want := fmt.Sprintf("etl-%02d", i); f.Attributes["name"] != want || !strings.Contains(f.Attributes["flow_json"], `"`+want+`"`) {
			t.Errorf("flow %d is listed with %v", i, f.Attributes)
		}
	}
	if sent := b.Server.CountRequests("flow"); sent > 3 {
		t.Errorf("%d requests for flows, want 1 for the list and 1 for the documents", sent)
	}
}
