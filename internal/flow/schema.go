package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// Deletion policies.
const (
	policyArchive = "archive"
	policyDelete  = "delete"
	policyAbandon = "abandon"
)

const resourceDescription = "Registers a flow with a Prefect Server, as `prefect register --json` does.\n\n" +
	"The flow comes from `prefect build`: either a whole build document, from which `name` selects a flow, or one " +
	"serialised flow. The provider computes the same idempotency key as the CLI, so an unchanged flow is not " +
	"registered again, no matter who registered it, and Terraform and the CLI can be used side by side. Registering a " +
	"changed flow creates a new version in the same version group, and the Server archives the previous version: its " +
	"runs that have not started are cancelled, and those that its schedule created are deleted. The plan says which.\n\n" +
	"`id` is the version group, which is the same for all versions. Use `flow_id` for a specific version.\n\n" +
	"On the Server, flows with the same name in one project share a version group. Creating this resource for a " +
	"name that the project already has therefore adds a version to the existing group, with a warning in the plan. Two resources " +
	"for the same name in one project are an error."

func resourceSchema(ctx context.Context) schema.Schema {
	attributes := inputAttributes()
	for name, attribute := range computedAttributes() {
		attributes[name] = attribute
	}
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Delete: true,
		DeleteDescription: "How long `deletion_policy = \"delete\"` waits for cancelled runs to finish, such as `5m`. " +
			"Default `10m`.",
	})
	return schema.Schema{
		Version:             0,
		MarkdownDescription: resourceDescription,
		Attributes:          attributes,
	}
}

func inputAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"project_id": schema.StringAttribute{
			Required:   true,
			Validators: []validator.String{framework.UUID()},
			MarkdownDescription: "Id of the project to register the flow in. Changing it moves all versions of the flow " +
				"to the other project, which must belong to the same tenant, without registering a version.",
		},
		"tenant_id": schema.StringAttribute{
			Optional: true, Computed: true,
			Validators: []validator.String{framework.UUID()},
			PlanModifiers: []planmodifier.String{
				stringplanmodifier.UseStateForUnknown(),
				stringplanmodifier.RequiresReplaceIfConfigured(),
			},
			MarkdownDescription: "Id of the tenant that the project belongs to. Default: the provider's tenant.",
		},
		"flow_json": schema.StringAttribute{
			Optional:   true,
			CustomType: framework.JSONType{},
			Validators: []validator.String{framework.StringBeside(stringvalidator.ExactlyOneOf(path.MatchRoot(fromFile)),
				"Exactly one argument is required", "Set either `flow_file` (the path of the flow's file) or `flow_json` (the flow itself).")},
			MarkdownDescription: "The flow, serialised by Prefect 1's `prefect build`: the text of a build document, such as " +
				"`file(\"flows.json\")`, or one of its flows. Compared by meaning: formatting and the order of keys do not " +
				"matter. The plan and the state hold all of it; `flow_file` keeps them short. Exactly one of `flow_json` and " +
				"`flow_file` must be set.",
		},
		"flow_file": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{framework.NotBlank()},
			MarkdownDescription: "Path of a file with what `flow_json` would hold, such as `\"${path.module}/flows/etl.json\"`. A relative " +
				"path starts at the directory that Terraform runs in. The plan and the state hold the path, the key and a `summary` in place " +
				"of the flow. The file is read by the plan and again when it is applied, which is refused if it means another flow by then; " +
				"refreshing and destroying do not need it. The path itself is not compared: while the flow is the same, the state keeps " +
				"the path that it was registered from. At most 64 MiB.",
		},
		"name": schema.StringAttribute{
			Optional: true, Computed: true,
			Validators: []validator.String{framework.NotEmpty("etl")},
			MarkdownDescription: "Name of the flow. Required for a build document with several flows, to select " +
				"one. Otherwise optional; if set, it must be the name of the flow in the document.",
		},
		"labels": schema.SetAttribute{
			Optional: true, Computed: true,
			ElementType: types.StringType,
			Validators:  []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
			MarkdownDescription: "Labels to add to those of the flow's run configuration, as `prefect register --label` does. " +
				"An agent takes a run only if it has all labels of the run.",
		},
		"run_config": runConfigAttribute(),
		"description": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Description of the version. The Server sets it only during registration, so a " +
				"changed description registers a new version of the same flow. If left out, the current description is " +
				"kept. The description of `prefect_flow_group` can be changed without a new version.",
		},
		"version_group_id": schema.StringAttribute{
			Optional: true, Computed: true,
			Validators: []validator.String{framework.NotBlank()},
			MarkdownDescription: "Version group to register the flow in, usually a UUID. Default: the group of the newest " +
				"flow with the same name in the project, or a new group. Use a version group for one flow only: registering in it archives the versions " +
				"that it has in other projects and tenants. Changing it replaces the resource.",
		},
		"schedule_active": schema.BoolAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "`true` lets the Server create runs on the flow's schedule, or on that of its flow group. If " +
				"left out, the provider does not manage it, and it is null: registering activates the schedule, as `prefect register` does, " +
				"unless the previous version was deactivated. `true` is an error for a flow without a schedule, or with a required parameter that " +
				"the schedule does not set: the Server would silently leave such a schedule inactive. `prefect_flow_group` has the same attribute: " +
				"set only one of them. The data source `prefect_flow` shows what the Server has.",
		},
		"deletion_policy": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:    stringdefault.StaticString(policyArchive),
			Validators: []validator.String{framework.OneOf(policyArchive, policyDelete, policyAbandon)},
			MarkdownDescription: "What happens when the resource is destroyed. `archive` (default): archives the flow; its runs and " +
				"their history stay, and runs that have not started are cancelled. `delete`: cancels unfinished runs, waits " +
				"until they have finished, and deletes all versions, all runs and the flow group. `abandon`: changes " +
				"nothing on the Server.",
		},
	}
}

