package flowrun

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/jobvalue"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// Values of on_failure, on_timeout and on_destroy.
const (
	onError   = "error"
	onWarn    = "warn"
	onCancel  = "cancel"
	onKeep    = "keep"
	onDestroy = "delete"
)

const resourceDescription = "Runs a flow once and waits for the run.\n\n" +
	"Creating the resource starts a run. The run is never repeated, unless an input or a value in " +
	"`triggers` changes, which replaces the resource with a new run. Cleaning up its Job or its record does not start a new one.\n\n" +
	"While it waits, the provider reports within seconds if no agent would take the run. With a cluster in the provider's " +
	"`kubernetes`, it checks the Job before it creates the run, follows the run to its Job and pods, and reports why a pod does " +
	"not start or failed.\n\n" +
	"If an apply fails, times out or is interrupted while it waits, the run is kept, and the next apply continues with the same " +
	"run instead of starting another. After a failure, Terraform plans to replace a tainted resource; it is still " +
	"the same run, and the plan says so. A failed run makes every apply fail, without running again, until an input or " +
	"a trigger changes, `on_failure` is `warn`, or the action `prefect_flow_run_restart` has restarted it and it succeeds.\n\n" +
	"Do not give two resources in different configurations the same inputs, `name` and `triggers` at the same time: one could " +
	"continue a run that the other has started but not recorded yet."

func resourceSchema() schema.Schema {
	attributes := inputAttributes()
	maps.Copy(attributes, waitAttributes())
	maps.Copy(attributes, fixedAttributes())
	maps.Copy(attributes, observedAttributes())
	attributes["record_deleted"] = schema.BoolAttribute{
		Computed: true, PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "`true` if the Server no longer has the run. A finished run then stays in the state as it was last " +
			"seen.",
	}
	return schema.Schema{MarkdownDescription: resourceDescription, Attributes: attributes}
}

func inputAttributes() map[string]schema.Attribute {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	return map[string]schema.Attribute{
		"flow_id": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators: []validator.String{
				flowVersionID(), oneFlow(),
			},
			MarkdownDescription: "Id of the flow version to run, such as the `flow_id` of a `prefect_flow`. A new version then starts a new " +
				"run. Conflicts with `version_group_id`. Changing it starts a new run.",
		},
		"version_group_id": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators: []validator.String{framework.NotBlank()},
			MarkdownDescription: "Version group to run, such as the `id` of a `prefect_flow`: its newest version that is not archived is run. A new " +
				"version does not start a new run. Conflicts with `flow_id`. Changing it starts a new run.",
		},
		"tenant_id": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators:          []validator.String{framework.UUID()},
			MarkdownDescription: tenantDescription + " Changing it starts a new run.",
		},
		"name": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators:          []validator.String{framework.NotBlank()},
			MarkdownDescription: "Name of the run. By default the Server generates one. Changing it renames the run.",
		},
		"parameters": schema.StringAttribute{
			Optional: true, Computed: true, CustomType: framework.JSONType{}, PlanModifiers: keep,
			Validators: []validator.String{jsonObject(), storableJSON()},
			MarkdownDescription: "Parameters as a JSON object, such as `jsonencode({ x = 1 })`. Compared by meaning. Parameters that are left out use the " +
				"defaults of the flow group, or else of the flow. If the attribute is left out, it shows the run's parameters. Changing a " +
				"value starts a new run.",
		},
		"context": schema.StringAttribute{
			Optional: true, Computed: true, CustomType: framework.JSONType{}, PlanModifiers: keep,
			Validators:          []validator.String{jsonObject(), storableJSON()},
			MarkdownDescription: "Values for the run's `prefect.context`, as a JSON object. Changing a value starts a new run.",
		},
		"labels": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
			Validators:    []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
			MarkdownDescription: "Labels of the run. An agent must have all of them to take it. Default: those of `run_config` if that is " +
				"set, else of the flow group, else of the flow. With `[]` the run has no labels, and only an agent without labels takes it. Changing " +
				"them updates a run that still waits for an agent, and starts a new run otherwise.",
		},
		"run_config": runConfigAttribute(),
		"scheduled_start_time": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators: []validator.String{startTime()},
			MarkdownDescription: "When the run is due, in RFC 3339, such as `2030-01-31T08:00:00Z`. Default: immediately. Deadlines count from " +
				"this time. Changing the time starts a new run.",
		},
		"idempotency_key": schema.StringAttribute{
			Optional: true, Computed: true, PlanModifiers: keep,
			Validators: []validator.String{framework.NotBlank()},
			MarkdownDescription: "Key by which the Server recognises a repeated request: a key creates at most one run " +
				"of a flow version, ever. By default the provider derives one from the inputs. Set your own to share a run with something else that starts it, such as " +
				"a CI job. Changing it starts a new run.",
		},
		"triggers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "A change of one of these values starts a new run; `null` is also a value. Adding or removing a key, or the map, does not.",
		},
	}
}

