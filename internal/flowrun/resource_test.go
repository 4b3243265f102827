package flowrun_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

func (b *bench) total(want int) resource.TestCheckFunc {
	return func(*terraform.State) error { return b.count(want) }
}

func value(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func action(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, a)}}
}

func TestAccFlowRun_success(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1", "y")
	b.serve(b.ends("Success", "All reference tasks succeeded."))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:           b.config(`name = "nightly"`, `parameters = jsonencode({ y = { b = 1, a = [1, 2] } })`, `labels = ["k8s"]`),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("name", knownvalue.StringExact("nightly")),
					value("state", knownvalue.StringExact("Success")),
					value("state_message", knownvalue.StringExact("All reference tasks succeeded.")),
					value("flow_id", knownvalue.StringExact(b.flow)),
					value("version_group_id", knownvalue.StringExact(b.group)),
					value("flow_name", knownvalue.StringExact("etl")),
					value("flow_version", knownvalue.Int64Exact(1)),
					value("labels", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("k8s")})),
					value("start_time", knownvalue.NotNull()),
					value("end_time", knownvalue.NotNull()),
					value("job", knownvalue.Null()),
					value("record_deleted", knownvalue.Bool(false)),
					value("states", knownvalue.ListPartial(map[int]knownvalue.Check{
						0: knownvalue.ObjectPartial(map[string]knownvalue.Check{"state": knownvalue.StringExact("Scheduled")}),
						1: knownvalue.ObjectPartial(map[string]knownvalue.Check{"state": knownvalue.StringExact("Submitted")}),
						2: knownvalue.ObjectPartial(map[string]knownvalue.Check{"state": knownvalue.StringExact("Running")}),
						3: knownvalue.ObjectPartial(map[string]knownvalue.Check{"state": knownvalue.StringExact("Success")}),
					})),
					value("logs", knownvalue.ListExact([]knownvalue.Check{
						knownvalue.ObjectPartial(map[string]knownvalue.Check{"message": knownvalue.StringExact("Hello from the flow")}),
					})),
				},
				Check: b.total(1),
			},
			{ // the same, written otherwise
				Config:           b.config(`name = "nightly"`, `parameters = "{\"y\": {\"a\": [1,2], \"b\": 1}}"`, `labels = ["k8s"]`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{ // renamed in place
				Config:            b.config(`name = "weekly"`, `parameters = jsonencode({ y = { b = 1, a = [1, 2] } })`, `labels = ["k8s"]`),
				ConfigPlanChecks:  action(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{value("name", knownvalue.StringExact("weekly")), value("state", knownvalue.StringExact("Success"))},
				Check:             b.total(1),
			},
			{ // a changed parameter is another run
				Config:           b.config(`name = "monthly"`, `parameters = jsonencode({ y = 2 })`, `labels = ["k8s"]`),
				ConfigPlanChecks: action(plancheck.ResourceActionReplace),
				Check:            b.total(2),
			},
			{ // arguments left out keep what the run has
				Config:           b.config(),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				ResourceName: address, ImportState: true, ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"parameters", "run_config"},
			},
			{ResourceName: address, ImportState: true, ImportStateId: "monthly", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"parameters", "run_config"}},
		},
	})
	if err := b.count(2); err != nil {
		t.Error("destroy must keep the runs: ", err)
	}
}

func TestAccFlowRun_inherits(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	b.serve(b.ends("Success", ""))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:           b.config(),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("labels", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("k8s")})),
					value("parameters", knownvalue.StringExact(`{"x": "1"}`)),
					value("context", knownvalue.StringExact(`{}`)),
					value("run_config", knownvalue.Null()),
					value("name", knownvalue.NotNull()),
				},
			},
			{ // saying what is there is no change
				Config:           b.config(`parameters = jsonencode({ x = "1" })`, `labels = ["k8s"]`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config:            b.config(`labels = []`),
				ConfigPlanChecks:  action(plancheck.ResourceActionReplace),
				ConfigStateChecks: []statecheck.StateCheck{value("labels", knownvalue.SetExact([]knownvalue.Check{}))},
				Check:             b.total(2),
			},
			{
				Config:           b.config(`run_config = { kubernetes = { image = "img:1", labels = ["gpu"], env = { A = "1" } } }`, `labels = null`),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					// Labels were not given now, so the run's own stay in the plan until it is replaced.
					value("labels", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("gpu")})),
				},
				Check: b.total(3),
			},
		},
	})
}

func TestAccFlowRun_triggers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.ends("Success", ""))
	step := func(triggers string, change plancheck.ResourceActionType, runs int) resource.TestStep {
		return resource.TestStep{Config: b.config(triggers), ConfigPlanChecks: action(change), Check: b.total(runs)}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			step(``, plancheck.ResourceActionCreate, 1),
			step(`triggers = { a = "1" }`, plancheck.ResourceActionUpdate, 1),
			step(`triggers = { a = "1", b = "1" }`, plancheck.ResourceActionUpdate, 1),
			step(`triggers = { a = "1", b = "2" }`, plancheck.ResourceActionReplace, 2),
			step(`triggers = { b = "2" }`, plancheck.ResourceActionUpdate, 2),
			step(`triggers = { b = "1" }`, plancheck.ResourceActionReplace, 3),
			step(`triggers = { b = "2" }`, plancheck.ResourceActionReplace, 4),
			step(``, plancheck.ResourceActionUpdate, 4),
		},
	})
}

// TestAccFlowRun_twins starts equal runs from one configuration: they are as many
// as there are resources.
func TestAccFlowRun_twins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.ends("Success", ""))
	config := func(n int) string {
		return b.config(fmt.Sprintf("count = %d", n))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(3), Check: b.total(3)},
			{Config: config(4), Check: b.total(4)},
			{Config: config(1), Check: b.total(4)},
			{Config: config(2), Check: b.total(5)},
		},
	})
}
