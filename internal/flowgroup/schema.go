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
	"The group itself exists as soon as the flow is registered; this resource manages settings of it, each on its own. A setting that is left " +
	"out is not managed: what the Server has stays. One that was managed and is left out again, or whose resource is destroyed, gets back the " +
	"default of a new group: no description, labels and run configuration of the flow, no default parameters, no schedule but the flow's, " +
	"heartbeats and Lazarus on. One group can have one resource.\n\n" +
	"Importing manages every setting that is not the default. `heartbeat`, `lazarus` and `schedule_active` set to what they are anyway, or " +
	"`default_parameters = \"{}\"`, then show once as added, and adding them changes nothing on the Server."

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
				"A change manages the settings of the other group, and gives those of this one back.",
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
			MarkdownDescription: "Labels of runs, in place of those of `run_config` and of the flow; a run's own labels come before them. " +
				"`[]` takes all labels from runs, so that only agents without labels take them; left out, runs inherit their labels.",
			Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
		},
		"run_config": runconfig.Attribute(runconfig.Descriptions{
			RunConfig:    "Run configuration of runs, in place of the flow's. A run's own comes before it.",
			TemplatePath: "read when Terraform plans and stored with the group, so that a change of the file changes the group.",
			Labels:       "Labels of the run configuration. They replace those of the flow's, even if none are given; `labels` of the group replace them.",
		}),
		"default_parameters": schema.StringAttribute{
			Optional: true, CustomType: framework.JSONType{},
			MarkdownDescription: "Values of parameters, as a JSON object such as `jsonencode({ x = 1 })`, for runs that give none. They come before the " +
				"defaults in the flow. Compared by meaning.",
		},
		"schedule": scheduleAttribute(),
		"schedule_active": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the Server creates runs by the schedule, this one or the flow's own. The Server keeps this at the newest version of the " +
				"flow, and `prefect_flow` has the attribute, too: use one of them. A flow that has no schedule of its own is registered inactive, so a group that " +
				"gives it one usually sets this to `true`, which takes values for all required parameters in every clock or in `default_parameters`. Giving the " +
				"setting back leaves it as it is, unless the last schedule goes at the same time: then it is switched off.",
		},
		"heartbeat": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether runs send heartbeats. Without them the Server neither fails tasks whose process died, nor starts lost runs again. " +
				"Default of the Server: `true`.",
		},
		"lazarus": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether the Server starts lost runs again, up to three times (Lazarus). Default of the Server: `true`.",
		},
	}
}

func scheduleAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Schedule of runs, in place of the flow's own. It only has an effect while it is active: see `schedule_active`. Changing its " +
			"meaning replaces it as a whole: the Server deletes the runs that the old one made and that have not begun, and intervals count from then on.",
		Attributes: map[string]schema.Attribute{
			"timezone": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "IANA name of the time zone in which clocks read the time, such as `Europe/Berlin`. With a time zone, intervals count from the " +
					"moment that the schedule is set; without, times are in UTC and intervals count from the beginning of 2019.",
			},
			"clocks": schema.ListNestedAttribute{
				Required:   true,
				Validators: []validator.List{framework.Elements()},
				MarkdownDescription: "Clocks, each of which starts runs; their order has no meaning. `[]` is a schedule without runs, which keeps the flow's own " +
					"from starting any.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"cron": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "Cron expression: minute, hour, day of month, month, day of week, such as `0 6 * * 1-5`. " +
							"Excludes `interval`.",
					},
					"interval": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Time between runs, such as `90m` or `24h`: a minute or more, in whole seconds. Excludes `cron`.",
					},
					"parameter_defaults": schema.StringAttribute{
						Optional: true, CustomType: framework.JSONType{},
						MarkdownDescription: "Values of parameters for the runs of this clock, as a JSON object. They come before `default_parameters`.",
					},
				}},
			},
		},
	}
}
