package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// replaces expects what Terraform itself plans for an object whose creation
// failed.
func replaces() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
	}}
}

// keeps checks that runs are there and as they were: scheduled.
func (b *bench) keeps(runs ...string) error {
	for _, id := range runs {
		run, err := b.Client.GetFlowRun(context.Background(), id)
		if err != nil {
			return fmt.Errorf("run %s: %w", id, err)
		}
		if run.State != "Scheduled" {
			return fmt.Errorf("run %s is %s", id, run.State)
		}
	}
	return nil
}

// A creation that fails after the registration leaves one version, and the next
// apply takes it over, whatever deletion_policy says.
func TestAccFlowCreationFailed(t *testing.T) {
	t.Parallel()
	scheduled := flow.TestFlow(t, "etl", flow.WithCron("0 0 * * *", nil))
	cases := map[string]struct {
		fault prefectserver.Fault
		// before is a version that is there already and that Create takes over.
		before bool
		lines  []string
		says   []string
	}{
		"not read back": {
			fault: prefectserver.Fault{Operation: "Flows", Message: "Something broke."},
			says:  []string{`Flow "etl" was registered`, "could not be read back", "Something broke"},
		},
		"not read back, deletion policy": {
			fault: prefectserver.Fault{Operation: "Flows", Message: "Something broke."},
			lines: []string{`deletion_policy = "delete"`},
			says:  []string{`Flow "etl" was registered`, "could not be read back"},
		},
		"not read back, create before destroy": {
			fault: prefectserver.Fault{Operation: "Flows", Message: "Something broke."},
			lines: []string{`deletion_policy = "delete"`, "lifecycle {\n create_before_destroy = true\n }"},
			says:  []string{`Flow "etl" was registered`, "could not be read back"},
		},
		"schedule, adopted": {
			fault:  prefectserver.Fault{Field: "set_schedule_inactive", Message: "Something broke."},
			before: true,
			lines:  []string{`deletion_policy = "delete"`, "schedule_active = false"},
			says:   []string{"could not be deactivated", "Something broke"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			b := benchOn(t, server)
			var history []string
			if c.before {
				b.register(scheduled, false)
				history = append(history, b.run(b.group("etl")))
			}
			config := b.config(scheduled, c.lines...)
			remove := server.Server.Faults().Add(c.fault)
			var group string
			run(t,
				resource.TestStep{Config: config, ExpectError: acctest.Says(c.says...)},
				resource.TestStep{
					PreConfig: func() {
						if remove() == 0 {
							t.Error("the fault did not happen")
						}
						group = b.group("etl")
						history = append(history, b.run(group))
					},
					Config: config, ConfigPlanChecks: replaces(),
					ConfigStateChecks: []statecheck.StateCheck{version(1)},
					Check: func(s *terraform.State) error {
						if now := b.group("etl"); now != group {
							return fmt.Errorf("the version group was %s and is %s", group, now)
						}
						if err := b.keeps(history...); err != nil {
							return err
						}
						return b.versions("etl", 1)(s)
					},
				},
			)
		})
	}
}

// If the flow was corrected after its creation failed, a version is added and
// the history stays. What destroys for good still does.
func TestAccFlowCreationFailedAndCorrected(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	b := benchOn(t, server)
	first := flow.TestFlow(t, "etl", nil)
	second := flow.TestFlow(t, "etl", flow.WithTag("corrected"))
	const policy = `deletion_policy = "delete"`
	b.register(first, false)
	old := b.run(b.group("etl"))
	remove := server.Server.Faults().Add(prefectserver.Fault{Operation: "Flows", Message: "Something broke."})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: b.config(flow.TestFlow(t, "etl", flow.WithTag("wrong")), policy), ExpectError: acctest.Says("could not be read back")},
			{
				PreConfig: func() { remove() },
				Config:    b.config(second, policy), ConfigPlanChecks: replaces(),
				ConfigStateChecks: []statecheck.StateCheck{version(3)},
				Check: func(s *terraform.State) error {
					if _, err := b.Client.GetFlowRun(context.Background(), old); err != nil {
						return fmt.Errorf("the history is lost: %w", err)
					}
					return b.versions("etl", 3)(s)
				},
			},
			{
				Config: acctest.ProviderConfig(b.PrefectServer, nil),
				Check: func(*terraform.State) error {
					found, err := b.Client.ListFlows(context.Background(), prefect.FlowFilter{ProjectID: b.projectID})
					if err != nil || len(found) != 0 {
						return fmt.Errorf("%d flows are left: %w", len(found), err)
					}
					return nil
				},
			},
		},
	})
}
