package flowrun

import (
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

func runActionSchema() schema.Schema {
	s := schema.Schema{
		MarkdownDescription: "Runs a flow each time the action is invoked, and waits for the run. State changes and log lines appear as progress. " +
			"To start a run once and keep it in the state, use the resource `prefect_flow_run`.",
		Attributes: map[string]schema.Attribute{
			"flow_id": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{
					flowVersionID(), oneFlowForAction(),
				},
				MarkdownDescription: "Id of the flow version to run, such as the `flow_id` of a `prefect_flow`. Conflicts with `version_group_id` and `flow_name`.",
			},
			"version_group_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Version group to run, such as the `id` of a `prefect_flow`: its newest version that is not archived is run. Conflicts with `flow_id` and `flow_name`.",
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.UUID()}, MarkdownDescription: tenantDescription,
			},
			"flow_name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank(), named("project_name")},
				MarkdownDescription: "Name of the flow to run, in the project `project_name`: its newest version that is not archived is run. Conflicts with `flow_id` and `version_group_id`.",
			},
			"project_name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank(), named("flow_name")},
				MarkdownDescription: "Name of the project of `flow_name`.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Name of the run. By default the Server generates one.",
			},
			"parameters": schema.StringAttribute{
				Optional: true, CustomType: framework.JSONType{}, Validators: []validator.String{jsonObject(), storableJSON()},
				MarkdownDescription: "Parameters as a JSON object, such as `jsonencode({ x = 1 })`. Parameters that are left out use the defaults of the flow group, or else of the flow.",
			},
			"context": schema.StringAttribute{
				Optional: true, CustomType: framework.JSONType{}, Validators: []validator.String{jsonObject(), storableJSON()},
				MarkdownDescription: "Values for the run's `prefect.context`, as a JSON object.",
			},
			"labels": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
				MarkdownDescription: "Labels of the run. An agent must have all of them to take it. Default: those of `run_config` if that is " +
					"set, else of the flow group, else of the flow. With `[]` the run has no labels, and only an agent without labels takes it.",
			},
			"run_config": runconfig.ActionAttribute(runconfig.Descriptions{
				RunConfig:    "Run configuration of this run. It replaces that of the flow group and of the flow, including their labels.",
				TemplatePath: "read when the action is invoked.",
				Labels:       "Labels of the run, unless `labels` is set.",
				AsGiven:      true,
			}),
			"scheduled_start_time": schema.StringAttribute{
				Optional: true, Validators: []validator.String{startTime()},
				MarkdownDescription: "When the run is due, in RFC 3339, such as `2030-01-31T08:00:00Z`. Default: immediately. Deadlines count from this time.",
			},
			"idempotency_key": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Key by which the Server recognises repeated requests: for one flow version, a key always returns " +
					"the same run, and the action waits for it. By default every invocation starts a new run.",
			},
		},
	}
	maps.Copy(s.Attributes, actionWaits("that the run exists"))
	maps.Copy(s.Attributes, writeOnlyInputs())
	return s
}

// WriteOnlyActionInputs returns the arguments of the action prefect_flow_run that take ephemeral values.
func WriteOnlyActionInputs() []string { return []string{"parameters_wo", "context_wo", "env_wo"} }

// writeOnlyInputs are the arguments for values that must be in no plan. Each goes with a version: without it, a value that
// Terraform withholds could not be told from one that is left out.
func writeOnlyInputs() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range map[string]string{
		"parameters_wo": "Parameters as a JSON object, in place of `parameters`.",
		"context_wo":    "Values for the run's `prefect.context` as a JSON object, in place of `context`.",
	} {
		attributes[name] = schema.StringAttribute{
			Optional: true, CustomType: framework.JSONType{},
			Validators: []validator.String{
				jsonObject(), storableJSON(), alone(strings.TrimSuffix(name, "_wo")), framework.StringBeside(
					stringvalidator.AlsoRequires(path.MatchRoot(name+"_version")), "Write-only argument without a version", "Set `"+name+"_version` too, such as 1."),
			},
			MarkdownDescription: description + writeOnlyDescription,
		}
	}
	attributes["env_wo"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		Validators: []validator.Map{
			framework.Elements(), mapvalidator.AlsoRequires(path.MatchRoot("env_wo_version"), path.MatchRoot("run_config")),
		},
		MarkdownDescription: "Environment variables of the flow's container, in addition to `env` of `run_config`, which must be set." + writeOnlyDescription,
	}
	for _, name := range WriteOnlyActionInputs() {
		attributes[name+"_version"] = schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Any number. It goes with `" + name + "`, and says that a value is meant to be there.",
		}
	}
	return attributes
}

const writeOnlyDescription = " Write-only: ephemeral values are allowed, and the plan does not have the value. The Server stores it with the run. Terraform 1.16 passes such " +
	"values to actions that a resource triggers, not to those that `-invoke` starts."

// alone refuses an argument beside another that says the same.
func alone(other string) validator.String {
	return framework.StringBeside(stringvalidator.ConflictsWith(path.MatchRoot(other)), "Only one of two arguments is possible", "Remove this argument or `"+other+"`.")
}

// actionWaits are the arguments of an action that waits for a run. none says what has happened when it waits for nothing.
func actionWaits(none string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"wait_for": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{framework.OneOf(runwait.WaitNone, runwait.WaitSubmitted, runwait.WaitRunning, runwait.WaitFinished)},
			MarkdownDescription: "What to wait for: `none`, " + none + "; `submitted`, that an agent has taken it; `running`, " +
				"that the flow's process has started; `finished` (default), that the run has ended.",
		},
		"success_states": schema.SetAttribute{
			Optional: true, ElementType: types.StringType, Validators: successStateValidators(),
			MarkdownDescription: successStatesDescription,
		},
		"on_failure": schema.StringAttribute{
			Optional: true, Validators: []validator.String{framework.OneOf(onError, onWarn)},
			MarkdownDescription: "What happens if the run ends in another state: `error` (default) fails the action; `warn` only warns.",
		},
		"on_timeout": schema.StringAttribute{
			Optional: true, Validators: []validator.String{framework.OneOf(onError, onWarn, onCancel)},
			MarkdownDescription: "What happens when a deadline of `timeouts` passes: `error` (default) fails the action and does not cancel the run; `warn` only warns; " +
				"`cancel` cancels the run and fails the action.",
		},
		"show_logs": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Shows the lines of the run's log as progress. Default: `true`.",
		},
		"timeouts": actionTimeouts(),
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
		MarkdownDescription: "Cancels a flow run, or all unfinished runs of a flow, and waits until they have ended. A run that has finished does not change. " +
			"To stop a flow whose schedule creates more runs, invoke `prefect_flow_schedule` first.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "UUID of the run. Conflicts with `version_group_id`.",
				Validators: []validator.String{
					framework.UUID(),
					framework.StringBeside(stringvalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("version_group_id")),
						"Exactly one argument is required", "Set either `id` (one run) or `version_group_id` (all unfinished runs of a flow)."),
				},
			},
			"version_group_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Version group of a flow, such as the `id` of a `prefect_flow`: cancels its unfinished runs, of every version. Conflicts with `id`.",
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.UUID()}, MarkdownDescription: "UUID of the tenant of the run or flow. Default: the provider's tenant.",
			},
			"timeout": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "How long to wait for the end of the run, such as `90s`. Default `5m`; `0s` waits without limit.",
			},
		},
	}
}