func waitAttributes() map[string]schema.Attribute {
	choice := func(value, description string, values ...string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(value),
			Validators:          []validator.String{framework.OneOf(values...)},
			MarkdownDescription: description,
		}
	}
	return map[string]schema.Attribute{
		"wait_for": choice(runwait.WaitFinished, "What to wait for: `none`, that the run exists; `submitted`, that an agent has taken it; `running`, "+
			"that the flow's process has started; `finished` (default), that the run has ended.", runwait.WaitNone, runwait.WaitSubmitted, runwait.WaitRunning, runwait.WaitFinished),
		"success_states": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			Default:    setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{types.StringValue(states.Success)})),
			Validators: successStateValidators(),
			MarkdownDescription: "Final states that count as success, `[\"Success\"]` by default. A state includes its special cases: " +
				"`Success` includes `Cached`, `Mapped` and `Skipped`, `Failed` includes `TimedOut`, `TriggerFailed` and `ValidationFailed`.",
		},
		"on_failure": choice(onError, "What happens if the run ends in another state: `error` (default) fails the apply, and every later one "+
			"until something changes; `warn` only warns.", onError, onWarn),
		"on_timeout": choice(onError, "What happens when a deadline of `timeouts` passes: `error` (default) fails the apply and does not cancel the run; `warn` only "+
			"warns; `cancel` cancels the run and fails the apply. Unless the run was cancelled, the next apply continues waiting.",
			onError, onWarn, onCancel),
		"on_destroy": choice(onKeep, "What happens when the resource is destroyed or replaced: `keep` (default) does not touch the run and its history; "+
			"`cancel` cancels an unfinished run and waits for its end; `delete` also removes its Job and pods if a "+
			"cluster is configured, and deletes the run with its history.", onKeep, onCancel, onDestroy),
		"timeouts": timeoutsAttribute(),
	}
}

func timeoutsAttribute() schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range deadlines("when the resource is destroyed or a deadline cancels the run") {
		attributes[name] = schema.StringAttribute{Optional: true, Validators: []validator.String{framework.Duration()}, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: timeoutsDescription, Attributes: attributes}
}

const timeoutsDescription = "Deadlines, such as `90s` or `2h`. `0s` disables a deadline."

// deadlines describes the attributes of `timeouts`, which the resource and the action have in common. stopped says which
// cancelled run `stop` is about.
func deadlines(stopped string) map[string]string {
	return map[string]string{
		"agent": "How long to wait for a live agent with the run's labels, counted from the time the run is due. Default `15s`. " +
			"Raise it if agents start on demand.",
		"pick_up": "How long to wait for an agent to take the run, counted from the time the run is due. Default `10m`.",
		"pod_start": "How long to wait for the flow's container to start, counted from the submission; without a cluster, for the state `Running`. " +
			"Default `10m`.",
		"lost_job": "How long to wait for progress once the Job has ended, vanished or cannot start. Default `30s`. Prefect's Lazarus " +
			"restarts such runs after about ten minutes; raise the value to wait for that.",
		"total": "How long to wait for what `wait_for` names, counted from the time the run is due. Default `1h`.",
		"stop":  "How long to wait for a cancelled run to end and its Job to be gone, " + stopped + ". Default `5m`.",
	}
}

