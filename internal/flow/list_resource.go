package flow

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listResource implements the list resource prefect_flow: what `terraform query`
// finds and can write import blocks for.
type listResource struct {
	flowResource
}

// listModel is the list block's configuration.
type listModel struct {
	TenantID  types.String `tfsdk:"tenant_id"`
	ProjectID types.String `tfsdk:"project_id"`
	NameLike  types.String `tfsdk:"name_like"`
}

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource returns the list resource prefect_flow.
func NewListResource() list.ListResource { return &listResource{} }

// ListResourceConfigSchema describes the filters.
func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The registered flows of a tenant, ordered by name. Archived flows are left out.",
		Attributes: map[string]listschema.Attribute{
			"tenant_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Id of the tenant. Default: the provider's tenant.",
				Validators:          []validator.String{framework.UUID()},
			},
			"project_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Id of the project. Default: all projects.",
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

// List streams the flows.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	if diags.HasError() || !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	client, live := r.client(config.TenantID), false
	flows, err := client.ListFlows(ctx, prefect.FlowFilter{
		ProjectID: config.ProjectID.ValueString(), NameLike: config.NameLike.ValueString(), Archived: &live,
	})
	if err != nil {
		failure := framework.Failure{Summary: "Could not list the flows"}
		stream.Results = list.ListResultsStreamDiagnostics(failure.DiagnoseIn(err, config.TenantID))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		for i := range flows {
			if req.Limit > 0 && int64(i) >= req.Limit || !push(result(ctx, req, client, &flows[i])) {
				return
			}
		}
	}
}

func result(ctx context.Context, req list.ListRequest, client *prefect.Client, f *prefect.Flow) list.ListResult {
	found := req.NewListResult(ctx)
	found.DisplayName = fmt.Sprintf("%s/%s", f.ProjectName, f.Name)
	found.Diagnostics.Append(framework.SetIdentity(ctx, found.Identity, f.VersionGroupID)...)
	if !req.IncludeResource {
		return found
	}
	m := model{ID: types.StringValue(f.VersionGroupID), Timeouts: noTimeouts()}
	m.FlowJSON = framework.JSONNull()
	_, diags := refresh(ctx, client, &m, f)
	found.Diagnostics.Append(diags...)
	if !found.Diagnostics.HasError() {
		found.Diagnostics.Append(found.Resource.Set(ctx, m)...)
	}
	return found
}

func noTimeouts() timeouts.Value {
	return timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{"delete": types.StringType})}
}
