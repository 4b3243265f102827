package tenant

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// tenantsDataSource implements the data source prefect_tenants.
type tenantsDataSource struct {
	data *framework.ProviderData
}

var _ datasource.DataSourceWithConfigure = (*tenantsDataSource)(nil)

// pluralModel is the data source.
type pluralModel struct {
	NameLike types.String `tfsdk:"name_like"`
	SlugLike types.String `tfsdk:"slug_like"`
	Tenants  []dataModel  `tfsdk:"tenants"`
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
		MarkdownDescription: "Tenants of the Server. An empty result is not an error.",
		Attributes: map[string]schema.Attribute{
			"name_like": pattern("names"),
			"slug_like": pattern("slugs"),
			"tenants": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The tenants found, ordered by slug.",
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

func pattern(of string) schema.Attribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: patternOf(of), Validators: []validator.String{framework.NotBlank()}}
}

// patternOf describes a filter.
func patternOf(what string) string {
	return "Pattern of the " + what + ": `%` stands for any text and `_` for any character; case does not matter. Without it all tenants are found."
}

// Read lists the tenants.
func (d *tenantsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m pluralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	tenants, err := d.data.Prefect.ListTenants(ctx, prefect.TenantFilter{NameLike: m.NameLike.ValueString(), SlugLike: m.SlugLike.ValueString()})
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not list the tenants")...)
		return
	}
	m.Tenants = make([]dataModel, 0, len(tenants))
	for i := range tenants {
		m.Tenants = append(m.Tenants, dataModel{
			ID:   types.StringValue(tenants[i].ID),
			Name: types.StringValue(tenants[i].Name),
			Slug: types.StringValue(tenants[i].Slug),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
