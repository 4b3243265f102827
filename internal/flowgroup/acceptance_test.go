package flowgroup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const everything = `
  description        = "nightly *loads*"
  labels             = ["b", "a"]
  default_parameters = jsonencode({ n = 1, x = [1.5, null] })
  run_config = { kubernetes = {
    image = "etl:1", env = { A = "1" }, cpu_limit = "500m", labels = ["k8s"]
    job_template = jsonencode({ apiVersion = "batch/v1", kind = "Job", spec = { template = { spec = { containers = [{ name = "flow" }] } } } })
  } }
  schedule = {
    timezone = "Europe/Berlin"
    clocks = [
      { interval = "90m" },
      { cron = "0 6 * * 1-5", parameter_defaults = jsonencode({ n = 2 }) },
    ]
  }
  schedule_active = true
  heartbeat       = false
  lazarus         = false
`

// TestAccFlowGroup sets everything, changes everything, and gives everything
// back; each time the second plan is empty.
func TestAccFlowGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := resource.TestStep{
		Config:           b.config(everything),
		ConfigPlanChecks: action(plancheck.ResourceActionCreate),
		ConfigStateChecks: []statecheck.StateCheck{
			known("id", knownvalue.StringExact(b.group().ID)),
			known("tenant_id", knownvalue.StringExact(b.TenantID)),
			known("labels", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("a"), knownvalue.StringExact("b")})),
			known("schedule_active", knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("schedule").AtMapKey("clocks").AtSliceIndex(0).AtMapKey("interval"), knownvalue.StringExact("90m")),
		},
		Check: resource.ComposeAggregateTestCheckFunc(b.isActive(true), b.on(
			`description "nightly *loads*"`, `labels ["a" "b"]`, `"image":"etl:1"`, `"x":[1.5,null]`, `"interval":5400000000`, `"tz":"Europe/Berlin"`,
			"heartbeat false lazarus false")),
	}
	changed := resource.TestStep{
		Config: b.config(`
  description        = ""
  labels             = []
  default_parameters = "{}"
  run_config         = { kubernetes = {} }
  schedule           = { clocks = [] }
  schedule_active    = false
  heartbeat          = true
  lazarus            = true
`),
		ConfigPlanChecks: inPlace(),
		ConfigStateChecks: []statecheck.StateCheck{
			known("description", knownvalue.StringExact("")), known("labels", knownvalue.SetSizeExact(0)),
			known("default_parameters", knownvalue.StringExact("{}")),
		},
		Check: resource.ComposeAggregateTestCheckFunc(b.isActive(false), b.on(
			`description ""`, `labels []`, `"image":null`, `parameters {}`, `"clocks":[]`, "heartbeat true lazarus true")),
	}
	none := resource.TestStep{
		Config:           b.config(),
		ConfigPlanChecks: inPlace(),
		ConfigStateChecks: []statecheck.StateCheck{
			known("description", knownvalue.Null()), known("labels", knownvalue.Null()), known("run_config", knownvalue.Null()),
			known("default_parameters", knownvalue.Null()), known("schedule", knownvalue.Null()), known("schedule_active", knownvalue.Null()),
			known("heartbeat", knownvalue.Null()), known("lazarus", knownvalue.Null()),
		},
		Check: resource.ComposeAggregateTestCheckFunc(b.isActive(false), b.on(defaults)),
	}
	again := set
	again.ConfigPlanChecks = inPlace()
	run(b, set, changed, again, none, again)
	if got := b.settings(); !strings.Contains(got, defaults) {
		t.Errorf("after destroying: %s", got)
	}
	if err := b.isActive(false)(nil); err != nil {
		t.Errorf("after destroying: %v", err)
	}
}

// A replacement is planned twice, which does not make it two resources for one
// group; two that are replaced at a time still are.
func TestAccFlowGroup_replaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const lifecycle = "lifecycle { replace_triggered_by = [terraform_data.version] }"
	config := func(version string, more ...string) string {
		return b.config(`description = "mine"`, lifecycle) + fmt.Sprintf("resource \"terraform_data\" \"version\" {\n  input = %q\n}\n", version) +
			strings.Join(more, "")
	}
	mine := strings.Replace(defaults, "description null", `description "mine"`, 1)
	run(b,
		resource.TestStep{Config: config("1"), ConfigPlanChecks: action(plancheck.ResourceActionCreate), Check: b.on(mine)},
		resource.TestStep{Config: config("2"), ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.on(mine)},
		resource.TestStep{Config: config("3"), ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.on(mine)},
		resource.TestStep{Config: config("4", b.block("other")), PlanOnly: true, ExpectError: acctest.Recorded()},
	)
}

