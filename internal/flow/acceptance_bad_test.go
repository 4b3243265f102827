package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// The plan refuses wrong inputs, at the attribute that is wrong.
func TestAccFlowBadInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := flow.TestFlow(t, "etl", nil)
	edit := func(change func(f map[string]any)) string { return flow.TestFlow(t, "etl", change) }
	kubernetes := func(line string) string { return "run_config = { kubernetes = { " + line + " } }" }
	template := func(job string) string { return kubernetes("job_template = jsonencode(" + job + ")") }
	const pod = `spec = { template = { spec = { containers = [{ name = "flow" }] } } }`
	task := func(f map[string]any, i int) map[string]any { return flow.Object(flow.List(f["tasks"])[i]) }

	cases := map[string]struct {
		flow  string
		lines []string
	}{
		"not JSON":        {flow: "flows: []"},
		"cut off":         {flow: good[:len(good)-5]},
		"empty":           {flow: ""},
		"a list":          {flow: "[]"},
		"something else":  {flow: `{"a": 1}`},
		"version 2":       {flow: flow.Document(t, 2, good)},
		"no version":      {flow: `{"flows": []}`},
		"no flows":        {flow: flow.Document(t, 1)},
		"unknown name":    {flow: flow.Document(t, 1, good), lines: []string{`name = "none"`}},
		"wrong name":      {flow: good, lines: []string{`name = "other"`}},
		"several flows":   {flow: flow.Document(t, 1, good, flow.TestFlow(t, "b", nil))},
		"two of one name": {flow: flow.Document(t, 1, good, good), lines: []string{`name = "etl"`}},
		"no flow name":    {flow: edit(func(f map[string]any) { f["name"] = "" })},
		"duplicate slugs": {flow: edit(func(f map[string]any) { task(f, 1)["slug"] = "extract-1" })},
		"edge to nowhere": {flow: edit(func(f map[string]any) { task(f, 1)["slug"] = "other-1" })},
		"unknown storage": {flow: edit(func(f map[string]any) { f["storage"] = map[string]any{"type": "Cellar"} })},
		"short interval": {flow: edit(func(f map[string]any) {
			f["schedule"] = map[string]any{"clocks": []any{map[string]any{"type": "IntervalClock", "interval": 1000000}}}
		})},
		"invalid cron": {flow: edit(flow.WithCron("every day", nil))},
		"serialised run config": {flow: edit(func(f map[string]any) {
			f["run_config"] = map[string]any{"type": "KubernetesRun", "cpu_limit": "x", "labels": []any{}}
		})},
		"blank project":           {flow: good, lines: []string{`version_group_id = " "`}},
		"empty label":             {flow: good, lines: []string{`labels = [""]`}},
		"null label":              {flow: good, lines: []string{`labels = ["a", null]`}},
		"deletion policy":         {flow: good, lines: []string{`deletion_policy = "burn"`}},
		"timeout":                 {flow: good, lines: []string{`timeouts = { delete = "soon" }`}},
		"two templates":           {flow: good, lines: []string{kubernetes(`job_template = "{}", job_template_path = "x.yaml"`)}},
		"template not JSON":       {flow: good, lines: []string{kubernetes(`job_template = "kind: Job"`)}},
		"template a list":         {flow: good, lines: []string{kubernetes(`job_template = "[]"`)}},
		"template not a Job":      {flow: good, lines: []string{template(`{ kind = "Pod", ` + pod + ` }`)}},
		"template of another API": {flow: good, lines: []string{template(`{ apiVersion = "batch/v2", ` + pod + ` }`)}},
		"template unknown field":  {flow: good, lines: []string{template(`{ spec = { backofLimit = 1, template = { spec = { containers = [{ name = "flow" }] } } } }`)}},
		"template wrong type":     {flow: good, lines: []string{template(`{ spec = { backoffLimit = "many", template = { spec = {} } } }`)}},
		"template without a pod":  {flow: good, lines: []string{template(`{ kind = "Job", spec = {} }`)}},
		"template scheme":         {flow: good, lines: []string{kubernetes(`job_template_path = "ftp://host/job.yaml"`)}},
		"cpu limit":               {flow: good, lines: []string{kubernetes(`cpu_limit = "two"`)}},
		"memory request":          {flow: good, lines: []string{kubernetes(`memory_request = "1 GB"`)}},
		"negative":                {flow: good, lines: []string{kubernetes(`memory_limit = "-1Gi"`)}},
		"request over limit":      {flow: good, lines: []string{kubernetes(`cpu_request = "2", cpu_limit = "1"`)}},
		"pull policy":             {flow: good, lines: []string{kubernetes(`image_pull_policy = "Sometimes"`)}},
		"image":                   {flow: good, lines: []string{kubernetes(`image = ""`)}},
		"environment":             {flow: good, lines: []string{kubernetes(`env = { "A=B" = "x" }`)}},
		"service account":         {flow: good, lines: []string{kubernetes(`service_account_name = "Not A Name"`)}},
		"pull secret":             {flow: good, lines: []string{kubernetes(`image_pull_secrets = ["a_b"]`)}},
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
	recording := acctest.Record(t, t.Name())
	resources := map[string]string{}
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(b.PrefectServer, nil))
	for name, c := range cases {
		resources[name] = fmt.Sprintf("case%d", len(resources))
		config.WriteString(b.block(resources[name], c.flow, c.lines...))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config.String(), PlanOnly: true}},
		ErrorCheck: func(err error) error {
			recording.AddErrors("prefect_flow", err, resources)
			return nil
		},
	})
	// Terraform itself refuses this, in words that differ between its versions.
	run(t, resource.TestStep{Config: b.config(good, `run_config = {}`), PlanOnly: true, ExpectError: acctest.Says("kubernetes", "required")})
}

