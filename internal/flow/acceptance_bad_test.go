package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// Wrong inputs are refused by the plan, at the attribute that is wrong, with the
// cause and what to do.
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
		says  []string
	}{
		"not JSON":        {flow: "flows: []", says: []string{"Not JSON", "flow_json", "line 1", "jsonencode"}},
		"cut off":         {flow: good[:len(good)-5], says: []string{"Not JSON", "flow_json"}},
		"empty":           {flow: "", says: []string{"Not JSON", "flow_json"}},
		"a list":          {flow: "[]", says: []string{"Not a build document", "flow_json", "must be a JSON object", "prefect build"}},
		"something else":  {flow: `{"a": 1}`, says: []string{"Not a build document", "flow_json", "must have a name"}},
		"version 2":       {flow: flow.Document(t, 2, good), says: []string{"Unsupported version", "flow_json", "version 2", "only version 1"}},
		"no version":      {flow: `{"flows": []}`, says: []string{"Not a build document", "flow_json", "must state its version"}},
		"no flows":        {flow: flow.Document(t, 1), says: []string{"No such flow", "contains no flow"}},
		"unknown name":    {flow: flow.Document(t, 1, good), lines: []string{`name = "none"`}, says: []string{"No such flow", "name =", `"none"`, `"etl"`}},
		"wrong name":      {flow: good, lines: []string{`name = "other"`}, says: []string{"No such flow", "name =", `"etl"`, `"other"`}},
		"several flows":   {flow: flow.Document(t, 1, good, flow.TestFlow(t, "b", nil)), says: []string{"Several flows", "no name was given", `"etl", "b"`}},
		"two of one name": {flow: flow.Document(t, 1, good, good), lines: []string{`name = "etl"`}, says: []string{"Several flows", "2 flows named", "a unique name"}},
		"no flow name":    {flow: edit(func(f map[string]any) { f["name"] = "" }), says: []string{"Invalid flow", "flow_json", "must have a name"}},
		"duplicate slugs": {flow: edit(func(f map[string]any) { task(f, 1)["slug"] = "extract-1" }), says: []string{"Invalid flow", "flow_json", "tasks[1].slug", "used by tasks[0]"}},
		"edge to nowhere": {flow: edit(func(f map[string]any) { task(f, 1)["slug"] = "other-1" }), says: []string{"Invalid flow", "flow_json", "edges[0].downstream_task", `"load-1"`}},
		"unknown storage": {flow: edit(func(f map[string]any) { f["storage"] = map[string]any{"type": "Cellar"} }), says: []string{"Invalid flow", "storage.type", "Cellar"}},
		"short interval": {flow: edit(func(f map[string]any) {
			f["schedule"] = map[string]any{"clocks": []any{map[string]any{"type": "IntervalClock", "interval": 1000000}}}
		}), says: []string{"Invalid flow", "schedule.clocks[0].interval", "shorter than a minute"}},
		"invalid cron": {flow: edit(flow.WithCron("every day", nil)), says: []string{"Invalid flow", "schedule.clocks[0].cron", "five fields"}},
		"serialised run config": {flow: edit(func(f map[string]any) {
			f["run_config"] = map[string]any{"type": "KubernetesRun", "cpu_limit": "x", "labels": []any{}}
		}), says: []string{"Invalid run configuration", "flow_json", "run_config.cpu_limit"}},
		"blank project":           {flow: good, lines: []string{`version_group_id = " "`}, says: []string{"Blank value", "version_group_id"}},
		"empty label":             {flow: good, lines: []string{`labels = [""]`}, says: []string{"labels", "empty string"}},
		"null label":              {flow: good, lines: []string{`labels = ["a", null]`}, says: []string{"labels"}},
		"deletion policy":         {flow: good, lines: []string{`deletion_policy = "burn"`}, says: []string{"deletion_policy", `"archive", "delete", "abandon"`}},
		"timeout":                 {flow: good, lines: []string{`timeouts = { delete = "soon" }`}, says: []string{"Time Duration", "soon"}},
		"run config without type": {flow: good, lines: []string{`run_config = {}`}, says: []string{"kubernetes", "required"}},
		"two templates":           {flow: good, lines: []string{kubernetes(`job_template = "{}", job_template_path = "x.yaml"`)}, says: []string{"Two job templates", "job_template_path", "Remove one"}},
		"template not JSON":       {flow: good, lines: []string{kubernetes(`job_template = "kind: Job"`)}, says: []string{"Not JSON", "job_template", "jsonencode"}},
		"template a list":         {flow: good, lines: []string{kubernetes(`job_template = "[]"`)}, says: []string{"Job template is not an object", "job_template"}},
		"template not a Job":      {flow: good, lines: []string{template(`{ kind = "Pod", ` + pod + ` }`)}, says: []string{"Invalid run configuration", "job_template", "kind", "must be a Job", "Pod"}},
		"template of another API": {flow: good, lines: []string{template(`{ apiVersion = "batch/v2", ` + pod + ` }`)}, says: []string{"Invalid run configuration", "job_template", "apiVersion", "batch/v1"}},
		"template unknown field":  {flow: good, lines: []string{template(`{ spec = { backofLimit = 1, template = { spec = { containers = [{ name = "flow" }] } } } }`)}, says: []string{"Invalid run configuration", "job_template", "backofLimit"}},
		"template wrong type":     {flow: good, lines: []string{template(`{ spec = { backoffLimit = "many", template = { spec = {} } } }`)}, says: []string{"Invalid run configuration", "job_template", "backoffLimit"}},
		"template without a pod":  {flow: good, lines: []string{template(`{ kind = "Job", spec = {} }`)}, says: []string{"Invalid run configuration", "job_template", "spec.template.spec"}},
		"template scheme":         {flow: good, lines: []string{kubernetes(`job_template_path = "ftp://host/job.yaml"`)}, says: []string{"Invalid run configuration", "job_template_path", "ftp://host/job.yaml"}},
		"cpu limit":               {flow: good, lines: []string{kubernetes(`cpu_limit = "two"`)}, says: []string{"Invalid run configuration", "cpu_limit", "not a quantity", "500m"}},
		"memory request":          {flow: good, lines: []string{kubernetes(`memory_request = "1 GB"`)}, says: []string{"Invalid run configuration", "memory_request", "not a quantity"}},
		"negative":                {flow: good, lines: []string{kubernetes(`memory_limit = "-1Gi"`)}, says: []string{"Invalid run configuration", "memory_limit", "negative"}},
		"request over limit":      {flow: good, lines: []string{kubernetes(`cpu_request = "2", cpu_limit = "1"`)}, says: []string{"Invalid run configuration", "cpu_request", "exceeds cpu_limit"}},
		"pull policy":             {flow: good, lines: []string{kubernetes(`image_pull_policy = "Sometimes"`)}, says: []string{"Invalid run configuration", "image_pull_policy", "Always, IfNotPresent, Never"}},
		"image":                   {flow: good, lines: []string{kubernetes(`image = ""`)}, says: []string{"Invalid run configuration", "image", "must not be empty"}},
		"environment":             {flow: good, lines: []string{kubernetes(`env = { "A=B" = "x" }`)}, says: []string{"Invalid run configuration", "env", "A=B"}},
		"service account":         {flow: good, lines: []string{kubernetes(`service_account_name = "Not A Name"`)}, says: []string{"Invalid run configuration", "service_account_name"}},
		"pull secret":             {flow: good, lines: []string{kubernetes(`image_pull_secrets = ["a_b"]`)}, says: []string{"Invalid run configuration", "image_pull_secrets", "a_b"}},
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
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
			problems := strings.Split(err.Error(), "Error: ")
			for name, c := range cases {
				want := acctest.Says(c.says...)
				if !slices.ContainsFunc(problems, func(problem string) bool {
					return strings.Contains(problem, fmt.Sprintf("resource \"prefect_flow\" %q", resources[name])) && want.MatchString(problem)
				}) {
					t.Errorf("%s: no error that says %q", name, c.says)
				}
			}
			return nil
		},
	})
}

