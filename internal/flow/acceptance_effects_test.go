package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestAccFlowSchedule(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := flow.TestFlow(t, "etl", flow.WithCron("0 0 * * *", nil))
	active := func(want bool) statecheck.StateCheck { return known("schedule_active", knownvalue.Bool(want)) }
	unmanaged := known("schedule_active", knownvalue.Null())
	switchIt := func(on bool) func() {
		return func() {
			set := b.Client.SetScheduleInactive
			if on {
				set = b.Client.SetScheduleActive
			}
			if err := set(context.Background(), b.latest("etl")); err != nil {
				t.Error(err)
			}
		}
	}
	run(t,
		resource.TestStep{Config: b.config(text), ConfigStateChecks: []statecheck.StateCheck{unmanaged}, Check: b.scheduled(true)},
		resource.TestStep{ // not managed: left as it is
			PreConfig: switchIt(false), Config: b.config(text), ConfigPlanChecks: nothing(), ConfigStateChecks: []statecheck.StateCheck{unmanaged},
			Check: b.scheduled(false),
		},
		resource.TestStep{ // a new version as well
			Config: b.config(flow.TestFlow(t, "etl", flow.WithCron("0 2 * * *", nil))), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{unmanaged, version(2)}, Check: b.scheduled(false),
		},
		resource.TestStep{
			PreConfig: switchIt(true), Config: b.config(text), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{unmanaged, version(3)}, Check: b.scheduled(true),
		},
		resource.TestStep{PreConfig: switchIt(false), Config: b.config(text), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: b.config(text, "schedule_active = true"), ConfigPlanChecks: updates(3), ConfigStateChecks: []statecheck.StateCheck{active(true)},
		},
		resource.TestStep{ // managed: drift
			PreConfig: switchIt(false), Config: b.config(text, "schedule_active = true"), ConfigPlanChecks: updates(3),
			ConfigStateChecks: []statecheck.StateCheck{active(true)},
		},
		resource.TestStep{
			Config: b.config(text, "schedule_active = false"), ConfigPlanChecks: updates(3), ConfigStateChecks: []statecheck.StateCheck{active(false)},
		},
		resource.TestStep{
			Config:            b.config(flow.TestFlow(t, "etl", flow.WithCron("0 1 * * *", nil)), "schedule_active = false"),
			ConfigPlanChecks:  registers(),
			ConfigStateChecks: []statecheck.StateCheck{active(false), version(4)},
		},
		resource.TestStep{ // not managed any more
			Config:            b.config(flow.TestFlow(t, "etl", flow.WithCron("0 1 * * *", nil))),
			ConfigPlanChecks:  updates(4),
			ConfigStateChecks: []statecheck.StateCheck{unmanaged}, Check: b.scheduled(false),
		},
	)
}

// scheduled checks the switch of the schedule on the Server.
func (b *bench) scheduled(want bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		newest, err := b.Client.GetFlow(context.Background(), b.latest("etl"))
		if err != nil {
			return err
		}
		if newest.IsScheduleActive != want {
			return fmt.Errorf("version %d: schedule active %t, want %t", newest.Version, newest.IsScheduleActive, want)
		}
		return nil
	}
}

// The Server swallows errors of activation; the provider does not, and keeps
// what was registered.
func TestAccFlowScheduleFails(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	b := benchOn(t, server)
	text := flow.TestFlow(t, "etl", flow.WithCron("0 0 * * *", nil))
	var remove func() int
	run(t,
		resource.TestStep{Config: b.config(text, "schedule_active = false")},
		resource.TestStep{
			PreConfig: func() {
				remove = server.Server.Faults().Add(prefectserver.Fault{Field: "set_schedule_active", Message: "Something broke."})
			},
			Config:      b.config(text, "schedule_active = true"),
			ExpectError: acctest.Recorded(),
		},
		resource.TestStep{
			PreConfig: func() {
				if remove() == 0 {
					t.Error("no request failed")
				}
			},
			Config: b.config(text, "schedule_active = true"), ConfigPlanChecks: updates(1),
			ConfigStateChecks: []statecheck.StateCheck{version(1), known("schedule_active", knownvalue.Bool(true))},
		},
	)
}

// A registration that failed on the Server after it stored the key must not be
// taken for done.
func TestAccFlowStaleKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.WithTag("second"))
	fail := func() {
		const register = `mutation($input: create_flow_input!) { create_flow(input: $input) { id } }`
		broken, err := flow.Decode([]byte(second))
		if err != nil {
			t.Error(err)
			return
		}
		broken["edges"] = []any{map[string]any{"upstream_task": map[string]any{"slug": "none"}, "downstream_task": map[string]any{"slug": "none"}}}
		input := map[string]any{"project_id": b.projectID, "serialized_flow": broken, "idempotency_key": flow.KeyOf(t, second)}
		// The client repeats it, and the Server then answers with the version that there is.
		if err := b.Client.Do(context.Background(), register, map[string]any{"input": input}, nil); err != nil {
			t.Log(err)
		}
		f, err := b.Client.FindFlow(context.Background(), b.projectID, "etl")
		if err != nil || f.Version != 1 || f.Group.Settings.IdempotencyKey != input["idempotency_key"] {
			t.Errorf("the Server has %+v: %v", f, err)
		}
	}
	run(t,
		resource.TestStep{Config: b.config(first)},
		resource.TestStep{PreConfig: fail, Config: b.config(first), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: b.config(second), ConfigPlanChecks: registers(),
			ConfigStateChecks: []statecheck.StateCheck{version(2)}, Check: b.versions("etl", 2),
		},
	)
}

