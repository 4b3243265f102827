package flowrun_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// A trigger without a value is one that differs from all that have one.
func TestAccFlowRun_nullTrigger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	step := func(trigger string, a plancheck.ResourceActionType, runs int) resource.TestStep {
		return resource.TestStep{
			Config:           b.config(`wait_for = "none"`, "triggers = { image = "+trigger+" }"),
			ConfigPlanChecks: action(a), Check: b.total(runs),
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			step("null", plancheck.ResourceActionCreate, 1),
			step("null", plancheck.ResourceActionNoop, 1),
			step(`"v1"`, plancheck.ResourceActionReplace, 2),
			step("null", plancheck.ResourceActionReplace, 3),
		},
	})
}

// What is null only when it is applied is refused before a run exists.
func TestAccFlowRun_nullSuccessState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(`wait_for = "none"`, `success_states = ["Success", jsondecode(terraform_data.state.output)]`) +
		"resource \"terraform_data\" \"state\" {\n  input = \"null\"\n}\n"
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Recorded()},
		},
	})
	if err := b.count(0); err != nil {
		t.Error(err)
	}
}