// fixedAttributes returns the attributes that are set when the run is created and do not change.
func fixedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":           computedText("UUID of the run."),
		"flow_name":    computedText("Name of the flow."),
		"flow_version": computedNumber("Version of the flow."),
	}
}

func computedText(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

func computedNumber(description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
	}
}

// observedAttributes returns the schema of observed.
func observedAttributes() map[string]schema.Attribute {
	keepList := []planmodifier.List{listplanmodifier.UseStateForUnknown()}
	keepObject := []planmodifier.Object{objectplanmodifier.UseStateForUnknown()}
	return map[string]schema.Attribute{
		"state":             computedText("Name of the run's state, such as `Success`."),
		"state_message":     computedText("Message of the state."),
		"start_time":        computedText("When the flow's process started, in RFC 3339; `null` if it has not."),
		"end_time":          computedText("When the run finished, in RFC 3339; `null` if it has not."),
		"times_resurrected": computedNumber("How often Prefect's Lazarus has restarted the run."),
		"agent": schema.SingleNestedAttribute{
			Computed: true, PlanModifiers: keepObject, MarkdownDescription: "The agent that took the run; `null` if none has.",
			Attributes: map[string]schema.Attribute{
				"id":     schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the agent."},
				"name":   schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the agent."},
				"labels": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels of the agent."},
			},
		},
		"states": schema.ListNestedAttribute{
			Computed: true, PlanModifiers: keepList, MarkdownDescription: "States that the run passed through, oldest first.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"state":   schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the state."},
				"message": schema.StringAttribute{Computed: true, MarkdownDescription: "Its message."},
				"time":    schema.StringAttribute{Computed: true, MarkdownDescription: "When it was set, in RFC 3339."},
			}},
		},
		"logs": schema.ListNestedAttribute{
			Computed: true, PlanModifiers: keepList,
			MarkdownDescription: "The last 50 lines of the run's log at the time the wait ended, oldest first.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"time":    schema.StringAttribute{Computed: true, MarkdownDescription: "When the line was written, in RFC 3339."},
				"level":   schema.StringAttribute{Computed: true, MarkdownDescription: "Level, such as `INFO`."},
				"name":    schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the logger."},
				"message": schema.StringAttribute{Computed: true, MarkdownDescription: "The line."},
			}},
		},
		"job": jobAttribute(keepObject),
	}
}

func jobAttribute(keep []planmodifier.Object) schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Computed: true, PlanModifiers: keep,
		MarkdownDescription: "The Kubernetes Job of the run as it was last seen, the newest if there were several. The agent deletes " +
			"Jobs soon after they finish; these attributes remain. `null` without a cluster in the provider's `kubernetes`.",
		Attributes: map[string]schema.Attribute{
			"name":      text("Name of the Job."),
			"namespace": text("Its namespace."),
			"uid":       text("Its UID."),
			"image":     text("Image of the flow's container."),
			"node":      text("Node of the newest pod."),
			"status":    text(jobvalue.StatusDescription),
			"reason":    text("Why it failed, such as `BackoffLimitExceeded`."),
			"attempt":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the Job among the run's Jobs, from 1."},
			"pods": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "Its pods, oldest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name": text("Name of the pod."), "uid": text("Its UID."), "node": text("Its node."),
					"phase":   text("`Pending`, `Running`, `Succeeded` or `Failed`."),
					"reason":  text("Reason of the pod as a whole, such as `Evicted`."),
					"message": text("The reason in detail."),
					"containers": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "Its containers; the first one runs the flow.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"name": text("Name of the container."), "image": text("Its image."),
							"state":         text("`waiting`, `running` or `terminated`."),
							"reason":        text("Reason of the state, such as `OOMKilled`."),
							"message":       text("The reason in detail."),
							"exit_code":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Exit code, once it has ended."},
							"restart_count": schema.Int64Attribute{Computed: true, MarkdownDescription: "How often it was restarted."},
							"start_time":    text("When it started, in RFC 3339."),
							"end_time":      text("When it ended, in RFC 3339."),
						}},
					},
				}},
			},
		},
	}
}
