package flow_test

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// TestAccFlowActions pauses the schedule of a flow, starts it again, and archives the flow.
func TestAccFlowActions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(flow.TestFlow(t, "nightly", flow.WithCron("0 1 * * *", nil)), true)
	b.register(flow.TestFlow(t, "by-hand", nil), false)
	session := acctest.Connect(t, b.PrefectServer, nil)
	invoke := func(kind string, config map[string]any, wantError string, says ...string) {
		t.Helper()
		var told []string
		found := session.Invoke(kind, config, func(message string) { told = append(told, message) })
		if len(found) > 1 || (len(found) == 1) != (wantError != "") || wantError != "" && !strings.Contains(found[0].Summary+found[0].Detail, wantError) {
			t.Errorf("%s %v: %+v, want %q", kind, config, found, wantError)
		}
		for _, part := range says {
			if !strings.Contains(strings.Join(told, "\n"), part) {
				t.Errorf("%s %v says %q, not %q", kind, config, told, part)
			}
		}
	}
	active := func(want bool) {
		t.Helper()
		current, err := b.Client.CurrentFlow(t.Context(), b.group("nightly"))
		if err != nil || current.IsScheduleActive != want {
			t.Errorf("active is %t, want %t: %v", current.IsScheduleActive, want, err)
		}
	}
	group := map[string]any{"version_group_id": b.group("nightly")}
	with := func(active bool, group string) map[string]any {
		return map[string]any{"version_group_id": group, "active": active}
	}
	active(true)
	invoke("prefect_flow_schedule", with(false, b.group("nightly")), "", `The schedule of flow "nightly" is inactive`)
	active(false)
	invoke("prefect_flow_schedule", with(true, b.group("nightly")), "", `The schedule of flow "nightly" is active`)
	active(true)
	invoke("prefect_flow_schedule", with(true, b.group("by-hand")), "Neither the flow nor its group has a schedule")
	invoke("prefect_flow_schedule", with(true, "nobody"), "Give the version group of a registered flow")
	invoke("prefect_flow_schedule", map[string]any{"version_group_id": "nightly", "active": true, "tenant_id": "default"}, "Not a UUID")

	invoke("prefect_flow_archive", group, "", `Flow "nightly" is archived`)
	invoke("prefect_flow_archive", group, "", `was archived already`)
	invoke("prefect_flow_schedule", with(true, b.group("nightly")), "All versions of the flow are archived")
	invoke("prefect_flow_archive", map[string]any{"version_group_id": "nobody"}, "Give the version group of a registered flow")
}
