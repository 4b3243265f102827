package conformance_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// The configuration that Terraform generates for what it imports is valid, plans nothing, and says nothing twice.
// Terraform asks the provider for it from 1.14 on; here it is asked over the plugin protocol.
func TestGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	command := func() *acctest.Session { return acctest.Connect(t, b.PrefectServer, nil) }
	cases := map[string]struct {
		config    map[string]any
		arguments []string
	}{
		"prefect_tenant": {
			map[string]any{"name": "Other", "slug": acctest.Name("other")}, []string{"force_destroy", "name", "slug"},
		},
		"prefect_project": {
			map[string]any{"name": "other", "description": "text"}, []string{"description", "force_destroy", "name", "tenant_id"},
		},
		"prefect_flow": {
			map[string]any{
				"project_id": b.project, "flow_json": flowJSON("new"), "labels": []any{"a"}, "description": "text",
				"run_config": map[string]any{"kubernetes": map[string]any{"image": "img:1", "labels": []any{"b"}}},
			},
			[]string{"deletion_policy", "description", "flow_json", "project_id", "tenant_id"},
		},
		"prefect_flow_group": {
			map[string]any{"version_group_id": "etl", "description": "text", "labels": []any{}},
			[]string{"description", "labels", "tenant_id", "version_group_id"},
		},
		"prefect_flow_run": {
			map[string]any{
				"version_group_id": "etl", "parameters": `{"n": 1}`, "wait_for": "none", "name": "again",
				"run_config": map[string]any{"kubernetes": map[string]any{"image": "img:1", "labels": []any{"b"}}},
			},
			[]string{
				"context", "flow_id", "labels", "name", "on_destroy", "on_failure", "on_timeout", "parameters", "run_config",
				"success_states", "tenant_id", "wait_for",
			},
		},
		"prefect_cloud_hook": {
			map[string]any{"states": []any{"Failed"}, "prefect_message": map[string]any{}},
			[]string{"active", "prefect_message", "states", "tenant_id"},
		},
	}
	for kind := range command().Resources() {
		test, ok := cases[kind]
		if !ok {
			t.Errorf("no case for %s", kind)
			continue
		}
		created := command().Create(kind, test.config)
		imported := command().ImportByIdentity(kind, map[string]any{"id": created.State["id"]})
		if imported.State == nil {
			t.Errorf("%s was not created or imported: %s%s", kind, created, imported)
			continue
		}
		config, found := command().Generate(imported)
		if len(found) > 0 {
			t.Errorf("%s: %+v", kind, found)
		}
		if diff := cmp.Diff(test.arguments, slices.Sorted(maps.Keys(config))); diff != "" {
			t.Errorf("%s: arguments: %s", kind, diff)
		}
		planned := command().Plan(imported, config)
		if diff := cmp.Diff(imported.State, planned.State); diff != "" || len(planned.Diagnostics) > 0 {
			t.Errorf("%s: planned: %s%+v", kind, diff, planned.Diagnostics)
		}
		if found := command().Destroy(created); len(found) > 0 {
			t.Errorf("%s was not destroyed: %+v", kind, found)
		}
	}
}
