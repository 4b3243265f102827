package flowrun_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlowRun_carriesOnWhenTainted fails a creation by a deadline and applies
// again: Terraform deletes and creates the tainted object, but the run stays,
// whatever on_destroy says and in whichever order Terraform does it.
func TestAccFlowRun_carriesOnWhenTainted(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"cancel":                {`on_destroy = "cancel"`},
		"delete":                {`on_destroy = "delete"`},
		"create before destroy": {`on_destroy = "delete"`, "lifecycle {\n create_before_destroy = true\n }"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.serve(b.starts)
			lines = append(lines, `timeouts = { total = "1s", stop = "5s" }`)
			var id string
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{
					{Config: b.config(lines...), ExpectError: acctest.Says(`did not finish within 1s`)},
					{
						PreConfig: func() {
							runs := b.runs()
							if len(runs) != 1 || runs[0].State != "Running" {
								t.Fatalf("got %+v", runs)
							}
							id = runs[0].ID
							b.set(id, "Success", "in its own time")
						},
						Config: b.config(lines...), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
						ConfigStateChecks: []statecheck.StateCheck{
							value("state_message", knownvalue.StringExact("in its own time")),
							value("id", knownvalue.StringFunc(func(got string) error {
								if got != id {
									return fmt.Errorf("another run: %s, not %s", got, id)
								}
								return nil
							})),
						},
					},
				},
			})
		})
	}
}

// TestAccFlowRun_changedWhenTainted changes an input after a failed creation: the
// old run is dealt with as on_destroy says, and a new one starts.
func TestAccFlowRun_changedWhenTainted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(func(run prefect.FlowRun) {
		if run.Name == "second" {
			b.ends("Success", "")(run)
			return
		}
		b.starts(run)
		b.stopsWhenAsked(run.ID)
	})
	lines := func(name, total string) string {
		return b.config(`on_destroy = "cancel"`, fmt.Sprintf("name = %q\ntimeouts = { total = %q }", name, total))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: lines("first", "1s"), ExpectError: acctest.Says("did not finish within")},
			{Config: lines("second", "1m"), Check: b.total(2)},
		},
	})
	if runs := b.runs(); runs[0].State != "Cancelled" || runs[1].State != "Success" {
		t.Errorf("got %s and %s", runs[0].State, runs[1].State)
	}
}

// TestAccFlowRun_scheduled changes what can be changed while the run waits for
// its time.
func TestAccFlowRun_scheduled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const later = `scheduled_start_time = "2040-01-02T03:04:05+01:00"`
	const none = `wait_for = "none"`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: b.config(later, none, `labels = ["a"]`), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("scheduled_start_time", knownvalue.StringExact("2040-01-02T03:04:05+01:00"))},
			},
			{ // the same instant
				Config:           b.config(`scheduled_start_time = "2040-01-02T02:04:05Z"`, none, `labels = ["a"]`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config: b.config(later, none, `labels = ["b", "a"]`), ConfigPlanChecks: action(plancheck.ResourceActionUpdate), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{value("labels", knownvalue.SetSizeExact(2))},
			},
			{Config: b.config(later, none, `labels = []`), ConfigPlanChecks: action(plancheck.ResourceActionUpdate), Check: b.total(1)},
			{
				Config:           b.config(`scheduled_start_time = "2041-01-02T02:04:05Z"`, none, `labels = []`),
				ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.total(2),
			},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"wait_for", "run_config"}},
		},
	})
}

// TestAccFlowRun_import takes over runs that something else started. The plan is
// empty, for a run that goes on too, and whether or not the inputs are repeated.
func TestAccFlowRun_import(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"nothing said": nil,
		"inputs repeated": {
			`name = "manual"`, `parameters = jsonencode({ y = [1] })`, `context = jsonencode({ c = true })`, `labels = ["z"]`,
			`run_config = { kubernetes = { image = "img:2", env = { A = "b" }, labels = [] } }`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "x=1", "y=2")
			id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{
				FlowID: b.flow, Name: "manual", Parameters: []byte(`{"y": [1]}`), Context: []byte(`{"c": true}`), Labels: []string{"z"},
				RunConfig: encode(t, kubernetesRun(map[string]any{"image": "img:2", "env": map[string]any{"A": "b"}})),
			})
			if err != nil {
				t.Fatal(err)
			}
			b.starts(prefect.FlowRun{ID: id})
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{
					{
						Config: b.config(lines...), ResourceName: address, ImportState: true, ImportStatePersist: true, ImportStateId: "manual",
					},
					{
						Config: b.config(lines...), Check: b.total(1),
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
					},
				},
			})
		})
	}
	t.Run("ambiguous name", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		for range 2 {
			if _, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: "twin"}); err != nil {
				t.Fatal(err)
			}
		}
		acctest.Run(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			Steps: []resource.TestStep{
				{
					Config: b.config(), ResourceName: address, ImportState: true, ImportStateId: "twin",
					ExpectError: acctest.Recorded("two runs of a name"),
				},
				{
					Config: b.config(), ResourceName: address, ImportState: true, ImportStateId: "nobody",
					ExpectError: acctest.Recorded("no run of a name"),
				},
			},
		})
	})
}

