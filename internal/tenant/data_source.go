package tenant

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// tenantDataSource implements the data source prefect_tenant.
type tenantDataSource struct {
	data *framework.ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*tenantDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*tenantDataSource)(nil)
)

// dataModel is the data source.
type dataModel struct {
	ID   types.String `tfsdk:"id"`
	Name types.String `tfsdk:"name"`
	Slug types.String `tfsdk:"slug"`
}

// NewDataSource returns the data source prefect_tenant.
func NewDataSource() datasource.DataSource { return &tenantDataSource{} }

// Metadata gives the type name.
func (d *tenantDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_tenant"
}

// Configure takes over the provider data.
func (d *tenantDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *tenantDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A tenant, by `id`, `slug` or `name`; without any of them, the tenant that the provider works in.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the tenant.",
				Validators:          []validator.String{framework.UUID()},
			},
			"slug": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Slug of the tenant, unique on the Server.",
				Validators:          []validator.String{framework.NotBlank()},
			},
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the tenant. Several tenants can have the same; then one must be chosen by `id` or `slug`.",
				Validators:          []validator.String{framework.NotBlank()},
			},
		},
	}
}

// ConfigValidators refuses more than one way to choose.
func (d *tenantDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		framework.Conflicting("id", "slug", "name"),
	}
}

// Read finds the tenant.
func (d *tenantDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	tenant, diags := find(ctx, d.data.Prefect, config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, dataModel{
		ID:   types.StringValue(tenant.ID),
		Name: types.StringValue(tenant.Name),
		Slug: types.StringValue(tenant.Slug),
	})...)
}

func find(ctx context.Context, client *prefect.Client, config dataModel) (*prefect.Tenant, diag.Diagnostics) {
	failure := framework.Failure{Summary: "Could not find the provider's tenant"}
	var tenant *prefect.Tenant
	var err error
	switch {
	case !config.ID.IsNull():
		failure = notFound("id", config.ID.ValueString())
		tenant, err = client.GetTenant(ctx, config.ID.ValueString())
	case !config.Slug.IsNull():
		failure = notFound("slug", config.Slug.ValueString())
		tenant, err = client.FindTenant(ctx, config.Slug.ValueString())
	case !config.Name.IsNull():
		return findByName(ctx, client, config.Name.ValueString())
	default:
		var id string
		if id, err = client.TenantID(ctx); err == nil {
			tenant, err = client.GetTenant(ctx, id)
		}
	}
	return tenant, failure.Diagnose(err)
}

func findByName(ctx context.Context, client *prefect.Client, name string) (*prefect.Tenant, diag.Diagnostics) {
	failure := notFound("name", name)
	tenants, err := client.ListTenants(ctx, prefect.TenantFilter{})
	if err != nil {
		return nil, failure.Diagnose(err)
	}
	var found []prefect.Tenant
	for _, tenant := range tenants {
		if tenant.Name == name {
			found = append(found, tenant)
		}
	}
	switch len(found) {
	case 0:
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), failure.Summary,
			"No tenant of this Server has this name. "+failure.Remedies[prefect.ErrNotFound])}
	case 1:
		return &found[0], nil
	default:
		slugs := make([]string, 0, len(found))
		for _, tenant := range found {
			slugs = append(slugs, tenant.Slug)
		}
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), failure.Summary,
			fmt.Sprintf("%d tenants have this name. Choose one by `slug`: %s.", len(found), quoted(slugs)))}
	}
}

func notFound(attribute, value string) framework.Failure {
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not find the tenant with %s %q", attribute, value),
		Attribute: path.Root(attribute),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check the value, and that the provider's `endpoint` is the right Server. " +
				"If the tenant is created in the same configuration, refer to its resource instead.",
		},
	}
}
