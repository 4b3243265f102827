package cloudhook_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// kinds are the receivers: in HCL, and as the Server has them.
func kinds() map[string]struct{ kind, block, config string } {
	return map[string]struct{ kind, block, config string }{
		"webhook": {prefect.CloudHookWebhook, `webhook = { url = "https://hooks.example.com/runs" }`, `{"url": "https://hooks.example.com/runs"}`},
		"secret webhook": {
			prefect.CloudHookWebhook, `webhook = { url_wo = "https://hooks.example.com/s3cr3t", url_wo_version = 1 }`,
			`{"url": "https://hooks.example.com/s3cr3t"}`,
		},
		"slack": {
			prefect.CloudHookSlack, `slack = { url_wo = "https://hooks.slack.com/services/s3cr3t", url_wo_version = 1 }`,
			`{"url": "https://hooks.slack.com/services/s3cr3t"}`,
		},
		"pagerduty": {
			prefect.CloudHookPagerDuty, `pagerduty = {
			  api_token_wo = "s3cr3t-token", api_token_wo_version = 1, routing_key_wo = "s3cr3t-key", routing_key_wo_version = 1, severity = "error"
			}`,
			`{"api_token": "s3cr3t-token", "routing_key": "s3cr3t-key", "severity": "error"}`,
		},
		"twilio": {
			prefect.CloudHookTwilio, `twilio = {
			  account_sid = "AC1", auth_token_wo = "s3cr3t", auth_token_wo_version = 1, messaging_service_sid = "MG1", to = ["+2", "+1"]
			}`,
			`{"account_sid": "AC1", "auth_token": "s3cr3t", "messaging_service_sid": "MG1", "to": ["+1", "+2"]}`,
		},
		"message": {prefect.CloudHookPrefectMessage, `prefect_message = {}`, `{}`},
	}
}

// TestAccCloudHook follows a hook of each type through its life: created
// inactive, switched, imported, with an empty second plan each time.
func TestAccCloudHook(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Server(t)
			same := statecheck.CompareValue(compare.ValuesSame())
			sameID := func() statecheck.StateCheck { return same.AddStateValue(address, tfjsonpath.New("id")) }
			off := config(server, `name = "failures"`, `states = ["Failed", "TimedOut"]`, k.block, `active = false`)
			onAgain := config(server, `name = "failures"`, `states = ["TimedOut", "Failed"]`, k.block)
			verify := resource.TestStep{ResourceName: address, ImportState: true, ImportStateVerify: true}
			if name == "webhook" { // an import takes the URL for a secret
				verify.ImportStateVerifyIgnore = []string{"webhook"}
			}
			run(t, server,
				resource.TestStep{
					Config: off,
					ConfigStateChecks: []statecheck.StateCheck{
						sameID(), known("type", knownvalue.StringExact(k.kind)), known("active", knownvalue.Bool(false)),
						known("tenant_id", knownvalue.StringExact(server.TenantID)), known("version_group_id", knownvalue.Null()),
						known("states", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("Failed"), knownvalue.StringExact("TimedOut")})),
					},
					Check: on(server, k.kind, k.config, false),
				},
				resource.TestStep{
					Config: onAgain, ConfigPlanChecks: inPlace(), Check: on(server, k.kind, k.config, true),
					ConfigStateChecks: []statecheck.StateCheck{sameID(), known("active", knownvalue.Bool(true))},
				},
				verify,
			)
		})
	}
}

// TestAccCloudHook_replace makes a new hook for whatever the Server cannot
// change.
func TestAccCloudHook_replace(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	step := func(lines ...string) resource.TestStep {
		return resource.TestStep{
			Config: config(server, lines...), ConfigPlanChecks: replaced(),
			ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(address, tfjsonpath.New("id"))},
		}
	}
	const slack, states = `slack = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`, `states = ["Failed"]`
	const webhook = `webhook = { url = "https://x/y" }`
	pagerDuty := func(severity, key string, version int) string {
		return fmt.Sprintf(`pagerduty = { severity = %q, api_token_wo = "s3cr3t", api_token_wo_version = 1, routing_key_wo = %q, routing_key_wo_version = %d }`,
			severity, key, version)
	}
	first := step(states, slack)
	first.ConfigPlanChecks = resource.ConfigPlanChecks{}
	run(t, server, first,
		step(`states = ["Failed", "Success"]`, slack),
		step(states, slack, `name = ""`), step(states, slack, `name = "n"`), step(states, slack),
		step(states, `slack = { url_wo = "https://x/s3cr3t2", url_wo_version = 2 }`),
		step(states, `webhook = { url_wo = "https://x/s3cr3t2", url_wo_version = 2 }`), // the same URL, of another type
		step(states, webhook), step(states, strings.Replace(webhook, "/y", "/z", 1)),
		step(states, pagerDuty("error", "s3cr3t1", 1)), step(states, pagerDuty("info", "s3cr3t1", 1)), step(states, pagerDuty("info", "s3cr3t2", 2)),
		step(states, `prefect_message = {}`),
	)
}