// TestAccFlowRun_ownKey shares a run with something else by a key.
func TestAccFlowRun_ownKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	b.serve(b.ends("Success", ""))
	id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, IdempotencyKey: "build-17"})
	if err != nil {
		t.Fatal(err)
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: b.config(`idempotency_key = "build-17"`, `name = "shared"`), ConfigPlanChecks: emptyPlan(), Check: b.total(1),
				ConfigStateChecks: []statecheck.StateCheck{value("id", knownvalue.StringExact(id)), value("name", knownvalue.StringExact("shared"))},
			},
			{
				Config:      b.config(`idempotency_key = "build-17"`, `name = "shared"`, `labels = ["other"]`),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:           b.config(`idempotency_key = "build-18"`),
				ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.total(2),
			},
		},
	})
}

func TestAccFlowRunDataSource(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	ended := make(chan struct{})
	b.serve(func(run prefect.FlowRun) { b.ends("Success", "done")(run); close(ended) })
	id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: b.flow, Name: "looked-up"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the run does not end")
	}
	const source = "data.prefect_flow_run.test"
	config := func(line string) string {
		return acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf("data \"prefect_flow_run\" \"test\" {\n  %s\n}\n", line)
	}
	other := benchOn(t, acctest.AnotherTenant(t, b.PrefectServer), flowJSON("etl"))
	theirs, err := other.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: other.flow, Name: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	fails := func(title, lines string) resource.TestStep {
		return resource.TestStep{Config: config(lines), ExpectError: acctest.Recorded(title)}
	}
	steps := make([]resource.TestStep, 0, 12)
	steps = append(steps,
		fails("no such run", `name = "nobody"`),
		fails("no argument", ``),
		fails("id in another tenant", fmt.Sprintf("id = %q", theirs)),
		fails("name in another tenant", `name = "theirs"`),
		fails("flow in another tenant", fmt.Sprintf("version_group_id = %q", other.group)),
	)
	check := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(source, tfjsonpath.New(attribute), check)
	}
	for _, line := range []string{fmt.Sprintf("id = %q", theirs), `name = "theirs"`, fmt.Sprintf("version_group_id = %q", other.group)} {
		steps = append(steps, resource.TestStep{
			Config: config(fmt.Sprintf("tenant_id = %q\n  %s", other.TenantID, line)),
			ConfigStateChecks: []statecheck.StateCheck{
				check("id", knownvalue.StringExact(theirs)), check("tenant_id", knownvalue.StringExact(other.TenantID)),
				check("states", knownvalue.ListSizeExact(1)),
			},
		})
	}
	for _, line := range []string{
		fmt.Sprintf("id = %q", id), `name = "looked-up"`, fmt.Sprintf("flow_id = %q", b.flow), fmt.Sprintf("version_group_id = %q", b.group),
	} {
		steps = append(steps, resource.TestStep{Config: config(line), ConfigStateChecks: []statecheck.StateCheck{
			check("id", knownvalue.StringExact(id)),
			check("tenant_id", knownvalue.StringExact(b.TenantID)),
			check("name", knownvalue.StringExact("looked-up")),
			check("state", knownvalue.StringExact("Success")),
			check("finished", knownvalue.Bool(true)),
			check("parameters", knownvalue.StringExact(`{"x": "1"}`)),
			check("run_config", knownvalue.NotNull()),
			check("states", knownvalue.ListSizeExact(4)),
			check("logs", knownvalue.ListSizeExact(1)),
		}})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
