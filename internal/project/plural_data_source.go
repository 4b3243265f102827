package project

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// projectsDataSource implements the data source prefect_projects.
type projectsDataSource struct {
	data *framework.ProviderData
}

var _ datasource.DataSourceWithConfigure = (*projectsDataSource)(nil)

// pluralModel is the data source.
type pluralModel struct {
	TenantID types.String `tfsdk:"tenant_id"`
	NameLike types.String `tfsdk:"name_like"`
	Projects []dataModel  `tfsdk:"projects"`
}

// NewPluralDataSource returns the data source prefect_projects.
func NewPluralDataSource() datasource.DataSource { return &projectsDataSource{} }

// Metadata gives the type name.
func (d *projectsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_projects"
}

// Configure takes over the provider data.
func (d *projectsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *projectsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The projects of a tenant. An empty result is not an error.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the tenant. Defaults to the provider's tenant.",
				Validators:          []validator.String{framework.UUID()},
			},
			"name_like": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Pattern of the names: `%` stands for any text and `_` for any character; case does not matter. Without it all projects are found.",
				Validators:          []validator.String{framework.NotBlank()},
			},
			"projects": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The projects found, ordered by name.",
				NestedObject: schema.NestedAttributeObject{
					Attributes: map[string]schema.Attribute{
						"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the project."},
						"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the project."},
						"description": schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the project, `null` if it has none."},
						"tenant_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the project's tenant."},
					},
				},
			},
		},
	}
}

// Read lists the projects.
func (d *projectsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m pluralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	failure := framework.Failure{Summary: "Could not list the projects"}
	client, diags := d.data.ToList(ctx, &m.TenantID, failure)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	projects, err := client.ListProjects(ctx, prefect.ProjectFilter{NameLike: m.NameLike.ValueString()})
	if err != nil {
		resp.Diagnostics.Append(failure.Diagnose(err)...)
		return
	}
	m.Projects = make([]dataModel, 0, len(projects))
	for i := range projects {
		m.Projects = append(m.Projects, found(&projects[i]))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// found is a project as data sources show it.
func found(project *prefect.Project) dataModel {
	return dataModel{
		ID:          types.StringValue(project.ID),
		Name:        types.StringValue(project.Name),
		Description: framework.StringOrNull(project.Description),
		TenantID:    types.StringValue(project.TenantID),
	}
}
