package flowgroup_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const address = "prefect_flow_group.test"

// bench is a Server with a flow, whose group the tests manage.
type bench struct {
	*acctest.PrefectServer
	t         *testing.T
	projectID string
	version   string // version group
	flowID    string // its newest version
}

// newBench registers a flow; edit changes it before.
func newBench(t *testing.T, edit ...func(flow map[string]any)) *bench {
	t.Helper()
	return benchOn(t, acctest.Server(t), edit...)
}

func benchOn(t *testing.T, server *acctest.PrefectServer, edit ...func(flow map[string]any)) *bench {
	t.Helper()
	id, err := server.Client.CreateProject(t.Context(), "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{PrefectServer: server, t: t, projectID: id, version: uuid.NewString()}
	b.register(edit...)
	return b
}

// register adds a version.
func (b *bench) register(edit ...func(flow map[string]any)) {
	b.t.Helper()
	flow := document(edit...)
	id, err := b.Client.RegisterFlow(context.Background(), prefect.RegisterFlowInput{
		ProjectID: b.projectID, SerializedFlow: flow, VersionGroupID: b.version, SetScheduleActive: true,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.flowID = id
}

// document is a serialised flow.
func document(edit ...func(flow map[string]any)) map[string]any {
	flow := map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": "etl",
		"tasks": []any{}, "edges": []any{}, "parameters": []any{}, "reference_tasks": []any{}, "schedule": nil,
		"run_config":  map[string]any{"__version__": "1.4.1", "type": "UniversalRun", "env": nil, "labels": []any{"own"}},
		"storage":     map[string]any{"__version__": "1.4.1", "type": "Local"},
		"environment": nil,
	}
	for _, change := range edit {
		change(flow)
	}
	return flow
}

// requires gives the flow a required parameter.
func requires(name string) func(map[string]any) {
	return func(flow map[string]any) {
		flow["parameters"] = []any{map[string]any{"__version__": "1.4.1", "name": name, "slug": name, "required": true, "default": nil}}
	}
}

// hourly gives the flow a schedule of its own.
func hourly(flow map[string]any) {
	flow["schedule"] = map[string]any{"__version__": "1.4.1", "type": "Schedule", "clocks": []any{
		map[string]any{"__version__": "1.4.1", "type": "CronClock", "cron": "0 * * * *"},
	}}
}

// config is a configuration with the group's resource.
func (b *bench) config(lines ...string) string {
	return acctest.ProviderConfig(b.PrefectServer, nil) + b.block("test", lines...)
}

func (b *bench) block(name string, lines ...string) string {
	return fmt.Sprintf("resource \"prefect_flow_group\" %q {\n  version_group_id = %q\n  %s\n}\n", name, b.version, strings.Join(lines, "\n  "))
}

// group is the group as the Server has it.
func (b *bench) group() *prefect.FlowGroup {
	b.t.Helper()
	group, err := b.Client.FindFlowGroup(context.Background(), b.version)
	if err != nil {
		b.t.Fatal(err)
	}
	return group
}

// text is the settings on the Server, for comparison.
func (b *bench) settings() string {
	b.t.Helper()
	group := b.group()
	labels, description := "null", "null"
	if group.Labels != nil {
		labels = fmt.Sprintf("%q", slices.Sorted(slices.Values(group.Labels))) // the Server keeps them in any order
	}
	if group.Description != nil {
		description = fmt.Sprintf("%q", *group.Description)
	}
	return fmt.Sprintf("description %s labels %s run_config %s parameters %s schedule %s heartbeat %t lazarus %t",
		description, labels, group.RunConfig, group.DefaultParameters, group.Schedule,
		group.Settings.HeartbeatEnabled, group.Settings.LazarusEnabled)
}

const defaults = "description null labels null run_config  parameters {} schedule  heartbeat true lazarus true"

// on checks that the settings on the Server have all of the parts.
func (b *bench) on(parts ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		got := b.settings()
		for _, part := range parts {
			if !strings.Contains(got, part) {
				return fmt.Errorf("no %q in the settings on the Server: %s", part, got)
			}
		}
		return nil
	}
}

// isActive checks the switch of the schedule on the Server.
func (b *bench) isActive(want bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		newest, err := b.Client.LatestFlow(context.Background(), b.version)
		if err != nil {
			return err
		}
		if newest.IsScheduleActive != want {
			return fmt.Errorf("schedule of version %d: active %t, want %t", newest.Version, newest.IsScheduleActive, want)
		}
		return nil
	}
}

// behind changes the Server behind Terraform's back.
func (b *bench) behind(do func(ctx context.Context, group *prefect.FlowGroup) error) func() {
	return func() {
		if err := do(context.Background(), b.group()); err != nil {
			b.t.Error(err)
		}
	}
}

func run(b *bench, steps ...resource.TestStep) {
	b.t.Helper()
	acctest.Run(b.t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}

func known(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func nothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func action(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, a)}}
}

func inPlace() resource.ConfigPlanChecks { return action(plancheck.ResourceActionUpdate) }
