package tenant

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// tenantsDataSource implements the data source prefect_tenants.
type tenantsDataSource struct {
	data *framework.ProviderData
}

var _ datasource.DataSourceWithConfigure = (*tenantsDataSource)(nil)

// pluralModel is the data source.
type pluralModel struct {
	Tenants []dataModel `tfsdk:"tenants"`
}

// NewPluralDataSource returns the data source prefect_tenants.
func NewPluralDataSource() datasource.DataSource { return &tenantsDataSource{} }

// Metadata gives the type name.
func (d *tenantsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_tenants"
}

// Configure takes over the provider data.
func (d *tenantsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *tenantsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All tenants of the Server. None is not an error.",
		Attributes: map[string]schema.Attribute{
			"tenants": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The tenants, ordered by slug.",
				NestedObject: schema.NestedAttributeObject{
					Attributes: map[string]schema.Attribute{
						"id":   schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the tenant."},
						"slug": schema.StringAttribute{Computed: true, MarkdownDescription: "Slug of the tenant."},
						"name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the tenant."},
					},
				},
			},
		},
	}
}

// Read lists the tenants.
func (d *tenantsDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	tenants, err := d.data.Prefect.ListTenants(ctx)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not list the tenants")...)
		return
	}
	m := pluralModel{Tenants: make([]dataModel, 0, len(tenants))}
	for i := range tenants {
		m.Tenants = append(m.Tenants, dataModel{
			ID:   types.StringValue(tenants[i].ID),
			Name: types.StringValue(tenants[i].Name),
			Slug: types.StringValue(tenants[i].Slug),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
