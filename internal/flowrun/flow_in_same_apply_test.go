package flowrun_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestAccFlowRun_withFlow registers the flow in the same apply, so that nothing
// about it is known in the first plan, and then a second version.
func TestAccFlowRun_withFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.ends("Success", ""))
	config := func(parameter, reference string) string {
		return acctest.ProviderConfig(b.PrefectServer, nil) +
			fmt.Sprintf("resource \"prefect_flow\" \"test\" {\n  project_id = %q\n  flow_json = %q\n  deletion_policy = \"delete\"\n}\n",
				b.project, encode(t, flowJSON("nightly", parameter))) +
			b.block("test", reference, `on_destroy = "delete"`, `triggers = { static = "1" }`)
	}
	byVersion, byGroup := `flow_id = prefect_flow.test.flow_id`, `version_group_id = prefect_flow.test.id`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: config("x=1", byVersion), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{value("parameters", knownvalue.StringExact(`{"x": "1"}`))},
			},
			{ // another version is another run
				Config: config("x=2", byVersion), ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{
					value("parameters", knownvalue.StringExact(`{"x": "2"}`)), value("flow_version", knownvalue.Int64Exact(2)),
				},
			},
			{ // naming the group instead is not
				Config:           config("x=2", byGroup),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{ // nor is another version of the group
				Config: config("x=3", byGroup), ConfigPlanChecks: action(plancheck.ResourceActionNoop), Check: b.total(1),
			},
		},
	})
	if err := b.count(0); err != nil {
		t.Error(err)
	}
}
