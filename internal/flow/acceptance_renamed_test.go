package flow_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// A resource that has another name now, without a `moved` block, would have its
// flow archived or deleted by the destruction of the former address. The plan
// says so and goes no further, in whichever order Terraform plans the two; with
// the block nothing happens.
func TestAccFlowRenamed(t *testing.T) {
	t.Parallel()
	text := flow.TestFlow(t, "etl", nil)
	for name, c := range map[string]struct{ line, loss string }{
		"archive":               {"", "archives\\s+the\\s+flow"},
		"delete":                {`deletion_policy = "delete"`, "all\\s+versions\\s+and\\s+the\\s+history\\s+of\\s+all\\s+runs"},
		"create before destroy": {"lifecycle {\n create_before_destroy = true\n }", "archives\\s+the\\s+flow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			one := func(address string) string {
				return acctest.ProviderConfig(b.PrefectServer, nil) + b.block(address, text, c.line)
			}
			refused := regexp.MustCompile("(?s)at one\\s+address\\s+and\\s+keeps.*" + c.loss + ".*moved")
			run(t,
				resource.TestStep{Config: one("before"), Check: b.versions("etl", 1)},
				resource.TestStep{Config: one("after"), ExpectError: refused},
				resource.TestStep{
					Config: one("after") + "moved {\n from = prefect_flow.before\n to = prefect_flow.after\n}\n",
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction("prefect_flow.after", plancheck.ResourceActionNoop),
					}},
					Check: b.versions("etl", 1),
				},
			)
		})
	}
	// What is abandoned is left alone: another address may take it up.
	b := newBench(t)
	abandoned := func(address string) string {
		return acctest.ProviderConfig(b.PrefectServer, nil) + b.block(address, text, fmt.Sprintf("deletion_policy = %q", "abandon"))
	}
	run(t,
		resource.TestStep{Config: abandoned("before"), Check: b.versions("etl", 1)},
		resource.TestStep{Config: abandoned("after"), Check: b.versions("etl", 1)},
	)
}