// TestAccFlowGroup_unmanaged leaves alone what is not configured, also when the
// resource is destroyed.
func TestAccFlowGroup_unmanaged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, c, id := t.Context(), b.Client, b.group().ID
	text := "from the UI"
	if err := errors.Join(
		c.SetFlowGroupDescription(ctx, id, &text), c.SetFlowGroupDefaultParameters(ctx, id, []byte(`{"ui": 1}`)),
		c.SetFlowGroupRunConfig(ctx, id, []byte(`{"type": "DockerRun", "labels": []}`)), c.SetHeartbeat(ctx, b.flowID, false),
	); err != nil {
		t.Fatal(err)
	}
	const others = `description "from the UI" labels %s run_config {"type":"DockerRun","labels":[]} parameters {"ui":1} schedule  heartbeat false lazarus true`
	mine := b.config(`labels = ["mine"]`)
	run(b,
		resource.TestStep{Config: mine, Check: b.on(fmt.Sprintf(others, `["mine"]`))},
		resource.TestStep{
			PreConfig: b.behind(func(ctx context.Context, group *prefect.FlowGroup) error {
				return c.SetFlowGroupSchedule(ctx, group.ID, prefect.FlowGroupSchedule{CronClocks: []prefect.CronClock{{Cron: "0 0 * * *"}}})
			}),
			Config: mine, ConfigPlanChecks: nothing(),
		},
		resource.TestStep{
			PreConfig: b.behind(func(ctx context.Context, group *prefect.FlowGroup) error {
				return c.DeleteFlowGroupSchedule(ctx, group.ID)
			}),
			Config: mine, ConfigPlanChecks: nothing(),
		},
		resource.TestStep{Config: b.config(), ConfigPlanChecks: inPlace(), Check: b.on(fmt.Sprintf(others, "null"))},
		resource.TestStep{Config: mine},
	)
	if got, want := b.settings(), fmt.Sprintf(others, "null"); got != want {
		t.Errorf("after destroying: %s\nwant: %s", got, want)
	}
}

// TestAccFlowGroup_drift puts back what others change, and adopts nothing else.
func TestAccFlowGroup_drift(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run(b,
		resource.TestStep{Config: b.config(everything)},
		resource.TestStep{
			PreConfig: b.behind(func(ctx context.Context, group *prefect.FlowGroup) error {
				return errors.Join(
					b.Client.SetFlowGroupDescription(ctx, group.ID, nil), b.Client.SetFlowGroupLabels(ctx, group.ID, nil),
					b.Client.SetFlowGroupRunConfig(ctx, group.ID, []byte(`{"type": "DockerRun"}`)),
					b.Client.SetFlowGroupDefaultParameters(ctx, group.ID, []byte(`{"n": 2}`)),
					b.Client.SetFlowGroupSchedule(ctx, group.ID, prefect.FlowGroupSchedule{CronClocks: []prefect.CronClock{{Cron: "0 0 * * *"}}}),
					b.Client.SetScheduleInactive(ctx, b.flowID), b.Client.SetHeartbeat(ctx, b.flowID, true), b.Client.SetLazarus(ctx, b.flowID, true))
			}),
			Config: b.config(everything), ConfigPlanChecks: inPlace(),
			Check: resource.ComposeAggregateTestCheckFunc(b.isActive(true), b.on(
				`description "nightly *loads*"`, `labels ["a" "b"]`, `"image":"etl:1"`, `"x":[1.5,null]`, `"interval":5400000000`, "heartbeat false lazarus false")),
		},
		resource.TestStep{ // the same moment of the day, set by somebody else
			PreConfig: b.behind(func(ctx context.Context, group *prefect.FlowGroup) error {
				return b.Client.SetFlowGroupSchedule(ctx, group.ID, prefect.FlowGroupSchedule{
					Timezone: "Europe/Berlin", CronClocks: []prefect.CronClock{{Cron: "0 6 * * 1-5", ParameterDefaults: []byte(`{"n":2}`)}},
					IntervalClocks: []prefect.IntervalClock{{Interval: 90 * 60e9}},
				})
			}),
			Config: b.config(everything), ConfigPlanChecks: nothing(),
		},
	)
}