// What the flow and the Server decide together is refused by the plan, too.
func TestAccFlowBadSchedule(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lacks := flow.TestFlow(t, "etl", flow.AllOf(flow.WithCron("0 0 * * *", nil), flow.WithParameter("n", nil)))
	refused := func(text, because string) resource.TestStep {
		return resource.TestStep{
			Config: b.config(text, "schedule_active = true"), PlanOnly: true,
			ExpectError: acctest.Says("The schedule cannot be activated", "schedule_active", because),
		}
	}
	run(t,
		refused(flow.TestFlow(t, "etl", nil), "neither the flow nor its flow group has a schedule"),
		refused(lacks, `"n"`),
		// Not asked for: registered, inactive.
		resource.TestStep{Config: b.config(lacks), ConfigStateChecks: []statecheck.StateCheck{known("schedule_active", knownvalue.Null())}},
		refused(lacks, `"n"`),
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
		resource.TestStep{Config: project("exampleProject"), PlanOnly: true, ExpectError: acctest.Says("Not a UUID", "project_id", "not its name")},
		resource.TestStep{
			Config: project("6f6b0e0e-0000-4000-8000-00000000000f"), PlanOnly: true,
			ExpectError: acctest.Says("There is no such project", "project_id", "6f6b0e0e-0000-4000-8000-00000000000f"),
		},
		resource.TestStep{Config: project(foreign), PlanOnly: true, ExpectError: acctest.Says("There is no such project", "tenant_id")},
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
