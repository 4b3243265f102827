package flowrun_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlowRun_failure goes through what a person does about a run that failed:
// nothing, which reports it again; accepting it; and running again.
func TestAccFlowRun_failure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(func(run prefect.FlowRun) {
		if run.Name == "good" {
			b.ends("Success", "")(run)
			return
		}
		b.log(run.ID, "ERROR", "ZeroDivisionError: division by zero")
		b.ends("Failed", "Some reference tasks failed.")(run)
	})
	report := acctest.Says(`"bad" ended in the state Failed`, "Some reference tasks failed.", "division by zero", "not repeated")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: b.config(`name = "bad"`), ExpectError: report},
			{Config: b.config(`name = "bad"`), ExpectError: report},
			{ // what concerns only waiting makes no other run
				Config: b.config(`name = "bad"`, `on_failure = "warn"`),
				Check:  b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{
					value("state", knownvalue.StringExact("Failed")), value("state_message", knownvalue.StringExact("Some reference tasks failed.")),
				},
			},
			{ // accepted once is accepted for good
				Config:           b.config(`name = "bad"`),
				ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				Check:            b.total(1),
			},
			{Config: b.config(`name = "bad"`, `triggers = { n = "1" }`), Check: b.total(1)},
			{Config: b.config(`name = "bad"`, `triggers = { n = "2" }`), ExpectError: report},
			{
				Config: b.config(`name = "good"`, `triggers = { n = "2" }`), Check: b.total(3),
				ConfigStateChecks: []statecheck.StateCheck{value("state", knownvalue.StringExact("Success"))},
			},
		},
	})
	if err := b.count(3); err != nil {
		t.Error(err)
	}
}

func TestAccFlowRun_successStates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.ends("TimedOut", "too slow"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: b.config(), ExpectError: acctest.Says("ended in the state TimedOut", "too slow")},
			{
				Config: b.config(`success_states = ["Success", "Failed"]`), Check: b.total(1),
				ConfigPlanChecks: emptyPlan(),
			},
		},
	})
}

func TestAccFlowRun_waitFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(func(run prefect.FlowRun) {
		switch run.Name {
		case "submitted":
			b.set(run.ID, "Submitted", "")
		case "running":
			b.starts(run)
		case "failed":
			b.set(run.ID, "Submitted", "")
			b.set(run.ID, "Failed", "could not be submitted")
		}
	})
	for name, state := range map[string]string{"none": "Scheduled", "submitted": "Submitted", "running": "Running"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{
					{
						Config: b.config(fmt.Sprintf("name = %q", name), fmt.Sprintf("wait_for = %q", name)), ConfigPlanChecks: emptyPlan(),
						ConfigStateChecks: []statecheck.StateCheck{value("state", knownvalue.StringExact(state))},
					},
				},
			})
		})
	}
	t.Run("failed before", func(t *testing.T) {
		t.Parallel()
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{{
				Config:      b.config(`name = "failed"`, `wait_for = "running"`),
				ExpectError: acctest.Says("ended in the state Failed", "could not be submitted"),
			}},
		})
	})
}

// TestAccFlowRun_noAgent names the agents and their labels within seconds, and
// carries on with the run when an agent has come.
func TestAccFlowRun_noAgent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const soon = `timeouts = { agent = "1s" }`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: b.config(soon), ExpectError: acctest.Says("waits for an agent, and none will take it", "No agent has ever registered", `"k8s"`)},
			{
				PreConfig:   func() { b.registerAgent("other", "cpu") },
				Config:      b.config(soon),
				ExpectError: acctest.Says("No agent has matching labels", `"other" (labels "cpu"`),
			},
			{
				PreConfig: func() { b.serve(b.ends("Success", "")) },
				Config:    b.config(soon), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
			},
		},
	})
}

func TestAccFlowRun_timeout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(b.starts)
	const soon = `timeouts = { total = "2s", stop = "3s" }`
	t.Run("error", func(t *testing.T) {
		t.Parallel()
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{Config: b.config(`name = "e"`, soon), ExpectError: acctest.Says(`"e" did not finish within 2s`, "is Running", "continues waiting")},
				{Config: b.config(`name = "e"`, soon), ExpectError: acctest.Says(`"e" did not finish within 2s`)},
			},
		})
	})
	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{Config: b.config(`name = "c"`, `on_timeout = "cancel"`, soon), ExpectError: acctest.Says(`"c" did not finish`, "is Cancelling", "was cancelled")},
			},
		})
	})
	t.Run("warn", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.serve(b.starts)
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{
					Config: b.config(`on_timeout = "warn"`, soon), ExpectNonEmptyPlan: true,
					ConfigStateChecks: []statecheck.StateCheck{value("state", knownvalue.StringExact("Running"))},
				},
				{
					Config: b.config(`on_timeout = "warn"`, soon), ExpectNonEmptyPlan: true,
					ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				},
				{ // it has come to its end meanwhile, and there is nothing left to do
					PreConfig: func() {
						for _, run := range b.runs() {
							b.set(run.ID, "Success", "at last")
						}
					},
					Config: b.config(`on_timeout = "warn"`, soon), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
					ConfigStateChecks: []statecheck.StateCheck{value("state_message", knownvalue.StringExact("at last"))},
				},
			},
		})
	})
}

