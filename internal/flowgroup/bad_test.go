package flowgroup_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestAccFlowGroup_bad refuses wrong settings before anything is sent, each at
// its attribute.
func TestAccFlowGroup_bad(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	clock := func(text string) string { return "schedule = { clocks = [" + text + "] }" }
	kubernetes := func(text string) string { return "run_config = { kubernetes = { " + text + " } }" }
	cases := map[string]struct {
		line string
		says []string
	}{
		"blank version group":       {`version_group_id = " "`, []string{"Blank value", "version_group_id"}},
		"tenant":                    {`tenant_id = "default"`, []string{"Not a UUID", "tenant_id"}},
		"empty label":               {`labels = [""]`, []string{"labels", "length"}},
		"null label":                {`labels = [null]`, []string{"Null Set Value", "labels"}},
		"parameters not JSON":       {`default_parameters = "{x: 1}"`, []string{"Not JSON", "default_parameters"}},
		"parameters a list":         {`default_parameters = "[1]"`, []string{"Not a JSON object", "default_parameters"}},
		"parameters null":           {`default_parameters = "null"`, []string{"Not a JSON object", "default_parameters"}},
		"parameters too exact":      {`default_parameters = "{\"x\": [9007199254740993]}"`, []string{"A number that the Server would change", "default_parameters", "make 9007199254740992 of 9007199254740993"}},
		"parameters not a number":   {`default_parameters = "{\"x\": NaN}"`, []string{"Not standard JSON", "default_parameters", "NaN"}},
		"schedule without clocks":   {`schedule = {}`, []string{"clocks", "required"}},
		"null clock":                {clock(`null`), []string{"A clock without times", "schedule.clocks[0]", "null"}},
		"clock without times":       {clock(`{}`), []string{"A clock without times", "schedule.clocks[0]", "either `cron` or `interval`"}},
		"clock with both":           {clock(`{ cron = "* * * * *", interval = "1h" }`), []string{"A clock with two kinds of times", "schedule.clocks[0]"}},
		"second clock":              {clock(`{ interval = "1h" }, { interval = "never" }`), []string{"Not an interval of a schedule", "schedule.clocks[1].interval", "never"}},
		"cron fields":               {clock(`{ cron = "0 6 * *" }`), []string{"Not a cron expression", "schedule.clocks[0].cron", "0 6 * *", "five fields"}},
		"cron values":               {clock(`{ cron = "61 6 * * *" }`), []string{"Not a cron expression", "schedule.clocks[0].cron", "61 6 * * *"}},
		"cron empty":                {clock(`{ cron = "" }`), []string{"Not a cron expression", "schedule.clocks[0].cron"}},
		"interval without unit":     {clock(`{ interval = "90" }`), []string{"Not an interval of a schedule", "schedule.clocks[0].interval", "90m"}},
		"interval too short":        {clock(`{ interval = "59s" }`), []string{"Not an interval of a schedule", "schedule.clocks[0].interval", "a minute"}},
		"interval negative":         {clock(`{ interval = "-1h" }`), []string{"Not an interval of a schedule", "schedule.clocks[0].interval", "a minute"}},
		"interval with fraction":    {clock(`{ interval = "60.5s" }`), []string{"Not an interval of a schedule", "schedule.clocks[0].interval", "whole number of seconds"}},
		"interval too long":         {clock(`{ interval = "1000000h" }`), []string{"Not an interval of a schedule", "schedule.clocks[0].interval", "at most 596523 hours"}},
		"clock defaults not JSON":   {clock(`{ interval = "1h", parameter_defaults = "x" }`), []string{"Not JSON", "schedule.clocks[0].parameter_defaults"}},
		"clock defaults a string":   {clock(`{ interval = "1h", parameter_defaults = "\"x\"" }`), []string{"Not a JSON object", "schedule.clocks[0].parameter_defaults"}},
		"clock defaults with null":  {clock(`{ interval = "1h", parameter_defaults = jsonencode({ n = null }) }`), []string{"A parameter without a value", "schedule.clocks[0].parameter_defaults", "\"n\" is null"}},
		"cron question mark":        {clock(`{ cron = "0 6 ? * *" }`), []string{"Not a cron expression", "schedule.clocks[0].cron", "0 6 ? * *"}},
		"cron without a date":       {clock(`{ cron = "0 0 30 2 *" }`), []string{"Not a cron expression", "schedule.clocks[0].cron", "no date"}},
		"the same clock":            {clock(`{ interval = "1h" }, { cron = "@daily" }, { interval = "60m" }`), []string{"The same clock twice", "schedule.clocks[2]", "clock 0"}},
		"time zone":                 {`schedule = { timezone = "Mars/Base", clocks = [] }`, []string{"Not a time zone", "schedule.timezone", "Mars/Base", "Europe/Berlin"}},
		"time zone of the machine":  {`schedule = { timezone = "Local", clocks = [] }`, []string{"Not a time zone", "schedule.timezone"}},
		"empty time zone":           {`schedule = { timezone = "", clocks = [] }`, []string{"Not a time zone", "schedule.timezone"}},
		"offset":                    {`schedule = { timezone = "+02:00", clocks = [] }`, []string{"Not a time zone", "schedule.timezone"}},
		"no kubernetes":             {`run_config = {}`, []string{"kubernetes", "required"}},
		"two templates":             {kubernetes(`job_template = "{}", job_template_path = "x.yaml"`), []string{"Two job templates", "job_template_path"}},
		"template not JSON":         {kubernetes(`job_template = "kind: Job"`), []string{"Not JSON", "job_template"}},
		"template a list":           {kubernetes(`job_template = "[]"`), []string{"Job template is not an object", "job_template"}},
		"template not a Job":        {kubernetes(`job_template = jsonencode({ kind = "Pod" })`), []string{"Invalid run configuration", "job_template", "Job"}},
		"template scheme":           {kubernetes(`job_template_path = "ftp://host/job.yaml"`), []string{"Invalid run configuration", "job_template_path", "ftp://host/job.yaml"}},
		"cpu limit":                 {kubernetes(`cpu_limit = "two"`), []string{"Invalid run configuration", "cpu_limit", "not a quantity"}},
		"memory request":            {kubernetes(`memory_request = "1 GB"`), []string{"Invalid run configuration", "memory_request", "not a quantity"}},
		"request over limit":        {kubernetes(`cpu_request = "2", cpu_limit = "1"`), []string{"Invalid run configuration", "cpu_request", "exceeds cpu_limit"}},
		"pull policy":               {kubernetes(`image_pull_policy = "Sometimes"`), []string{"Invalid run configuration", "image_pull_policy"}},
		"environment":               {kubernetes(`env = { "A=B" = "x" }`), []string{"Invalid run configuration", "env", "A=B"}},
		"empty label of run config": {kubernetes(`labels = [""]`), []string{"run_config.kubernetes.labels", "length"}},
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
	resources := map[string]string{}
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(b.PrefectServer, nil))
	for name, c := range cases {
		resources[name] = fmt.Sprintf("case%d", len(resources))
		group := "version_group_id = \"a\"\n"
		if strings.HasPrefix(c.line, "version_group_id") {
			group = ""
		}
		fmt.Fprintf(&config, "resource \"prefect_flow_group\" %q {\n%s%s\n}\n", resources[name], group, c.line)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config.String(), PlanOnly: true}},
		ErrorCheck: func(err error) error {
			problems := strings.Split(err.Error(), "Error: ")
			for name, c := range cases {
				want := acctest.Says(c.says...)
				if !slices.ContainsFunc(problems, func(problem string) bool {
					return strings.Contains(problem, fmt.Sprintf("resource \"prefect_flow_group\" %q", resources[name])) && want.MatchString(problem)
				}) {
					t.Errorf("%s: no error that says %q", name, c.says)
				}
			}
			if t.Failed() {
				return err
			}
			return nil
		},
	})
	if got := b.settings(); got != defaults {
		t.Errorf("something was sent: %s", got)
	}
}

