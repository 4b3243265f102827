package cloudhook

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

const resourceDescription = "Sends a notification when a run enters one of the given states: by HTTP, in Slack, in PagerDuty, by text message through Twilio, or in the UI.\n\n" +
	"The Server can only enable and disable a hook, so every other change replaces it. A hook is not created if the tenant has one exactly like it, " +
	"which an interrupted apply may have left behind: import that, or give one of them another `name`. Therefore `create_before_destroy` cannot " +
	"replace a hook by one with the same values.\n\n" +
	"Secrets are write-only arguments, which need Terraform 1.11: they are in neither plan nor state. Raise the version argument of a secret when the " +
	"secret changes. If the hook already has that secret, nothing changes. The Server stores the secrets in its database, and anyone who can reach its " +
	"API can read them.\n\n" +
	"After an import, each secret has version 1, and the URL of a webhook counts as a secret. A configuration with `url` instead of `url_wo` then " +
	"plans one update, which changes nothing on the Server."

func resourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: resourceDescription,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the hook.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the tenant that the hook belongs to. Default: the provider's tenant.",
				Validators:          []validator.String{framework.UUID()},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					stringplanmodifier.RequiresReplaceIfConfigured(),
				},
			},
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Name of the hook. It does not have to be unique.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"states": schema.SetAttribute{
				Required: true, ElementType: types.StringType,
				MarkdownDescription: "States that send a notification, as Prefect 1 spells them, such as `Failed`. A state does not include its special " +
					"cases: `Failed` does not fire for a run that ends as `TimedOut`.",
				Validators:    []validator.Set{framework.Some(`["Failed"]`), setvalidator.ValueStringsAre(stateName())},
				PlanModifiers: []planmodifier.Set{setplanmodifier.RequiresReplace()},
			},
			"version_group_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Version group of the flow to watch, usually `prefect_flow.<name>.id`. Default: all flows of the tenant.",
				Validators:          []validator.String{framework.NotBlank()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"active": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Enables the hook. Changed in place. Default: `true`.",
			},
			"type": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Type of the hook on the Server, which follows from the configured receiver: `WEBHOOK`, `SLACK_WEBHOOK`, `PAGERDUTY`, `TWILIO` or " +
					"`PREFECT_MESSAGE`.",
			},
			"webhook":         webhookAttribute(),
			"slack":           slackAttribute(),
			"pagerduty":       pagerDutyAttribute(),
			"twilio":          twilioAttribute(),
			"prefect_message": messageAttribute(),
		},
	}
}

func webhookAttribute() schema.Attribute {
	sibling := path.MatchRelative().AtParent()
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Posts the event as JSON to a URL. Set exactly one of `webhook`, `slack`, `pagerduty`, `twilio` and `prefect_message`.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "URL to post to, if it is not secret. It is stored in the state. Set exactly one of `url` and `url_wo`.",
				Validators: []validator.String{framework.HTTPURL(), framework.StringBeside(
					stringvalidator.ExactlyOneOf(sibling.AtName("url"), sibling.AtName("url_wo")),
					"Exactly one URL is required", "Set either `url`, or `url_wo` with `url_wo_version`.")},
			},
			"url_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "URL to post to, if it contains a secret such as a token.",
				Validators: []validator.String{secretURL(), framework.StringBeside(
					stringvalidator.AlsoRequires(sibling.AtName("url_wo_version")),
					"Secret without a version", "Set `url_wo_version` too, for instance to 1. Raise it whenever `url_wo` changes: Terraform does not store the secret, so a new version is the only sign of a change.")},
			},
			"url_wo_version": version("url_wo", false),
		},
	}
}

func slackAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Posts a message to a Slack channel.",
		Attributes: map[string]schema.Attribute{
			"url_wo":         secret("URL of a Slack incoming webhook. Anyone who has it can post.", secretURL()),
			"url_wo_version": version("url_wo", true),
		},
	}
}

func pagerDutyAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Triggers an event in PagerDuty.",
		Attributes: map[string]schema.Attribute{
			"api_token_wo":           secret("API token."),
			"api_token_wo_version":   version("api_token_wo", true),
			"routing_key_wo":         secret("Routing key (integration key) of the service."),
			"routing_key_wo_version": version("routing_key_wo", true),
			"severity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Severity of the event: `info`, `warning`, `error` or `critical`.",
				Validators:          []validator.String{framework.OneOf("info", "warning", "error", "critical")},
			},
		},
	}
}

func twilioAttribute() schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: description, Validators: []validator.String{framework.NotBlank()}}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Sends a text message through Twilio.",
		Attributes: map[string]schema.Attribute{
			"account_sid":           text("SID of the account."),
			"auth_token_wo":         secret("Authentication token of the account."),
			"auth_token_wo_version": version("auth_token_wo", true),
			"messaging_service_sid": text("SID of the sending messaging service."),
			"to": schema.SetAttribute{
				Required: true, ElementType: types.StringType,
				MarkdownDescription: "Phone numbers to send to, such as `+15551234567`.",
				Validators:          []validator.Set{framework.Some(`["+15005550006"]`), setvalidator.ValueStringsAre(framework.NotBlank())},
			},
		},
	}
}

func messageAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Leaves a message on the Server, for the UI. It has no settings: `prefect_message = {}`.",
		Attributes:          map[string]schema.Attribute{},
	}
}

func secret(description string, validators ...validator.String) schema.Attribute {
	return schema.StringAttribute{
		Required: true, WriteOnly: true, Sensitive: true, MarkdownDescription: description,
		Validators: append([]validator.String{notEmpty()}, validators...),
	}
}

func version(of string, required bool) schema.Attribute {
	return schema.Int64Attribute{
		Required: required, Optional: !required,
		MarkdownDescription: "Version of `" + of + "`: raise it when the secret changes.",
		Validators:          versionValidators(of, required),
	}
}

// check validates a string with a function that returns what is wrong, or "". The text must not quote the
// value.
type check struct {
	description, summary string
	wrong                func(string) string
}

// Description describes the accepted values.
func (c check) Description(context.Context) string { return c.description }

// MarkdownDescription equals Description.
func (c check) MarkdownDescription(context.Context) string { return c.description }

// ValidateString reports what is wrong with a known value.
func (c check) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !framework.IsSet(req.ConfigValue) {
		return
	}
	if problem := c.wrong(req.ConfigValue.ValueString()); problem != "" {
		// For an attribute inside an object, Terraform shows only the block.
		resp.Diagnostics.AddAttributeError(req.Path, c.summary, "Attribute "+req.Path.String()+": "+problem)
	}
}
