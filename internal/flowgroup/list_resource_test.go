package flowgroup_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestAccFlowGroupList finds the groups of live flows by each filter, as an import would make them.
func TestAccFlowGroupList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.version = uuid.NewString()
	b.register(func(flow map[string]any) { flow["name"] = "report" })
	report := b.group()
	text := "monthly"
	if err := b.Client.SetFlowGroupDescription(t.Context(), report.ID, &text); err != nil {
		t.Fatal(err)
	}
	b.version = uuid.NewString()
	b.register(func(flow map[string]any) { flow["name"] = "gone" })
	if err := b.Client.ArchiveFlow(t.Context(), b.group().NewestFlowID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config map[string]any
		limit  int64
		want   int
		fails  bool
	}{
		"all":            {want: 2},
		"limit":          {limit: 1, want: 1},
		"by name":        {config: map[string]any{"name_like": "REP%"}, want: 1},
		"by project":     {config: map[string]any{"project_id": b.projectID}, want: 2},
		"of no project":  {config: map[string]any{"project_id": uuid.NewString()}},
		"not a project":  {config: map[string]any{"project_id": "flows"}, fails: true},
		"in no tenant":   {config: map[string]any{"tenant_id": uuid.NewString()}, fails: true},
		"archived flows": {config: map[string]any{"name_like": "gone"}},
	} {
		got, failures := acctest.Query(t, b.PrefectServer, "prefect_flow_group", c.config, false, c.limit)
		if (failures != "") != c.fails || len(got) != c.want {
			t.Errorf("%s: found %+v, failures %q", name, got, failures)
		}
	}
	got, failures := acctest.Query(t, b.PrefectServer, "prefect_flow_group", map[string]any{"name_like": "report"}, true, 0)
	want := []acctest.Listed{{
		DisplayName: "flows/report", ID: report.ID,
		Attributes: map[string]string{"id": report.ID, "tenant_id": report.TenantID, "version_group_id": report.Name, "description": text},
	}}
	if diff := cmp.Diff(want, got); diff != "" || failures != "" {
		t.Error(failures, diff)
	}
}

// TestAccFlowGroupList_order lists groups by the name of their flow and of its project, which version groups do not follow.
func TestAccFlowGroupList_order(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(flow map[string]any) { flow["name"] = "load" })
	for _, f := range []struct{ project, name, version string }{{"archive", "load", "z"}, {"east", "zip", "a"}, {"west", "etl", "x"}} {
		project, err := b.Client.CreateProject(t.Context(), f.project, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.projectID, b.version = project, acctest.Name(f.version)
		b.register(func(flow map[string]any) { flow["name"] = f.name })
	}
	want := []string{"west/etl", "archive/load", "flows/load", "east/zip"}
	for limit := range len(want) + 1 {
		got, failures := acctest.Query(t, b.PrefectServer, "prefect_flow_group", nil, false, int64(limit))
		names := make([]string, 0, len(got))
		for _, one := range got {
			names = append(names, one.DisplayName)
		}
		expected := want
		if limit > 0 {
			expected = want[:limit]
		}
		if diff := cmp.Diff(expected, names); diff != "" || failures != "" {
			t.Errorf("limit %d: %s\n%s", limit, failures, diff)
		}
	}
}
