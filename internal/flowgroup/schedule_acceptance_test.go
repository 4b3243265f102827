package flowgroup_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlowGroup_scheduleActive activates a schedule whose parameters come
// from the clocks or from the group, and follows new versions of the flow.
func TestAccFlowGroup_scheduleActive(t *testing.T) {
	t.Parallel()
	b := newBench(t, requires("n"))
	byClock := b.config(`schedule = { clocks = [{ interval = "1h", parameter_defaults = jsonencode({ n = 1 }) }] }`, `schedule_active = true`)
	byGroup := b.config(`schedule = { clocks = [{ interval = "1h" }] }`, `default_parameters = jsonencode({ n = 1 })`, `schedule_active = true`)
	run(b,
		resource.TestStep{Config: byClock, Check: b.isActive(true)},
		resource.TestStep{Config: byGroup, Check: b.isActive(true), ConfigPlanChecks: inPlace()},
		resource.TestStep{ // a new version, which is registered active
			PreConfig: func() { b.register(requires("n")) }, Config: byGroup, ConfigPlanChecks: nothing(), Check: b.isActive(true),
		},
		resource.TestStep{ // one that is not
			PreConfig: func() {
				b.register(requires("n"))
				if err := b.Client.SetScheduleInactive(context.Background(), b.flowID); err != nil {
					t.Error(err)
				}
			},
			Config: byGroup, ConfigPlanChecks: inPlace(), Check: b.isActive(true),
		},
		resource.TestStep{ // archived: it cannot be switched on
			PreConfig: func() {
				if err := b.Client.ArchiveFlow(context.Background(), b.flowID); err != nil {
					t.Error(err)
				}
			},
			Config: byGroup, ExpectError: acctest.Recorded(),
		},
		resource.TestStep{Config: b.config(`schedule_active = false`), Check: b.on("schedule  heartbeat")},
	)
}

// TestAccFlowGroup_ownSchedule leaves a flow's own schedule active when the
// settings are given back.
func TestAccFlowGroup_ownSchedule(t *testing.T) {
	t.Parallel()
	b := newBench(t, hourly)
	run(b,
		resource.TestStep{Config: b.config(`schedule_active = true`), Check: b.isActive(true)},
		resource.TestStep{Config: b.config(`schedule_active = false`, `schedule = { clocks = [] }`), ConfigPlanChecks: inPlace(), Check: b.isActive(false)},
		resource.TestStep{Config: b.config(`schedule_active = true`, `schedule = { clocks = [] }`), ConfigPlanChecks: inPlace(), Check: b.isActive(true)},
		resource.TestStep{Config: b.config(), ConfigPlanChecks: inPlace(), Check: resource.ComposeAggregateTestCheckFunc(b.isActive(true), b.on(defaults))},
	)
}

// TestAccFlowGroup_unknown plans settings that are not known yet.
func TestAccFlowGroup_unknown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := func(value string) string {
		return b.config(`default_parameters = jsonencode({ n = terraform_data.x.output })`, `description = terraform_data.x.output`,
			`schedule = { timezone = terraform_data.zone.output, clocks = [{ interval = terraform_data.interval.output }] }`,
			`run_config = { kubernetes = { image = terraform_data.x.output } }`) +
			fmt.Sprintf("resource \"terraform_data\" \"x\" {\n input = %q\n}\nresource \"terraform_data\" \"interval\" {\n input = \"1h\"\n}\n"+
				"resource \"terraform_data\" \"zone\" {\n input = \"UTC\"\n}\n", value)
	}
	run(b,
		resource.TestStep{
			Config: config("one"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("default_parameters")),
			}},
			Check: b.on(`description "one"`, `"n":"one"`, `"image":"one"`, `"interval":3600000000`),
		},
		resource.TestStep{Config: config("two"), ConfigPlanChecks: inPlace(), Check: b.on(`description "two"`, `"n":"two"`, `"image":"two"`)},
	)
}

