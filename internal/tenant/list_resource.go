package tenant

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listResource implements the list resource prefect_tenant: what
// `terraform query` finds and can write import blocks for.
type listResource struct {
	tenantResource
}

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource returns the list resource prefect_tenant.
func NewListResource() list.ListResource { return &listResource{} }

// listModel is the list block's configuration.
type listModel struct {
	NameLike types.String `tfsdk:"name_like"`
	SlugLike types.String `tfsdk:"slug_like"`
}

// ListResourceConfigSchema describes the filters.
func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Tenants of the Server, ordered by slug.",
		Attributes: map[string]listschema.Attribute{
			"name_like": listschema.StringAttribute{
				Optional: true, MarkdownDescription: patternOf("names"), Validators: []validator.String{framework.NotBlank()},
			},
			"slug_like": listschema.StringAttribute{
				Optional: true, MarkdownDescription: patternOf("slugs"), Validators: []validator.String{framework.NotBlank()},
			},
		},
	}
}

// List streams the tenants.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	if diags.HasError() || !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	tenants, err := r.data.Prefect.ListTenants(ctx, prefect.TenantFilter{NameLike: config.NameLike.ValueString(), SlugLike: config.SlugLike.ValueString()})
	if err != nil {
		stream.Results = list.ListResultsStreamDiagnostics(framework.Diagnose(err, "Could not list the tenants"))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		for i := range tenants {
			if req.Limit > 0 && int64(i) >= req.Limit {
				return
			}
			result := req.NewListResult(ctx)
			result.DisplayName = tenants[i].Name
			result.Diagnostics.Append(framework.SetIdentity(ctx, result.Identity, tenants[i].ID)...)
			if req.IncludeResource {
				var m model
				m.refresh(&tenants[i])
				result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
			}
			if !push(result) {
				return
			}
		}
	}
}

func quoted(values []string) string {
	return `"` + strings.Join(values, `", "`) + `"`
}
