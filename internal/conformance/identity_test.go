package conformance_test

import (
	"maps"
	"reflect"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// Every resource has an identity from its creation on, through changes and refreshes, and can be imported by it. Terraform
// asks for that from 1.12 on; here it is asked over the plugin protocol, so that it does not depend on the version installed.
func TestIdentities(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// Each command of Terraform has a provider of its own.
	command := func() *acctest.Session { return acctest.Connect(t, b.PrefectServer, nil) }
	// change is an update in place.
	cases := map[string]struct{ config, change map[string]any }{
		"prefect_tenant":  {map[string]any{"name": "Other", "slug": acctest.Name("other")}, map[string]any{"name": "Renamed"}},
		"prefect_project": {map[string]any{"name": "other"}, map[string]any{"name": "renamed"}},
		"prefect_flow": {
			map[string]any{"project_id": b.project, "flow_json": flowJSON("new")}, map[string]any{"labels": []any{"a"}},
		},
		"prefect_flow_group": {map[string]any{"version_group_id": "etl"}, map[string]any{"description": "changed"}},
		"prefect_flow_run": {
			map[string]any{"version_group_id": "etl", "parameters": `{"n": 1}`, "wait_for": "none"}, map[string]any{"on_destroy": "cancel"},
		},
		"prefect_cloud_hook": {
			map[string]any{"states": []any{"Failed"}, "prefect_message": map[string]any{}}, map[string]any{"active": false},
		},
	}
	for kind := range command().Resources() {
		test, ok := cases[kind]
		if !ok {
			t.Errorf("no case for %s", kind)
			continue
		}
		created := command().Create(kind, test.config)
		id, _ := created.State["id"].(string)
		if id == "" {
			t.Errorf("%s was not created: %s", kind, created)
			continue
		}
		want := map[string]any{"id": id}
		expect := func(when string, a acctest.Applied) {
			t.Helper()
			if got := command().Identity(a); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: identity %v, want %v: %s", kind, when, got, want, a)
			}
			if a.State["id"] != id {
				t.Errorf("%s, %s: id %v, want %s", kind, when, a.State["id"], id)
			}
		}
		expect("created", created)
		expect("refreshed", command().Refresh(created))
		expect("refreshed from a state without it", command().Refresh(created.Forget()))
		changed := maps.Clone(test.config)
		maps.Copy(changed, test.change)
		updated := command().Update(created, changed)
		expect("updated", updated)
		expect("imported", command().ImportByIdentity(kind, want))
		if found := command().Destroy(updated); len(found) > 0 {
			t.Errorf("%s was not destroyed: %+v", kind, found)
		}
		none := command().ImportByIdentity(kind, map[string]any{"id": "6f6b0e0e-0000-4000-8000-00000000000f"})
		if len(none.Diagnostics) == 0 || none.State != nil {
			t.Errorf("%s that does not exist was imported: %s", kind, none)
		}
	}
}
