package tenant

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// pluralModel is the data source's attributes.
type pluralModel struct {
	NameLike types.String `tfsdk:"name_like"`
	SlugLike types.String `tfsdk:"slug_like"`
	Tenants  []dataModel  `tfsdk:"tenants"`
}

// NewPluralDataSource returns the data source prefect_tenants.
func NewPluralDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[pluralModel]{
		Name: "tenants",
		Schema: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "Tenants of the Server. An empty result is not an error.",
				Attributes: map[string]schema.Attribute{
					"name_like": framework.Filter(patternOf("names"), framework.NotBlank()),
					"slug_like": framework.Filter(patternOf("slugs"), framework.NotBlank()),
					"tenants": framework.Found("The tenants found, ordered by slug.", map[string]schema.Attribute{
						"id":   framework.Text("UUID of the tenant."),
						"slug": framework.Text("Slug of the tenant."),
						"name": framework.Text("Name of the tenant."),
					}),
				},
			}
		},
		Read: func(ctx context.Context, data *framework.ProviderData, m *pluralModel) (diags diag.Diagnostics) {
			m.Tenants, diags = framework.Listing[prefect.Tenant, dataModel]{
				Failure: failedList(),
				Query: func(ctx context.Context, client *prefect.Client) ([]prefect.Tenant, error) {
					return client.ListTenants(ctx, prefect.TenantFilter{NameLike: m.NameLike.ValueString(), SlugLike: m.SlugLike.ValueString()})
				},
				Show: func(_ context.Context, tenant *prefect.Tenant) (dataModel, diag.Diagnostics) {
					return found(tenant), nil
				},
			}.All(ctx, data.Prefect)
			return diags
		},
	})
}

// found converts a tenant to the data source's model.
func found(tenant *prefect.Tenant) dataModel {
	return dataModel{ID: types.StringValue(tenant.ID), Name: types.StringValue(tenant.Name), Slug: types.StringValue(tenant.Slug)}
}

func failedList() framework.Failure { return framework.Failure{Summary: "Could not list the tenants"} }

// patternOf describes a filter.
func patternOf(what string) string {
	return "Pattern for the " + what + ": `%` matches any text and `_` any character; case does not matter. Default: all tenants."
}