// TestAccFlowGroup_meaning rewrites the configuration without changing what it
// means. What Terraform insists on showing changes nothing on the Server.
func TestAccFlowGroup_meaning(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.config(`default_parameters = jsonencode({ a = 1, b = { c = "é" } })`,
		`schedule = { timezone = "UTC", clocks = [{ interval = "60m" }, { cron = "0  6 * * *", parameter_defaults = "{\"x\": 1, \"y\": 2}" }] }`,
		`run_config = { kubernetes = { labels = ["x", "y"], job_template = jsonencode({ spec = { template = { spec = { containers = [{ name = "flow" }] } } } }) } }`)
	after := b.config(`default_parameters = " {\"b\": {\"c\": \"\\u00e9\"},\n\"a\": 1 }"`,
		`schedule = { timezone = "UTC", clocks = [{ interval = "1h" }, { cron = "0 6 * * *", parameter_defaults = "{\"y\":2,\"x\":1}" }] }`,
		`run_config = { kubernetes = { labels = ["y", "x"], job_template = "{\"spec\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"flow\"}]}}}}" } }`)
	reordered := b.config(`schedule = { timezone = "UTC", clocks = [{ cron = "0 6 * * *", parameter_defaults = "{\"y\":2,\"x\":1}" }, { interval = "1h" }] }`,
		`default_parameters = jsonencode({ a = 1, b = { c = "é" } })`, `run_config = { kubernetes = { labels = ["x", "y"], env = null, job_template = jsonencode({ spec = { template = { spec = { containers = [{ name = "flow" }] } } } }) } }`)
	var stamped string
	same := func(*terraform.State) error {
		if got := b.settings(); got != stamped {
			return fmt.Errorf("the settings have changed from\n%s\nto\n%s", stamped, got)
		}
		return nil
	}
	run(b,
		resource.TestStep{Config: before, Check: func(*terraform.State) error { stamped = b.settings(); return nil }},
		resource.TestStep{Config: after, ConfigPlanChecks: nothing()},
		resource.TestStep{Config: reordered, ConfigPlanChecks: inPlace(), Check: same},
		resource.TestStep{Config: reordered, ConfigPlanChecks: nothing(), Check: same},
	)
}

// TestAccFlowGroup_import adopts what is there: by group, by version group, by
// identity.
func TestAccFlowGroup_import(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	by := func(id string) resource.TestStep {
		return resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: id,
			// Clocks come in the Server's order, JSON in a text of its own; the switch is not adopted.
			ImportStateVerifyIgnore: []string{"schedule", "schedule_active", "default_parameters", "run_config.kubernetes.job_template"},
		}
	}
	bad := func(id string) resource.TestStep {
		step := by(id)
		step.ExpectError = acctest.Recorded()
		return step
	}
	run(b, resource.TestStep{Config: b.config(everything)}, by(""), by(b.version), by(b.group().ID), bad("6f6b0e0e-0000-4000-8000-00000000000f"), bad("none/etl"))
}

// TestAccFlowGroup_importBlock has an empty plan after an import of a
// configuration that says the same.
func TestAccFlowGroup_importBlock(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{
		"nothing":    "",
		"everything": strings.Replace(everything, "  schedule_active = true\n", "", 1),
		"empty":      "description = \"\"\n labels = []\n run_config = { kubernetes = { labels = [] } }\n schedule = { clocks = [] }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			setUp := b.config(settings)
			config := strings.Replace(b.config(settings), "{ interval = \"90m\" },\n", "", 1)
			setUp = strings.Replace(setUp, "{ interval = \"90m\" },\n", "", 1)
			run(b,
				resource.TestStep{Config: setUp},
				resource.TestStep{Config: acctest.ProviderConfig(b.PrefectServer, nil) + "removed {\n from = " + address + "\n lifecycle { destroy = false }\n}\n"},
				resource.TestStep{
					Config: config + fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", address, b.version), ConfigPlanChecks: action(plancheck.ResourceActionNoop),
				},
				resource.TestStep{Config: config, ConfigPlanChecks: nothing()},
			)
			if got := b.settings(); got != defaults {
				t.Errorf("after destroying what was imported: %s", got)
			}
		})
	}
}

