package flowrun

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

func runActionSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Runs a flow each time the action is invoked, and waits for the run. State changes and log lines appear as progress. " +
			"A run that should be started once, and kept in the state, is the resource `prefect_flow_run`.",
		Attributes: map[string]schema.Attribute{
			"flow_id": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{
					flowVersionID(), oneFlow(),
				},
				MarkdownDescription: "Id of the flow version to run, such as the `flow_id` of a `prefect_flow`. Excludes `version_group_id`.",
			},
			"version_group_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Version group to run, such as the `id` of a `prefect_flow`: the newest version that is not archived. Excludes `flow_id`.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Name of the run. The Server makes one up if it is left out.",
			},
			"parameters": schema.StringAttribute{
				Optional: true, CustomType: framework.JSONType{}, Validators: []validator.String{jsonObject(), storableJSON()},
				MarkdownDescription: "Parameters as a JSON object, such as `jsonencode({ x = 1 })`. Those left out have the defaults of the flow group, else of the flow.",
			},
			"context": schema.StringAttribute{
				Optional: true, CustomType: framework.JSONType{}, Validators: []validator.String{jsonObject(), storableJSON()},
				MarkdownDescription: "Values for `prefect.context` of the run, as a JSON object.",
			},
			"labels": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
				MarkdownDescription: "Labels of the run, all of which an agent must have to take it. Left out: those of `run_config` if that is " +
					"given, else of the flow group, else of the flow. `[]`: no labels, which only an agent without labels takes.",
			},
			"run_config": runconfig.ActionAttribute(runconfig.Descriptions{
				RunConfig:    "Run configuration of this run, in place of the flow group's and the flow's, whose labels it replaces too.",
				TemplatePath: "read when the action is invoked.",
				Labels:       "Labels of the run, unless `labels` gives them.",
				AsGiven:      true,
			}),
			"scheduled_start_time": schema.StringAttribute{
				Optional: true, Validators: []validator.String{startTime()},
				MarkdownDescription: "When the run is due, in RFC 3339, such as `2030-01-31T08:00:00Z`. Left out: at once. Deadlines count from then.",
			},
			"idempotency_key": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Key by which the Server recognises repeated requests for the same run: for one flow version, a key always gives " +
					"the same run, and the action waits for the run that exists. Left out, every invocation starts a run.",
			},
			"wait_for": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{framework.OneOf(runwait.WaitNone, runwait.WaitSubmitted, runwait.WaitRunning, runwait.WaitFinished)},
				MarkdownDescription: "How far to wait: `none`, until the run exists; `submitted`, until an agent has taken it; `running`, " +
					"until the flow's process has begun; `finished` (default).",
			},
			"success_states": schema.SetAttribute{
				Optional: true, ElementType: types.StringType, Validators: successStateValidators(),
				MarkdownDescription: successStatesDescription,
			},
			"on_failure": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.OneOf(onError, onWarn)},
				MarkdownDescription: "What a run that ends in another state does: `error` (default) fails the action; `warn` gives a warning instead.",
			},
			"on_timeout": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.OneOf(onError, onWarn, onCancel)},
				MarkdownDescription: "What a deadline of `timeouts` does: `error` (default) fails the action and leaves the run alone; `warn` gives a warning; " +
					"`cancel` cancels the run and fails the action.",
			},
			"show_logs": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the lines of the run's log appear as progress. Default `true`.",
			},
			"timeouts": actionTimeouts(),
		},
	}
}

func actionTimeouts() schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range deadlines("when a deadline cancels the run") {
		attributes[name] = schema.StringAttribute{Optional: true, Validators: []validator.String{framework.Duration()}, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: timeoutsDescription, Attributes: attributes}
}

func cancelActionSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Cancels a flow run and waits for its end. A run that has finished is left as it is.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Required: true, MarkdownDescription: "UUID of the run.", Validators: []validator.String{framework.UUID()},
			},
			"timeout": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "How long to wait for the end of the run, such as `90s`. Default `5m`; `0s` waits without limit.",
			},
		},
	}
}
