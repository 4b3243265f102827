package flowgroup

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

const resourceDescription = "Settings that all versions of a flow share, and that a new version keeps.\n\n" +
	"The group exists as soon as the flow is registered. This resource manages each of its settings separately. A setting that is left " +
	"out is not managed: it stays as it is on the Server. Removing a setting, or destroying the resource, resets what was managed to the " +
	"default of a new group: no description, labels and run configuration of the flow, no default parameters, no schedule but the flow's, " +
	"heartbeats and Lazarus on. One group can have one resource.\n\n" +
	"An import manages every setting that differs from its default. If the configuration sets `heartbeat`, `lazarus` or `schedule_active` to the default, or " +
	"`default_parameters = \"{}\"`, the next plan adds it once, which changes nothing on the Server."

func resourceSchema() schema.Schema {
	attributes := settingAttributes()
	for name, attribute := range keyAttributes() {
		attributes[name] = attribute
	}
	return schema.Schema{MarkdownDescription: resourceDescription, Attributes: attributes}
}

func keyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "UUID of the flow group, the same as `flow_group_id` of a `prefect_flow`.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"version_group_id": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Version group of the flow, usually `prefect_flow.<name>.id`. The flow must be registered. " +
				"A change resets the old group to its defaults and manages the new one.",
			Validators:    []validator.String{framework.NotBlank()},
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"tenant_id": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "UUID of the tenant that the flow belongs to. Default: the provider's tenant.",
			Validators:          []validator.String{framework.UUID()},
			PlanModifiers: []planmodifier.String{
				stringplanmodifier.UseStateForUnknown(),
				stringplanmodifier.RequiresReplaceIfConfigured(),
			},
		},
	}
}

func settingAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"description": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Description of the flow, in Markdown, that the UI shows for all versions.",
		},
		"labels": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Labels of runs. They replace those of `run_config` and of the flow; a run's own labels replace them. " +
				"`[]` removes all labels from runs, so that only agents without labels take them. If left out, runs inherit their labels.",
			Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
		},
		"run_config": runconfig.Attribute(runconfig.Descriptions{
			RunConfig:    "Run configuration of runs. It replaces the flow's; a run's own replaces it.",
			TemplatePath: "read during plan and stored with the group, so a changed file changes the group.",
			Labels:       "Labels of the run configuration. They replace those of the flow's, even if none are set; `labels` of the group replace them.",
		}),
		"default_parameters": schema.StringAttribute{
			Optional: true, CustomType: framework.JSONType{},
			MarkdownDescription: "Parameter values, as a JSON object such as `jsonencode({ x = 1 })`, for runs that do not set them. They take precedence over the " +
				"flow's defaults. Compared by meaning.",
		},
		"schedule": scheduleAttribute(),
		"schedule_active": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "`true` lets the Server create runs on the schedule, this one or the flow's own. The Server stores this with the newest version of the " +
				"flow, and `prefect_flow` has the same attribute: set only one of them. A flow without a schedule of its own is registered inactive, so a group that " +
				"adds a schedule usually sets this to `true`. Every required parameter then needs a value in every clock or in `default_parameters`. Removing the " +
				"attribute leaves the schedule as it is, unless the last schedule is removed too.",
		},
		"heartbeat": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "`true` lets runs send heartbeats. Without them the Server neither fails tasks whose process died nor restarts lost runs. " +
				"Default of the Server: `true`.",
		},
		"lazarus": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "`true` lets the Server restart lost runs, up to three times (Lazarus). Default of the Server: `true`.",
		},
	}
}

func scheduleAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Schedule of runs. It replaces the flow's own, and only has an effect while it is active (see `schedule_active`). Changing its " +
			"meaning replaces it completely: the Server deletes the old schedule's runs that have not started, and intervals start anew.",
		Attributes: map[string]schema.Attribute{
			"timezone": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "IANA name of the clocks' time zone, such as `Europe/Berlin`. With a time zone, intervals start when " +
					"the schedule is set. Without one, times are in UTC and intervals start at the beginning of 2019.",
			},
			"clocks": schema.ListNestedAttribute{
				Required:   true,
				Validators: []validator.List{framework.Elements()},
				MarkdownDescription: "Clocks, each of which starts runs; their order does not matter. `[]` is a schedule without runs, which stops the flow's own " +
					"from starting any.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"cron": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "Cron expression: minute, hour, day of month, month, day of week, such as `0 6 * * 1-5`. " +
							"Conflicts with `interval`.",
					},
					"interval": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Time between runs, such as `90m` or `24h`: whole seconds, at least a minute. Conflicts with `cron`.",
					},
					"parameter_defaults": schema.StringAttribute{
						Optional: true, CustomType: framework.JSONType{},
						MarkdownDescription: "Parameter values for the runs of this clock, as a JSON object. They take precedence over `default_parameters`.",
					},
				}},
			},
		},
	}
}