// TestAccFlowGroup_identity needs the resource identity of Terraform 1.12.
func TestAccFlowGroup_identity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:            b.config(`labels = ["a"]`),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentityValueMatchesState(address, tfjsonpath.New("id"))},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// TestAccFlowGroup_disappears deletes the group, with its flow, behind
// Terraform's back.
func TestAccFlowGroup_disappears(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := b.config(`labels = []`)
	remove := b.behind(func(ctx context.Context, group *prefect.FlowGroup) error {
		return b.Client.DeleteFlowGroup(ctx, group.ID)
	})
	run(b,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: func() { remove(); b.register() },
			Config:    config, ConfigPlanChecks: action(plancheck.ResourceActionCreate), Check: b.on("labels []"),
		},
		resource.TestStep{
			PreConfig: remove,
			Config:    config, ExpectError: acctest.Recorded(),
		},
	)
}

// TestAccFlowGroup_otherGroup moves the resource to another flow.
func TestAccFlowGroup_otherGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := *b
	other.version = "a/version group"
	other.register()
	run(b,
		resource.TestStep{Config: b.config(`labels = ["x"]`)},
		resource.TestStep{
			Config: other.config(`labels = ["x"]`), ConfigPlanChecks: action(plancheck.ResourceActionDestroyBeforeCreate),
			Check: resource.ComposeAggregateTestCheckFunc(b.on("labels null"), other.on(`labels ["x"]`)),
		},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: other.version},
	)
}

// TestAccFlowGroup_tenant manages a flow of another tenant.
func TestAccFlowGroup_tenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, acctest.AnotherTenant(t, server))
	config := acctest.ProviderConfig(server, nil) + b.block("test", fmt.Sprintf("tenant_id = %q", b.TenantID), `labels = ["x"]`)
	run(b,
		resource.TestStep{Config: strings.Replace(config, "tenant_id", "# ", 1), ExpectError: acctest.Recorded()},
		resource.TestStep{Config: config, Check: b.on(`labels ["x"]`)},
		resource.TestStep{Config: config, ResourceName: address, ImportState: true, ImportStateVerify: true},
	)
}

// TestAccFlowGroup_importOfSeveralTenants takes the group of the provider's tenant
// if there is one, and none of several others.
func TestAccFlowGroup_importOfSeveralTenants(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	name := acctest.Name("versions")
	benches := []*bench{benchOn(t, acctest.AnotherTenant(t, server)), benchOn(t, acctest.AnotherTenant(t, server)), benchOn(t, acctest.AnotherTenant(t, server))}
	for _, b := range benches[:2] {
		b.version = name
		b.register()
	}
	step := func(from *bench, want error) resource.TestStep {
		return resource.TestStep{
			Config: acctest.ProviderConfig(from.PrefectServer, nil) + benches[0].block("test"), ResourceName: address, ImportState: true, ImportStateId: name,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				if len(states) != 1 || states[0].Attributes["tenant_id"] != from.TenantID {
					return fmt.Errorf("imported %v", states)
				}
				return want
			},
		}
	}
	refused := step(benches[2], errors.New("several groups have this name"))
	refused.ExpectError = acctest.Recorded()
	run(benches[0], step(benches[0], nil), step(benches[1], nil), refused)
}

// TestAccFlowGroup_unknownTenants manages groups of the same name in tenants that
// are not known before the apply.
func TestAccFlowGroup_unknownTenants(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, server)
	other := benchOn(t, acctest.AnotherTenant(t, server))
	other.version = b.version
	other.register()
	in := func(name, tenant string) string {
		return fmt.Sprintf("resource \"terraform_data\" %q {\n  input = %q\n}\n", name, tenant) +
			b.block(name, fmt.Sprintf("tenant_id = terraform_data.%s.output", name), fmt.Sprintf("labels = [%q]", name))
	}
	config := acctest.ProviderConfig(server, nil) + in("one", b.TenantID) + in("two", other.TenantID)
	run(b, resource.TestStep{Config: config, Check: resource.ComposeAggregateTestCheckFunc(b.on(`labels ["one"]`), other.on(`labels ["two"]`))})
}
