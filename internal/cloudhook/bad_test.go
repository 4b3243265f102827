package cloudhook_test

import (
	"fmt"
	"net/http"
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
	cases := map[string][]string{
		"no states":              {message},
		"empty states":           {`states = []`, message},
		"null state":             {`states = [null]`, message},
		"unknown state":          {`states = ["Broken"]`, message},
		"spelling of a state":    {`states = ["TIMEDOUT"]`, message},
		"no receiver":            {states},
		"two receivers":          {states, message, `webhook = { url = "http://x" }`},
		"blank version group":    {states, message, `version_group_id = ""`},
		"tenant":                 {states, message, `tenant_id = "default"`},
		"webhook without URL":    {states, `webhook = {}`},
		"webhook with two URLs":  {states, `webhook = { url = "http://x", url_wo = "http://s3cr3t", url_wo_version = 1 }`},
		"secret without version": {states, `webhook = { url_wo = "http://s3cr3t" }`},
		"version without secret": {states, `webhook = { url = "http://x", url_wo_version = 1 }`},
		"URL":                    {states, `webhook = { url = "hooks.example.com" }`},
		"secret URL":             {states, `webhook = { url_wo = "s3cr3t", url_wo_version = 1 }`},
		"secret scheme":          {states, `slack = { url_wo = "ftp://s3cr3t/x", url_wo_version = 1 }`},
		"slack without secret":   {states, `slack = { url_wo_version = 1 }`},
		"blank secret":           {states, `slack = { url_wo = " ", url_wo_version = 1 }`},
		"end of line":            {states, `slack = { url_wo = "http://s3cr3t/x\n", url_wo_version = 1 }`},
		"severity":               pagerDuty(`severity = "fatal"`),
		"no severity":            pagerDuty(""),
		"nobody":                 twilio(`[]`),
		"blank number":           twilio(`[""]`),
	}
	// One configuration holds them all, so that one run of Terraform refuses them.
	resources := map[string]string{}
	var config strings.Builder
	config.WriteString(acctest.ProviderConfig(server, nil))
	for name, c := range cases {
		resources[name] = fmt.Sprintf("case%d", len(resources))
		fmt.Fprintf(&config, "resource \"prefect_cloud_hook\" %q {\n%s\n}\n", resources[name], strings.Join(c, "\n"))
	}
	recording := acctest.Record(t, "bad")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config.String(), PlanOnly: true}},
		ErrorCheck: func(err error) error {
			recording.AddErrors("prefect_cloud_hook", err, resources)
			problems := strings.Split(err.Error(), "Error: ")
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