// destroyed runs a configuration and destroys it, then looks at the Server.
func destroyed(t *testing.T, before func(), config string, check func() error) {
	t.Helper()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config, Check: func(*terraform.State) error { before(); return nil }}},
		CheckDestroy:             func(*terraform.State) error { return check() },
	})
}

func TestAccFlowDeletionPolicies(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"archive", "delete", "abandon"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			var runID string
			config := b.config(flow.TestFlow(t, "etl", nil), fmt.Sprintf("deletion_policy = %q", policy))
			destroyed(t, func() { runID = b.run(b.group("etl")) }, config, func() error {
				ctx := context.Background()
				flows, err := b.Client.ListFlows(ctx, prefect.FlowFilter{ProjectID: b.projectID})
				if err != nil {
					return fmt.Errorf("list flows: %w", err)
				}
				flowRun, err := b.Client.GetFlowRun(ctx, runID)
				state := "deleted"
				if err == nil {
					state = flowRun.State
				}
				switch {
				case policy == "delete" && (len(flows) != 0 || state != "deleted"):
					return fmt.Errorf("%d versions are left, the run is %s", len(flows), state)
				case policy == "archive" && (len(flows) != 1 || !flows[0].Archived || state != "Cancelled"):
					return fmt.Errorf("after archiving: %v, the run is %s", flows, state)
				case policy == "abandon" && (len(flows) != 1 || flows[0].Archived || state != "Scheduled"):
					return fmt.Errorf("after abandoning: %v, the run is %s", flows, state)
				}
				return nil
			})
		})
	}
}

// Deleting waits for runs, and leaves everything when they do not end.
func TestAccFlowDeleteWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := func(timeout string) string {
		return b.config(flow.TestFlow(t, "etl", nil), `deletion_policy = "delete"`, fmt.Sprintf("timeouts = { delete = %q }", timeout))
	}
	var runID string
	set := func(state string) {
		const mutation = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }`
		input := map[string]any{"states": []any{map[string]any{"flow_run_id": runID, "state": map[string]any{"type": state, "message": "test"}}}}
		if err := b.Client.Do(context.Background(), mutation, map[string]any{"input": input}, nil); err != nil {
			t.Error(err)
		}
	}
	run(t,
		resource.TestStep{Config: config("4s")},
		resource.TestStep{
			PreConfig: func() { runID = b.run(b.group("etl")); set("Submitted"); set("Running") },
			Config:    config("4s"), Destroy: true,
			ExpectError: acctest.Says("Could not delete flow", "1 run did not finish within", "Cancelling"),
		},
		resource.TestStep{PreConfig: func() { set("Cancelled") }, Config: config("5m")},
		resource.TestStep{Config: config("5m"), Destroy: true, Check: b.versions("etl", 0)},
	)
}

// Several flows at once, and two resources for one.
func TestAccFlowConcurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(b.PrefectServer, nil))
	for i := range 8 {
		config.WriteString(b.block(fmt.Sprintf("f%d", i), flow.TestFlow(t, fmt.Sprintf("flow-%d", i), nil)))
	}
	run(t,
		resource.TestStep{Config: config.String()},
	)
}

func TestAccFlowTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := flow.TestFlow(t, "etl", nil), flow.TestFlow(t, "etl", flow.WithTag("two"))
	said := acctest.Says(`Two resources for flow "etl"`)
	provider := acctest.ProviderConfig(b.PrefectServer, nil)
	const projects = "resource \"prefect_project\" \"new\" {\n  name = \"new\"\n  force_destroy = true\n}\n"
	inNew := func(config string) string {
		return strings.ReplaceAll(config, fmt.Sprintf("%q", b.projectID), "prefect_project.new.id")
	}
	run(t,
		resource.TestStep{Config: provider + b.block("one", one) + b.block("two", two), PlanOnly: true, ExpectError: said},
		// Not known at plan: refused when the second is about to be registered.
		resource.TestStep{Config: provider + projects + inNew(b.block("one", one)+b.block("two", two)), ExpectError: said},
	)
	// One is there already. A new one in its place would be a rename without a moved block, which is refused as such.
	run(t,
		resource.TestStep{Config: provider + b.block("one", one)},
		resource.TestStep{Config: provider + b.block("one", one) + b.block("two", two), PlanOnly: true, ExpectError: said},
		resource.TestStep{Config: provider + b.block("one", one) + b.block("two", one), PlanOnly: true, ExpectError: said},
		resource.TestStep{Config: provider + b.block("two", two), PlanOnly: true, ExpectError: acctest.Says(`The plan destroys flow "etl"`, "at one address and keeps it at another")},
		resource.TestStep{Config: provider + b.block("one", one, `deletion_policy = "delete"`)},
	)
	run(t, resource.TestStep{
		Config: provider + b.block("one", one) + b.block("two", two, `version_group_id = "two"`), Check: func(*terraform.State) error {
			flows, err := b.Client.ListFlows(context.Background(), prefect.FlowFilter{ProjectID: b.projectID, Name: "etl"})
			if err != nil || len(flows) != 2 {
				return fmt.Errorf("%d flows: %w", len(flows), err)
			}
			return nil
		},
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction("prefect_flow.one", plancheck.ResourceActionCreate),
		}},
	})
}

// A plan that registers nothing sends one small request a flow.
func TestAccFlowRequests(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	b := benchOn(t, server)
	config := b.config(flow.TestFlow(t, "etl", nil))
	run(t,
		resource.TestStep{Config: config},
		resource.TestStep{PreConfig: server.Server.ResetRequests, Config: config, PlanOnly: true},
	)
	for _, r := range server.Server.Requests() {
		if r.Operation == "SerializedFlow" {
			t.Error("a refresh fetches the serialised flow")
		}
	}
}
