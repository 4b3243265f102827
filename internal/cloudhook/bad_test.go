package cloudhook_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// TestAccCloudHook_bad refuses wrong arguments before anything is sent, each at
// its attribute, and never shows a secret.
func TestAccCloudHook_bad(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	const states, message = `states = ["Failed"]`, `prefect_message = {}`
	pagerDuty := func(lines string) []string {
		return []string{states, `pagerduty = { api_token_wo = "s3cr3t", api_token_wo_version = 1, routing_key_wo = "s3cr3t", routing_key_wo_version = 1, ` + lines + ` }`}
	}
	twilio := func(to string) []string {
		return []string{states, `twilio = { account_sid = "a", auth_token_wo = "s3cr3t", auth_token_wo_version = 1, messaging_service_sid = "m", to = ` + to + ` }`}
	}
	cases := map[string]struct {
		lines []string
		says  []string
	}{
		"no states":              {[]string{message}, []string{"Missing required argument", "states"}},
		"empty states":           {[]string{`states = []`, message}, []string{"states", "at least 1"}},
		"null state":             {[]string{`states = [null]`, message}, []string{"Null Set Value", "states"}},
		"unknown state":          {[]string{`states = ["Broken"]`, message}, []string{"Not a state", `"Broken"`, "Failed"}},
		"spelling of a state":    {[]string{`states = ["TIMEDOUT"]`, message}, []string{"Not a state", `spelled "TimedOut"`}},
		"no receiver":            {[]string{states}, []string{"Missing Attribute Configuration", "webhook"}},
		"two receivers":          {[]string{states, message, `webhook = { url = "http://x" }`}, []string{"Invalid Attribute Combination", "webhook"}},
		"blank version group":    {[]string{states, message, `version_group_id = ""`}, []string{"Blank value", "version_group_id"}},
		"tenant":                 {[]string{states, message, `tenant_id = "default"`}, []string{"Not a UUID", "tenant_id"}},
		"webhook without URL":    {[]string{states, `webhook = {}`}, []string{"Invalid Attribute Combination", "webhook.url"}},
		"webhook with two URLs":  {[]string{states, `webhook = { url = "http://x", url_wo = "http://s3cr3t", url_wo_version = 1 }`}, []string{"Invalid Attribute Combination", "webhook.url"}},
		"secret without version": {[]string{states, `webhook = { url_wo = "http://s3cr3t" }`}, []string{"Invalid Attribute Combination", "url_wo_version"}},
		"version without secret": {[]string{states, `webhook = { url = "http://x", url_wo_version = 1 }`}, []string{"Invalid Attribute Combination", "url_wo"}},
		"URL":                    {[]string{states, `webhook = { url = "hooks.example.com" }`}, []string{"Not a URL", "hooks.example.com"}},
		"secret URL":             {[]string{states, `webhook = { url_wo = "s3cr3t", url_wo_version = 1 }`}, []string{"Not a URL", "webhook.url_wo", "not shown"}},
		"secret scheme":          {[]string{states, `slack = { url_wo = "ftp://s3cr3t/x", url_wo_version = 1 }`}, []string{"Not a URL", "slack.url_wo", "http or https"}},
		"slack without secret":   {[]string{states, `slack = { url_wo_version = 1 }`}, []string{"url_wo", "required"}},
		"blank secret":           {[]string{states, `slack = { url_wo = " ", url_wo_version = 1 }`}, []string{"Blank secret", "slack.url_wo"}},
		"end of line":            {[]string{states, `slack = { url_wo = "http://s3cr3t/x\n", url_wo_version = 1 }`}, []string{"Blank secret", "slack.url_wo", "trimspace"}},
		"severity":               {pagerDuty(`severity = "fatal"`), []string{"severity", `"critical"`, `"fatal"`}},
		"no severity":            {pagerDuty(""), []string{"severity", "required"}},
		"nobody":                 {twilio(`[]`), []string{"twilio.to", "at least 1"}},
		"blank number":           {twilio(`[""]`), []string{"Blank value"}},
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
	resources := map[string]string{}
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(server, nil))
	for name, c := range cases {
		resources[name] = fmt.Sprintf("case%d", len(resources))
		fmt.Fprintf(&config, "resource \"prefect_cloud_hook\" %q {\n%s\n}\n", resources[name], strings.Join(c.lines, "\n"))
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config.String(), PlanOnly: true}},
		ErrorCheck: func(err error) error {
			problems := strings.Split(err.Error(), "Error: ")
			for name, c := range cases {
				want := acctest.Says(c.says...)
				if !slices.ContainsFunc(problems, func(problem string) bool {
					return strings.Contains(problem, fmt.Sprintf("resource \"prefect_cloud_hook\" %q", resources[name])) && want.MatchString(problem)
				}) {
					t.Errorf("%s: no error that says %q", name, c.says)
				}
			}
			for _, problem := range problems {
				// The lines of the configuration, which Terraform quotes itself, aside.
				for line := range strings.Lines(problem) {
					if strings.Contains(line, secretMark) && !strings.Contains(line, "_wo") {
						t.Errorf("an error shows a secret: %s", problem)
					}
				}
			}
			if t.Failed() {
				return err
			}
			return nil
		},
	})
}

// TestAccCloudHook_leak hides secrets that an error of the Server, or of a
// gateway, quotes.
func TestAccCloudHook_leak(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	server.Server.Faults().Add(prefectserver.Fault{
		Field: "create_cloud_hook", Message: `Variable "$input" got invalid value {"url": "https://x/s3cr3t"}`,
	})
	// Elsewhere: Terraform quotes the receiver's lines.
	block := config(server, `states = ["Failed"]`, `slack = { url_wo = local.url, url_wo_version = 1 }`) + "locals {\n url = \"https://x/s3cr3t\"\n}\n"
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: block}},
		ErrorCheck: func(err error) error {
			if strings.Contains(err.Error(), secretMark) || !acctest.Says("Could not create the cloud hook", `got invalid value`, `***`).MatchString(err.Error()) {
				t.Errorf("the error shows a secret, or too little: %v", err)
			}
			return nil
		},
	})
}

// TestAccCloudHook_trouble lets each operation meet each passing trouble. There
// is never a second hook.
func TestAccCloudHook_trouble(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]prefectserver.Fault{
		"connection dropped before": {Times: 1, Drop: prefectserver.DropBefore},
		"connection dropped after":  {Times: 1, Drop: prefectserver.DropAfter},
		"busy":                      {Times: 1, Status: http.StatusServiceUnavailable, RetryAfter: "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			for _, field := range []string{"create_cloud_hook", "set_cloud_hook_active", "set_cloud_hook_inactive", "delete_cloud_hook"} {
				fault.Field = field
				server.Server.Faults().Add(fault)
			}
			const states, slack, values = `states = ["Failed"]`, `slack = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`, `{"url": "https://x/s3cr3t"}`
			run(t, server,
				resource.TestStep{Config: config(server, states, slack, `active = false`), Check: on(server, "SLACK_WEBHOOK", values, false)},
				resource.TestStep{Config: config(server, states, slack), ConfigPlanChecks: inPlace(), Check: on(server, "SLACK_WEBHOOK", values, true)},
			)
		})
	}
}
