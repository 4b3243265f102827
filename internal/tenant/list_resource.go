package tenant

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// listResource implements the list resource prefect_tenant: what
// `terraform query` finds and can write import blocks for.
type listResource struct {
	tenantResource
}

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource returns the list resource prefect_tenant.
func NewListResource() list.ListResource { return &listResource{} }

// ListResourceConfigSchema has no arguments: a Server has few tenants.
func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "All tenants of the Server, ordered by slug.",
	}
}

// List streams the tenants.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	if !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	tenants, err := r.data.Prefect.ListTenants(ctx)
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
