package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// flowsDataSource implements the data source prefect_flows.
type flowsDataSource struct {
	data *framework.ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*flowsDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*flowsDataSource)(nil)
)

// pluralModel is the data source.
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
func NewPluralDataSource() datasource.DataSource { return &flowsDataSource{} }

// Metadata gives the type name.
func (d *flowsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flows"
}

// Configure takes over the provider data.
func (d *flowsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *flowsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	filter := func(description string, v validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{v}, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registered flows of a tenant: all versions that the filters let through. An empty result is not an error.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{framework.UUID()},
				MarkdownDescription: "UUID of the tenant. Defaults to the provider's tenant.",
			},
			"project_id":   filter("Only flows of the project with this UUID.", framework.UUID()),
			"project_name": filter("Only flows of the project of this name.", framework.NotBlank()),
			"name":         filter("Only flows of this name.", framework.NotEmpty("etl")),
			"name_like": filter("Only flows whose name fits this pattern: `%` stands for any text and `_` for any character; case does not matter.",
				framework.NotBlank()),
			"archived": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "`false` for the current versions only: at most one of each flow, and none of a flow that was archived as a whole. " +
					"`true` for archived versions only. Without it both are found.",
			},
			"flows": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The versions found, ordered by name, then version group, newest version first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":              text("Version group of the flow, the `id` of a `prefect_flow`."),
					"flow_id":         text("Id of the version."),
					"name":            text("Name of the flow."),
					"project_id":      text("Id of the project."),
					"project_name":    text("Name of the project."),
					"version":         schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the version, counted from 1 in the version group."},
					"archived":        schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the version is archived."},
					"flow_group_id":   text("Id of the flow group."),
					"core_version":    text("Version of Prefect that serialised the flow."),
					"task_count":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of tasks, parameters included."},
					"description":     text("Description of the version."),
					"schedule_active": schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the Server creates runs on the schedule."},
					"labels":          schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels of the version's run configuration."},
				}},
			},
		},
	}
}

// ConfigValidators refuses two ways to say the same.
func (d *flowsDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		framework.Conflicting("project_id", "project_name"),
		framework.Conflicting("name", "name_like"),
	}
}

// Read lists the flows.
func (d *flowsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m pluralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	failure := framework.Failure{Summary: "Could not list the flows"}
	client, diags := d.data.ToList(ctx, &m.TenantID, failure)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	flows, err := client.ListFlows(ctx, prefect.FlowFilter{
		ProjectID: m.ProjectID.ValueString(), ProjectName: m.ProjectName.ValueString(),
		Name: m.Name.ValueString(), NameLike: m.NameLike.ValueString(), Archived: m.Archived.ValueBoolPointer(),
	})
	if err != nil {
		resp.Diagnostics.Append(failure.Diagnose(err)...)
		return
	}
	m.Flows = make([]listedModel, 0, len(flows))
	for i := range flows {
		one, diags := listed(ctx, &flows[i])
		resp.Diagnostics.Append(diags...)
		m.Flows = append(m.Flows, one)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
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