func runConfigAttribute() schema.Attribute {
	attribute := runconfig.Attribute(runconfig.Descriptions{
		RunConfig: "Run configuration that replaces the one of the flow. If left out, the flow's own is used, " +
			"whatever its type.",
		TemplatePath: "read during plan and stored with the flow, so a changed file registers a new version.",
		Labels: "Labels of the run configuration, which agents match. The `labels` of the resource are added to " +
			"them.",
	})
	attribute.Computed = true // an import sets it, and the configuration may omit it
	return attribute
}

func computedAttributes() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id":       text("Version group of the flow. It stays the same for all versions."),
		"flow_id":  text("Id of the newest version of the flow."),
		"version":  schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the newest version, counted from 1 in the version group."},
		"archived": schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the newest version is archived. Terraform then registers the flow again."},
		"flow_group_id": text("Id of the flow group, which contains the settings that all versions share. Not the same as " +
			"`version_group_id`, which is the group's name."),
		"idempotency_key": text("Key of the newest version: the SHA-256 of the serialised flow, as `prefect register` computes it."),
		"core_version":    text("Version of Prefect that serialised the flow."),
		"task_count":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of tasks in the flow, including parameters."},
		"summary":         flowsummary.ResourceAttribute(),
		"changes": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "What the newest version changes against the one before, in a few lines such as " +
				"`tasks: + load_b, ~ transform: max_retries 0 -> 3`. The plan shows it before the version is registered, also where the version " +
				"before was registered by the CLI. Environment variables are named without their values. Null for the first version, and for " +
				"one that this resource did not register.",
		},
		"parameters": schema.ListNestedAttribute{
			Computed:            true,
			MarkdownDescription: "Parameters of the flow.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":     text("Name of the parameter."),
				"required": schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if every run must set a value."},
				"default": schema.StringAttribute{
					Computed: true, CustomType: framework.JSONType{},
					MarkdownDescription: "Default value as JSON; `null` for a required parameter.",
				},
			}},
		},
	}
}
