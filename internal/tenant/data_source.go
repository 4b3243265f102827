package tenant

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// dataModel is the data source's attributes.
type dataModel struct {
	ID   types.String `tfsdk:"id"`
	Name types.String `tfsdk:"name"`
	Slug types.String `tfsdk:"slug"`
}

// NewDataSource returns the data source prefect_tenant.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[dataModel]{
		Name: "tenant",
		Schema: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "A tenant, selected by `id`, `slug` or `name`; by default the provider's tenant.",
				Attributes: map[string]schema.Attribute{
					"id":   framework.Key("UUID of the tenant.", framework.UUID()),
					"slug": framework.Key("Slug of the tenant, unique on the Server.", framework.NotBlank()),
					"name": framework.Key("Name of the tenant. If several tenants have the same name, use `id` or `slug`.", framework.NotBlank()),
				},
			}
		},
		Validators: []datasource.ConfigValidator{
			framework.Conflicting("id", "slug", "name"),
		},
		Read: func(ctx context.Context, data *framework.ProviderData, m *dataModel) diag.Diagnostics {
			tenant, diags := find(ctx, data.Prefect, *m)
			if !diags.HasError() {
				*m = found(tenant)
			}
			return diags
		},
	})
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
	var named []prefect.Tenant
	for _, tenant := range tenants {
		if tenant.Name == name {
			named = append(named, tenant)
		}
	}
	switch len(named) {
	case 0:
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), failure.Summary,
			"No tenant of this Server has this name. "+failure.Remedies[prefect.ErrNotFound])}
	case 1:
		return &named[0], nil
	default:
		slugs := make([]string, 0, len(named))
		for _, tenant := range named {
			slugs = append(slugs, tenant.Slug)
		}
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), failure.Summary,
			fmt.Sprintf("%d tenants have this name. Choose one by `slug`: %s.", len(named), `"`+strings.Join(slugs, `", "`)+`"`))}
	}
}

func notFound(attribute, value string) framework.Failure {
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not find the tenant with %s %q", attribute, value),
		Attribute: path.Root(attribute),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check the value and the provider's `endpoint`. " +
				"If this configuration creates the tenant, refer to its resource instead.",
		},
	}
}