// TestAccFlowGroup_failure fails half way. State equals the Server, and the next
// apply does the rest.
func TestAccFlowGroup_failure(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}))
	changed := b.config(`description = "d"`, `labels = ["x"]`, `heartbeat = false`)
	var remove func() int
	run(b,
		resource.TestStep{Config: b.config(`labels = ["before"]`)},
		resource.TestStep{
			PreConfig: func() {
				remove = b.Server.Faults().Add(prefectserver.Fault{Field: "set_flow_group_labels", Message: "Something broke."})
			},
			Config: changed, ExpectError: acctest.Recorded(),
		},
		resource.TestStep{
			PreConfig: func() { remove() },
			Config:    changed,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
			}},
			Check: b.on(`description "d"`, `labels ["x"]`, "heartbeat false"),
		},
	)
}

// TestAccFlowGroupDataSource reads every setting, managed or not.
func TestAccFlowGroupDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const source = "data.prefect_flow_group.test"
	data := func(argument string) string {
		return b.config(everything) + "data \"prefect_flow_group\" \"test\" {\n" + argument + "\n}\n"
	}
	knownThere := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(source, tfjsonpath.New(attribute), check)
	}
	bare := acctest.ProviderConfig(b.PrefectServer, nil) + "data \"prefect_flow_group\" \"test\" {\n%s\n}\n"
	missing := fmt.Sprintf(bare, `id = "6f6b0e0e-0000-4000-8000-00000000000f"`)
	run(b,
		resource.TestStep{Config: fmt.Sprintf(bare, ""), ExpectError: acctest.Recorded()},
		resource.TestStep{Config: fmt.Sprintf(bare, `id = "etl"`), ExpectError: acctest.Recorded()},
		resource.TestStep{Config: missing, ExpectError: acctest.Recorded()},
		resource.TestStep{
			Config: fmt.Sprintf(bare, fmt.Sprintf("version_group_id = %q", b.version)),
			ConfigStateChecks: []statecheck.StateCheck{
				knownThere("labels", knownvalue.Null()), knownThere("description", knownvalue.Null()), knownThere("schedule", knownvalue.Null()),
				knownThere("run_config", knownvalue.Null()), knownThere("default_parameters", knownvalue.StringExact("{}")),
				knownThere("heartbeat", knownvalue.Bool(true)), knownThere("schedule_active", knownvalue.Bool(false)),
			},
		},
		resource.TestStep{
			Config: data("id = prefect_flow_group.test.id"),
			ConfigStateChecks: []statecheck.StateCheck{
				knownThere("version_group_id", knownvalue.StringExact(b.version)), knownThere("flow_id", knownvalue.StringExact(b.flowID)),
				knownThere("tenant_id", knownvalue.StringExact(b.TenantID)), knownThere("labels", knownvalue.SetSizeExact(2)),
				knownThere("default_parameters", knownvalue.StringExact(`{"n": 1, "x": [1.5, null]}`)),
				knownThere("schedule_active", knownvalue.Bool(true)), knownThere("heartbeat", knownvalue.Bool(false)), knownThere("lazarus", knownvalue.Bool(false)),
				statecheck.ExpectKnownValue(source, tfjsonpath.New("schedule").AtMapKey("timezone"), knownvalue.StringExact("Europe/Berlin")),
				statecheck.ExpectKnownValue(source, tfjsonpath.New("schedule").AtMapKey("clocks").AtSliceIndex(1).AtMapKey("interval"), knownvalue.StringExact("1h30m")),
			},
		},
	)
}

// TestAccFlowGroup_gone gives settings back of a group whose flow is deleted
// before: by then there is nothing to give back.
func TestAccFlowGroup_gone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run(b,
		resource.TestStep{Config: b.config(`heartbeat = false`, `labels = []`)},
		resource.TestStep{ // the versions, but not the group
			PreConfig: b.behind(func(ctx context.Context, _ *prefect.FlowGroup) error { return b.Client.DeleteFlow(ctx, b.flowID) }),
			Config:    b.config(`heartbeat = false`, `labels = []`), ConfigPlanChecks: nothing(),
		},
		resource.TestStep{Config: b.config(`heartbeat = true`), ExpectError: acctest.Recorded()},
		resource.TestStep{Config: b.config(), Check: b.on("labels null")},
	)
}
