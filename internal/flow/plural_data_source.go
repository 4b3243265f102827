package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// pluralModel is the data source's attributes.
type pluralModel struct {
	TenantID    types.String  `tfsdk:"tenant_id"`
	ProjectID   types.String  `tfsdk:"project_id"`
	ProjectName types.String  `tfsdk:"project_name"`
	Name        types.String  `tfsdk:"name"`
	NameLike    types.String  `tfsdk:"name_like"`
	Archived    types.Bool    `tfsdk:"archived"`
	Flows       []listedModel `tfsdk:"flows"`
}

// listedModel is one version in the list.
type listedModel struct {
	ID             types.String `tfsdk:"id"`
	FlowID         types.String `tfsdk:"flow_id"`
	Name           types.String `tfsdk:"name"`
	ProjectID      types.String `tfsdk:"project_id"`
	ProjectName    types.String `tfsdk:"project_name"`
	Version        types.Int64  `tfsdk:"version"`
	Archived       types.Bool   `tfsdk:"archived"`
	FlowGroupID    types.String `tfsdk:"flow_group_id"`
	CoreVersion    types.String `tfsdk:"core_version"`
	TaskCount      types.Int64  `tfsdk:"task_count"`
	Description    types.String `tfsdk:"description"`
	ScheduleActive types.Bool   `tfsdk:"schedule_active"`
	Labels         types.Set    `tfsdk:"labels"`
}

// NewPluralDataSource returns the data source prefect_flows.
func NewPluralDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[pluralModel]{
		Name: "flows", Schema: pluralSchema,
		Validators: []datasource.ConfigValidator{
			framework.Conflicting("project_id", "project_name"),
			framework.Conflicting("name", "name_like"),
		},
		Read: func(ctx context.Context, data *framework.ProviderData, m *pluralModel) (diags diag.Diagnostics) {
			m.Flows, diags = framework.Listing[prefect.Flow, listedModel]{Failure: failedList(), Query: m.query, Show: listed}.Of(ctx, data, &m.TenantID)
			return diags
		},
	})
}

func failedList() framework.Failure { return framework.Failure{Summary: "Could not list the flows"} }

func (m *pluralModel) query(ctx context.Context, client *prefect.Client) ([]prefect.Flow, error) {
	return client.ListFlows(ctx, prefect.FlowFilter{ //nolint:wrapcheck // the listing explains it
		ProjectID: m.ProjectID.ValueString(), ProjectName: m.ProjectName.ValueString(),
		Name: m.Name.ValueString(), NameLike: m.NameLike.ValueString(), Archived: m.Archived.ValueBoolPointer(),
	})
}

func pluralSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Registered flows of a tenant: all versions that match the filters. An empty result is not an error.",
		Attributes: map[string]schema.Attribute{
			"tenant_id":    framework.TenantKey(),
			"project_id":   framework.Filter("Only flows of the project with this UUID.", framework.UUID()),
			"project_name": framework.Filter("Only flows of the project of this name.", framework.NotBlank()),
			"name":         framework.Filter("Only flows of this name.", framework.NotEmpty("etl")),
			"name_like": framework.Filter("Only flows whose name matches this pattern: `%` matches any text and `_` any character; case does not matter.",
				framework.NotBlank()),
			"archived": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "`false` for current versions only: at most one per flow, and none of a flow that is completely archived. " +
					"`true` for archived versions only. Default: both.",
			},
			"flows": framework.Found("The versions found, ordered by name, then version group, newest version first.", map[string]schema.Attribute{
				"id":              framework.Text("Version group of the flow, the `id` of a `prefect_flow`."),
				"flow_id":         framework.Text("Id of the version."),
				"name":            framework.Text("Name of the flow."),
				"project_id":      framework.Text("Id of the project."),
				"project_name":    framework.Text("Name of the project."),
				"version":         framework.Number("Number of the version, counted from 1 in the version group."),
				"archived":        framework.Flag("`true` if the version is archived."),
				"flow_group_id":   framework.Text("Id of the flow group."),
				"core_version":    framework.Text("Version of Prefect that serialised the flow."),
				"task_count":      framework.Number("Number of tasks, including parameters."),
				"description":     framework.Text("Description of the version."),
				"schedule_active": framework.Flag("`true` if the Server creates runs on the schedule."),
				"labels":          framework.Texts("Labels of the version's run configuration."),
			}),
		},
	}
}

func listed(ctx context.Context, f *prefect.Flow) (listedModel, diag.Diagnostics) {
	labels := []string{}
	if config, err := decodeObject(f.RunConfig); err == nil {
		labels = append(labels, serialization.NewFlow(map[string]any{"run_config": config}).Labels()...)
	}
	set, diags := framework.StringSet(ctx, labels)
	return listedModel{
		ID: types.StringValue(f.VersionGroupID), FlowID: types.StringValue(f.ID), Name: types.StringValue(f.Name),
		ProjectID: types.StringValue(f.ProjectID), ProjectName: types.StringValue(f.ProjectName),
		Version: types.Int64Value(int64(f.Version)), Archived: types.BoolValue(f.Archived), FlowGroupID: types.StringValue(f.FlowGroupID),
		CoreVersion: framework.StringOrNullIfEmpty(f.CoreVersion), TaskCount: types.Int64Value(int64(f.TaskCount)),
		Description: framework.StringOrNull(f.Description), ScheduleActive: types.BoolValue(f.IsScheduleActive), Labels: set,
	}, diags
}
