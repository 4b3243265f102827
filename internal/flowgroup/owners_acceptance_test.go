package flowgroup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// noDrift expects that nothing differs from the state, as `terraform plan -refresh-only` would report.
type noDrift struct{}

func (noDrift) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, drifted := range req.Plan.ResourceDrift {
		resp.Error = fmt.Errorf("%s has changed: from %v to %v", drifted.Address, drifted.Change.Before, drifted.Change.After)
	}
}

// flowWithGroup is a configuration of a flow and its group; flow and group are further arguments of theirs.
func (b *bench) flowWithGroup(flow, group string, edit ...func(flow map[string]any)) string {
	text, err := json.Marshal(document(append(edit, func(flow map[string]any) { flow["name"] = "owned" })...))
	if err != nil {
		b.t.Fatal(err)
	}
	return acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf(`
resource "prefect_flow" "test" {
  project_id      = %q
  flow_json       = %q
  deletion_policy = "delete"
  %s
}
resource "prefect_flow_group" "test" {
  version_group_id = prefect_flow.test.id
  %s
}
`, b.projectID, text, flow, group)
}

// TestAccFlowGroup_owners has a flow and its group in one configuration: the group switches the schedule, which is neither a
// change nor drift of the flow, whatever versions are registered; and two that disagree are refused from the first apply on.
func TestAccFlowGroup_owners(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const clock = `schedule = { clocks = [{ interval = "1h" }] }` + "\n"
	on, off := clock+"schedule_active = true", clock+"schedule_active = false"
	tagged := func(n int) func(map[string]any) {
		return func(flow map[string]any) {
			flow["parameters"] = []any{map[string]any{"__version__": "1.4.1", "name": fmt.Sprint("p", n), "slug": fmt.Sprint("p", n), "required": false, "default": 1}}
		}
	}
	settled := resource.ConfigPlanChecks{
		PostApplyPreRefresh:  []plancheck.PlanCheck{noDrift{}, plancheck.ExpectEmptyPlan()},
		PostApplyPostRefresh: []plancheck.PlanCheck{noDrift{}, plancheck.ExpectEmptyPlan()},
	}
	unmanaged := []statecheck.StateCheck{statecheck.ExpectKnownValue("prefect_flow.test", tfjsonpath.New("schedule_active"), knownvalue.Null())}
	owned := func(config string, active bool) resource.TestStep {
		return resource.TestStep{Config: config, ConfigPlanChecks: settled, ConfigStateChecks: append(unmanaged, known("schedule_active", knownvalue.Bool(active)))}
	}
	disagree := acctest.Says("Two resources disagree on the schedule", "schedule_active", "Set it in one of the two")
	run(b,
		resource.TestStep{Config: b.flowWithGroup("schedule_active = true", off, hourly), ExpectError: disagree},
		resource.TestStep{Config: b.flowWithGroup("schedule_active = true", off, hourly), ExpectError: disagree},
		owned(b.flowWithGroup("", off, hourly), false),
		owned(b.flowWithGroup("", on, hourly), true),
		owned(b.flowWithGroup("", off, hourly), false),
		owned(b.flowWithGroup("", off, hourly, tagged(1)), false), // a new version stays switched off
		owned(b.flowWithGroup("", on, hourly, tagged(2)), true),
		owned(b.flowWithGroup("", on, tagged(3)), true),
		resource.TestStep{
			Config: b.flowWithGroup("schedule_active = false", clock, hourly), ConfigPlanChecks: settled,
			ConfigStateChecks: []statecheck.StateCheck{known("schedule_active", knownvalue.Null())},
		},
	)
}

// TestAccFlowGroup_idleSchedule warns of a schedule that nobody activates, in the plan if the flow is there, and when it is
// applied if not; but not if the flow's resource has switched it off.
func TestAccFlowGroup_idleSchedule(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := map[string]any{"version_group_id": b.version, "schedule": map[string]any{"clocks": []any{map[string]any{"interval": "1h"}}}}
	found := acctest.Connect(t, b.PrefectServer, nil).PlanNew("prefect_flow_group", config).Diagnostics
	if len(found) != 1 || !found[0].Warning || found[0].Path != "schedule_active" || !strings.Contains(found[0].Summary, "is not active") {
		t.Errorf("got %+v", found)
	}
}
