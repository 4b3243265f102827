package flowgroup_test

import (
	"fmt"
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
	cases := map[string]string{
		"blank version group":       `version_group_id = " "`,
		"tenant":                    `tenant_id = "default"`,
		"empty label":               `labels = [""]`,
		"null label":                `labels = [null]`,
		"parameters not JSON":       `default_parameters = "{x: 1}"`,
		"parameters a list":         `default_parameters = "[1]"`,
		"parameters null":           `default_parameters = "null"`,
		"parameters too exact":      `default_parameters = "{\"x\": [9007199254740993]}"`,
		"parameters not a number":   `default_parameters = "{\"x\": NaN}"`,
		"schedule without clocks":   `schedule = {}`,
		"null clock":                clock(`null`),
		"clock without times":       clock(`{}`),
		"clock with both":           clock(`{ cron = "* * * * *", interval = "1h" }`),
		"second clock":              clock(`{ interval = "1h" }, { interval = "never" }`),
		"cron fields":               clock(`{ cron = "0 6 * *" }`),
		"cron values":               clock(`{ cron = "61 6 * * *" }`),
		"cron empty":                clock(`{ cron = "" }`),
		"interval without unit":     clock(`{ interval = "90" }`),
		"interval too short":        clock(`{ interval = "59s" }`),
		"interval negative":         clock(`{ interval = "-1h" }`),
		"interval with fraction":    clock(`{ interval = "60.5s" }`),
		"interval too long":         clock(`{ interval = "1000000h" }`),
		"clock defaults not JSON":   clock(`{ interval = "1h", parameter_defaults = "x" }`),
		"clock defaults a string":   clock(`{ interval = "1h", parameter_defaults = "\"x\"" }`),
		"clock defaults with null":  clock(`{ interval = "1h", parameter_defaults = jsonencode({ n = null }) }`),
		"cron question mark":        clock(`{ cron = "0 6 ? * *" }`),
		"cron without a date":       clock(`{ cron = "0 0 30 2 *" }`),
		"the same clock":            clock(`{ interval = "1h" }, { cron = "@daily" }, { interval = "60m" }`),
		"time zone":                 `schedule = { timezone = "Mars/Base", clocks = [] }`,
		"time zone of the machine":  `schedule = { timezone = "Local", clocks = [] }`,
		"empty time zone":           `schedule = { timezone = "", clocks = [] }`,
		"offset":                    `schedule = { timezone = "+02:00", clocks = [] }`,
		"no kubernetes":             `run_config = {}`,
		"two templates":             kubernetes(`job_template = "{}", job_template_path = "x.yaml"`),
		"template not JSON":         kubernetes(`job_template = "kind: Job"`),
		"template a list":           kubernetes(`job_template = "[]"`),
		"template not a Job":        kubernetes(`job_template = jsonencode({ kind = "Pod" })`),
		"template scheme":           kubernetes(`job_template_path = "ftp://host/job.yaml"`),
		"cpu limit":                 kubernetes(`cpu_limit = "two"`),
		"memory request":            kubernetes(`memory_request = "1 GB"`),
		"request over limit":        kubernetes(`cpu_request = "2", cpu_limit = "1"`),
		"pull policy":               kubernetes(`image_pull_policy = "Sometimes"`),
		"environment":               kubernetes(`env = { "A=B" = "x" }`),
		"empty label of run config": kubernetes(`labels = [""]`),
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
	resources := map[string]string{}
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(b.PrefectServer, nil))
	for name, line := range cases {
		resources[name] = fmt.Sprintf("case%d", len(resources))
		group := "version_group_id = \"a\"\n"
		if strings.HasPrefix(line, "version_group_id") {
			group = ""
		}
		fmt.Fprintf(&config, "resource \"prefect_flow_group\" %q {\n%s%s\n}\n", resources[name], group, line)
	}
	recording := acctest.Record(t, "bad")
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config.String(), PlanOnly: true}},
		ErrorCheck: func(err error) error {
			recording.AddErrors("prefect_flow_group", err, resources)
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
		resource.TestStep{Config: none, ExpectError: acctest.Recorded()},
		resource.TestStep{Config: b.config() + b.block("other"), PlanOnly: true, ExpectError: acctest.Recorded()},
		resource.TestStep{Config: b.config(), Check: untouched},
		resource.TestStep{
			Config:      b.config(`schedule_active = true`),
			ExpectError: acctest.Recorded(),
		},
		resource.TestStep{
			Config:      b.config(`schedule_active = true`, `schedule = { clocks = [{ interval = "1h" }] }`),
			ExpectError: acctest.Recorded(),
		},
		resource.TestStep{Config: b.config(), Check: resource.ComposeAggregateTestCheckFunc(untouched, b.isActive(false))},
	)
}