// What the flow and the Server decide together is refused by the plan, too.
func TestAccFlowBadSchedule(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lacks := flow.TestFlow(t, "etl", flow.AllOf(flow.WithCron("0 0 * * *", nil), flow.WithParameter("n", nil)))
	refused := func(text, title string) resource.TestStep {
		return resource.TestStep{Config: b.config(text, "schedule_active = true"), PlanOnly: true, ExpectError: acctest.Recorded(title)}
	}
	run(t,
		refused(flow.TestFlow(t, "etl", nil), "no schedule"),
		refused(lacks, "a missing parameter"),
		// Not asked for: registered, inactive.
		resource.TestStep{Config: b.config(lacks), ConfigStateChecks: []statecheck.StateCheck{known("schedule_active", knownvalue.Null())}},
		refused(lacks, "a missing parameter of a registered flow"),
	)
}

// Projects that are not there, or not in reach.
func TestAccFlowBadProject(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := flow.TestFlow(t, "etl", nil)
	project := func(id string) string { return strings.ReplaceAll(b.config(good), b.projectID, id) }
	other := acctest.AnotherTenant(t, b.PrefectServer)
	foreign, err := other.Client.CreateProject(t.Context(), "foreign", nil)
	if err != nil {
		t.Fatal(err)
	}
	run(t,
		resource.TestStep{Config: project("exampleProject"), PlanOnly: true, ExpectError: acctest.Recorded("a name")},
		resource.TestStep{
			Config: project("6f6b0e0e-0000-4000-8000-00000000000f"), PlanOnly: true,
			ExpectError: acctest.Recorded("no project"),
		},
		resource.TestStep{Config: project(foreign), PlanOnly: true, ExpectError: acctest.Recorded("a project of another tenant")},
		resource.TestStep{Config: b.config(good), Check: b.versions("etl", 1)},
		resource.TestStep{Config: project(foreign), ExpectError: acctest.Says("Could not move flow", "project_id", "belong to the tenant")},
		resource.TestStep{Config: b.config(good), ConfigPlanChecks: nothing(), Check: b.versions("etl", 1)},
	)
}

// A flow in a project of another tenant than the provider's.
func TestAccFlowOfAnotherTenant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := benchOn(t, acctest.AnotherTenant(t, b.PrefectServer))
	text := flow.TestFlow(t, "etl", nil)
	config := strings.ReplaceAll(b.config(text, fmt.Sprintf("tenant_id = %q", other.TenantID)), b.projectID, other.projectID)
	run(t,
		resource.TestStep{Config: config, Check: other.versions("etl", 1)},
		resource.TestStep{
			Config: config, ResourceName: address, ImportState: true, ImportStateId: other.TenantSlug + "/flows/etl",
			ImportStateVerify: true, ImportStateVerifyIgnore: []string{"flow_json", "labels"},
		},
	)
}