// What only the Server knows is refused before anything is sent.
func TestAccFlowGroup_badOnServer(t *testing.T) {
	t.Parallel()
	b := newBench(t, requires("n"))
	untouched := b.on(defaults)
	none := strings.Replace(b.config(`labels = []`), b.version, "none", 1)
	run(b,
		resource.TestStep{Config: none, ExpectError: acctest.Says("Could not find the flow group", "version_group_id", "Refer to the flow's resource")},
		resource.TestStep{Config: b.config() + b.block("other"), PlanOnly: true, ExpectError: acctest.Says("Two resources for one flow group", "Put all settings")},
		resource.TestStep{Config: b.config(), Check: untouched},
		resource.TestStep{
			Config:      b.config(`schedule_active = true`),
			ExpectError: acctest.Says("The schedule cannot be activated", "schedule_active", "Neither the flow group nor the flow has a schedule"),
		},
		resource.TestStep{
			Config:      b.config(`schedule_active = true`, `schedule = { clocks = [{ interval = "1h" }] }`),
			ExpectError: acctest.Says("The schedule cannot be activated", "schedule_active", `"n"`, "default_parameters"),
		},
		resource.TestStep{Config: b.config(), Check: resource.ComposeAggregateTestCheckFunc(untouched, b.isActive(false))},
	)
}