// TestAccFlowRun_disappears deletes records behind Terraform's back: a finished
// run is history, an unfinished one is run again.
func TestAccFlowRun_disappears(t *testing.T) {
	t.Parallel()
	vanish := func(b *bench) func() {
		return func() {
			for _, run := range b.runs() {
				if err := b.Client.DeleteFlowRun(context.Background(), run.ID); err != nil {
					b.t.Error(err)
				}
			}
		}
	}
	t.Run("finished", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.serve(b.ends("Success", ""))
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{Config: b.config(`on_destroy = "delete"`)},
				{
					PreConfig: vanish(b), Config: b.config(`on_destroy = "delete"`), Check: b.total(0),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				},
				{
					RefreshState:      true,
					RefreshPlanChecks: resource.RefreshPlanChecks{PostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				},
				{
					Config: b.config(`on_destroy = "delete"`, `name = "late"`), Check: b.total(0),
					ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				},
				{
					Config: b.config(`on_destroy = "delete"`, `context = jsonencode({ again = true })`), Check: b.total(1),
					ConfigPlanChecks: action(plancheck.ResourceActionReplace),
				},
			},
		})
	})
	t.Run("unfinished", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{Config: b.config(`wait_for = "none"`)},
				{
					PreConfig: vanish(b), Config: b.config(`wait_for = "none"`), Check: b.total(1),
					ConfigPlanChecks: action(plancheck.ResourceActionCreate),
				},
			},
		})
	})
}

func TestAccFlowRun_onDestroy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy, state, want string
	}{
		{"keep", "Running", "Running"},
		{"cancel", "Running", "Cancelled"},
		{"cancel", "Scheduled", "Cancelled"},
		{"cancel", "Success", "Success"},
		{"delete", "Running", ""},
		{"delete", "Success", ""},
	} {
		t.Run(tt.policy+" "+tt.state, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.serve(func(run prefect.FlowRun) {
				switch tt.state {
				case "Running":
					b.starts(run)
					b.stopsWhenAsked(run.ID)
				case "Success":
					b.ends("Success", "")(run)
				}
			})
			wait := map[string]string{"Running": "running", "Success": "finished", "Scheduled": "none"}[tt.state]
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{{
					Config: b.config(fmt.Sprintf("on_destroy = %q", tt.policy), fmt.Sprintf("wait_for = %q", wait)),
				}},
			})
			runs := b.runs()
			switch {
			case tt.want == "" && len(runs) > 0:
				t.Errorf("the run is still there: %s", runs[0].State)
			case tt.want != "" && (len(runs) != 1 || runs[0].State != tt.want):
				t.Errorf("got %d runs: %+v", len(runs), runs)
			}
		})
	}
}

func TestAccFlowRun_refusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x", "y=1")
	old := b.flow
	b.register(flowJSON("etl", "x", "y=2"))
	const none = "00000000-0000-4000-8000-000000000000"
	cases := []struct {
		title string
		lines []string
	}{
		{"missing parameter", []string{fmt.Sprintf("version_group_id = %q", b.group)}},
		{"archived", []string{fmt.Sprintf("flow_id = %q", old), `parameters = jsonencode({ x = 1 })`}},
		{"no such flow", []string{fmt.Sprintf("flow_id = %q", none)}},
		{"no such group", []string{`version_group_id = "nothing"`}},
		{"not JSON", []string{`parameters = "{"`}},
		{"not an object", []string{`parameters = "[]"`}},
		{"too exact", []string{`parameters = "{\"x\": 9007199254740993}"`}},
		{"both", []string{fmt.Sprintf("flow_id = %q", none), `version_group_id = "g"`}},
		{"not a time", []string{`scheduled_start_time = "tomorrow"`}},
		{"quantity", []string{`parameters = jsonencode({ x = 1 })`, `run_config = { kubernetes = { image_pull_policy = "Sometimes" } }`}},
		{"wait", []string{`wait_for = "ever"`}},
	}
	steps := make([]resource.TestStep, 0, len(cases))
	for _, c := range cases {
		steps = append(steps, resource.TestStep{Config: b.config(c.lines...), ExpectError: acctest.Recorded(c.title)})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
	if err := b.count(0); err != nil {
		t.Error(err)
	}
}
