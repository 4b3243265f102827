package tenant

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listModel is the list block's configuration.
type listModel struct {
	NameLike types.String `tfsdk:"name_like"`
	SlugLike types.String `tfsdk:"slug_like"`
}

// NewListResource returns the list resource prefect_tenant.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.Tenant, model]{
		Name: "tenant",
		Schema: func() listschema.Schema {
			return listschema.Schema{
				MarkdownDescription: "Tenants of the Server, ordered by slug.",
				Attributes: map[string]listschema.Attribute{
					"name_like": framework.ListFilter(patternOf("names"), framework.NotBlank()),
					"slug_like": framework.ListFilter(patternOf("slugs"), framework.NotBlank()),
				},
			}
		},
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, _ int) ([]prefect.Tenant, diag.Diagnostics) {
			tenants, err := data.Prefect.ListTenants(ctx, prefect.TenantFilter{
				NameLike: config.NameLike.ValueString(), SlugLike: config.SlugLike.ValueString(),
			})
			return tenants, failedList().Diagnose(err)
		},
		Identity: func(tenant *prefect.Tenant) (id, displayName string) { return tenant.ID, tenant.Name },
		Resources: framework.EachResource[listModel](func(_ context.Context, tenant *prefect.Tenant) (m model, _ diag.Diagnostics) {
			m.refresh(tenant)
			return m, nil
		}),
	})
}
