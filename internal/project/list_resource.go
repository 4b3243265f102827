package project

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listResource implements the list resource prefect_project: what
// `terraform query` finds and can write import blocks for.
type listResource struct {
	projectResource
}

// listModel is the list block's configuration.
type listModel struct {
	TenantID types.String `tfsdk:"tenant_id"`
	NameLike types.String `tfsdk:"name_like"`
}

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource returns the list resource prefect_project.
func NewListResource() list.ListResource { return &listResource{} }

// ListResourceConfigSchema describes the filters.
func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The projects of a tenant, ordered by name.",
		Attributes: map[string]listschema.Attribute{
			"tenant_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "UUID of the tenant. Defaults to the provider's tenant.",
				Validators:          []validator.String{framework.UUID()},
			},
			"name_like": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Pattern of the names: `%` stands for any text and `_` for any character; case does not matter.",
				Validators:          []validator.String{framework.NotBlank()},
			},
		},
	}
}

// List streams the projects.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	if diags.HasError() || !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	projects, err := r.client(config.TenantID).ListProjects(ctx, prefect.ProjectFilter{NameLike: config.NameLike.ValueString()})
	if err != nil {
		stream.Results = list.ListResultsStreamDiagnostics(
			framework.Failure{Summary: "Could not list the projects"}.DiagnoseIn(err, config.TenantID))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		for i := range projects {
			if req.Limit > 0 && int64(i) >= req.Limit {
				return
			}
			result := req.NewListResult(ctx)
			result.DisplayName = projects[i].Name
			result.Diagnostics.Append(framework.SetIdentity(ctx, result.Identity, projects[i].ID)...)
			if req.IncludeResource {
				var m model
				m.refresh(&projects[i])
				result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
			}
			if !push(result) {
				return
			}
		}
	}
}
