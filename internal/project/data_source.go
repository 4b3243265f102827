package project

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// projectDataSource implements the data source prefect_project.
type projectDataSource struct {
	data *framework.ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*projectDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*projectDataSource)(nil)
)

// dataModel is the data source.
type dataModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	TenantID    types.String `tfsdk:"tenant_id"`
}

// NewDataSource returns the data source prefect_project.
func NewDataSource() datasource.DataSource { return &projectDataSource{} }

// Metadata gives the type name.
func (d *projectDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_project"
}

// Configure takes over the provider data.
func (d *projectDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *projectDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A project, by `id` or `name`.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the project.",
				Validators:          []validator.String{framework.UUID()},
			},
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the project, unique in its tenant.",
				Validators:          []validator.String{framework.NotBlank()},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the tenant to look in. Defaults to the provider's tenant, and for a project given by `id` to all tenants.",
				Validators:          []validator.String{framework.UUID()},
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Description of the project, `null` if it has none.",
			},
		},
	}
}

// ConfigValidators wants exactly one way to choose.
func (d *projectDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		framework.ExactlyOneOf("id", "name"),
	}
}

// Read finds the project.
func (d *projectDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	project, failure, err := find(ctx, d.data, config)
	if err != nil {
		resp.Diagnostics.Append(failure.DiagnoseIn(err, config.TenantID)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, found(project))...)
}

func find(ctx context.Context, data *framework.ProviderData, config dataModel) (*prefect.Project, framework.Failure, error) {
	attribute, value := "name", config.Name.ValueString()
	if !config.ID.IsNull() {
		attribute, value = "id", config.ID.ValueString()
	}
	failure := framework.Failure{
		Summary:   fmt.Sprintf("Could not find the project with %s %q", attribute, value),
		Attribute: path.Root(attribute),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check the value, and that the provider's `endpoint` and `tenant` are right; set `tenant_id` for a project of another tenant. " +
				"If the project is created in the same configuration, refer to its resource instead.",
		},
	}
	var project *prefect.Project
	var err error
	switch client := data.InTenant(config.TenantID.ValueString()); {
	case attribute == "name":
		project, err = client.FindProject(ctx, value)
	case config.TenantID.IsNull():
		project, err = findByID(ctx, data, value)
	default:
		project, err = client.GetProject(ctx, value)
	}
	return project, failure, err
}