// TestAccCloudHook_sameSecret keeps a hook that has the secret already, whatever
// its version is said to be.
func TestAccCloudHook_sameSecret(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	same := statecheck.CompareValue(compare.ValuesSame())
	step := func(block string) resource.TestStep {
		return resource.TestStep{
			Config: config(server, `states = ["Failed"]`, block), ConfigPlanChecks: inPlace(),
			ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(address, tfjsonpath.New("id"))},
			Check:             on(server, "WEBHOOK", `{"url": "https://x/y"}`, true),
		}
	}
	first := step(`webhook = { url_wo = "https://x/y", url_wo_version = 1 }`)
	first.ConfigPlanChecks = resource.ConfigPlanChecks{}
	second := step(`webhook = { url_wo = "https://x/y", url_wo_version = 7 }`)
	run(t, server, first, second,
		resource.TestStep{Config: second.Config, ConfigPlanChecks: nothing()},
		step(`webhook = { url = "https://x/y" }`),
		step(`webhook = { url_wo = "https://x/y", url_wo_version = 1 }`),
		// The secret has changed and its version has not: a warning, no more.
		resource.TestStep{
			Config:           config(server, `states = ["Failed"]`, `webhook = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`),
			ConfigPlanChecks: nothing(), Check: on(server, "WEBHOOK", `{"url": "https://x/y"}`, true),
		},
	)
}

// TestAccCloudHook_importBlock has an empty plan after an import of a
// configuration that says the same, except for a URL that it shows.
func TestAccCloudHook_importBlock(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Server(t)
			text := "adopted"
			id, err := server.Client.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
				Type: k.kind, Name: &text, States: []string{"FAILED", "timedout"}, Config: []byte(k.config),
			})
			if err != nil {
				t.Fatal(err)
			}
			block := config(server, `name = "adopted"`, `states = ["Failed", "TimedOut"]`, k.block)
			plan := nothing
			if name == "webhook" {
				plan = inPlace
			}
			adopt := resource.TestStep{
				Config:            block + fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", address, id),
				ConfigStateChecks: []statecheck.StateCheck{known("id", knownvalue.StringExact(id))},
			}
			if name == "webhook" {
				adopt.ConfigPlanChecks = plan()
			}
			run(t, server, adopt, resource.TestStep{Config: block, ConfigPlanChecks: nothing()})
		})
	}
}

// TestAccCloudHook_importOther adopts a hook whose secret is another one, at a
// higher version: it is replaced.
func TestAccCloudHook_importOther(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	create := func() string {
		id, err := server.Client.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
			Type: "SLACK_WEBHOOK", States: []string{"FAILED"}, Config: []byte(`{"url": "https://x/s3cr3t-old"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	id := create()
	run(t, server,
		resource.TestStep{
			Config: config(server, `states = ["Failed"]`, `slack = { url_wo = "https://x/s3cr3t", url_wo_version = 2 }`) +
				fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", address, id),
			ConfigPlanChecks: replaced(), Check: on(server, "SLACK_WEBHOOK", `{"url": "https://x/s3cr3t"}`, true),
		},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "failures", ExpectError: acctest.Recorded()},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: "6f6b0e0e-0000-4000-8000-00000000000f",
			ExpectError: acctest.Recorded(),
		},
	)
}

// TestAccCloudHook_identity needs the resource identity of Terraform 1.12.
func TestAccCloudHook_identity(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:            config(server, `states = ["Failed"]`, `prefect_message = {}`),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentityValueMatchesState(address, tfjsonpath.New("id"))},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// TestAccCloudHook_drift deletes the hook, and switches it, behind Terraform's
// back.
func TestAccCloudHook_drift(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	block := config(server, `states = ["Failed"]`, `slack = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`)
	behind := func(do func(ctx context.Context, id string) error) func() {
		return func() {
			if err := do(context.Background(), only(t, server).ID); err != nil {
				t.Error(err)
			}
		}
	}
	run(t, server,
		resource.TestStep{Config: block},
		resource.TestStep{
			PreConfig: behind(func(ctx context.Context, id string) error { return server.Client.SetCloudHookActive(ctx, id, false) }),
			Config:    block, ConfigPlanChecks: inPlace(), Check: on(server, "SLACK_WEBHOOK", `{"url": "https://x/s3cr3t"}`, true),
		},
		resource.TestStep{
			PreConfig: behind(server.Client.DeleteCloudHook),
			Config:    block, ConfigPlanChecks: action(plancheck.ResourceActionCreate), Check: on(server, "SLACK_WEBHOOK", `{"url": "https://x/s3cr3t"}`, true),
		},
	)
}

// TestAccCloudHook_flow tells of one flow only, which must exist.
func TestAccCloudHook_flow(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	project, err := server.Client.CreateProject(t.Context(), "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	flow := map[string]any{"name": "etl", "type": "prefect.core.flow.Flow", "tasks": []any{}, "edges": []any{}, "parameters": []any{}}
	if _, err = server.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
		ProjectID: project, SerializedFlow: flow, VersionGroupID: "etl-group", SetScheduleActive: true,
	}); err != nil {
		t.Fatal(err)
	}
	with := func(group string) string {
		return config(server, `states = ["Failed"]`, `prefect_message = {}`, fmt.Sprintf("version_group_id = %q", group))
	}
	run(t, server,
		resource.TestStep{Config: with("none"), ExpectError: acctest.Recorded()},
		resource.TestStep{Config: with("etl-group"), ConfigStateChecks: []statecheck.StateCheck{known("version_group_id", knownvalue.StringExact("etl-group"))}},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateVerify: true},
		resource.TestStep{Config: config(server, `states = ["Failed"]`, `prefect_message = {}`), ConfigPlanChecks: replaced()},
	)
}

// TestAccCloudHook_tenant makes a hook in another tenant.
func TestAccCloudHook_tenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	other := acctest.AnotherTenant(t, server)
	block := config(server, `states = ["Failed"]`, `webhook = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`, fmt.Sprintf("tenant_id = %q", other.TenantID))
	run(t, other,
		resource.TestStep{Config: block, Check: on(other, "WEBHOOK", `{"url": "https://x/s3cr3t"}`, true)},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateVerify: true},
		resource.TestStep{Config: config(server, `states = ["Failed"]`, `webhook = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`), ConfigPlanChecks: nothing()},
	)
}
