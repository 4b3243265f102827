package flowrun

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// listResource implements the list resource prefect_flow_run: what
// `terraform query` finds and can write import blocks for.
type listResource struct {
	flowRunResource
}

// listModel is the list block's configuration.
type listModel struct {
	FlowID         types.String `tfsdk:"flow_id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	ProjectID      types.String `tfsdk:"project_id"`
	Name           types.String `tfsdk:"name"`
	States         types.List   `tfsdk:"states"`
}

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource returns the list resource prefect_flow_run.
func NewListResource() list.ListResource { return &listResource{} }

// ListResourceConfigSchema describes the filters.
func (r *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The flow runs of the tenant, newest first. Filters that are left out select all; those given must all hold.",
		Attributes: map[string]listschema.Attribute{
			"flow_id": listschema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.UUID()}, MarkdownDescription: "UUID of a flow version.",
			},
			"version_group_id": listschema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()}, MarkdownDescription: "Version group of a flow, for all its versions.",
			},
			"project_id": listschema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.UUID()}, MarkdownDescription: "UUID of a project.",
			},
			"name": listschema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()}, MarkdownDescription: "Name of the runs.",
			},
			"states": listschema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.List{
					framework.Some(`["Failed"]`), listvalidator.ValueStringsAre(framework.NotEmpty("Failed")),
				},
				MarkdownDescription: "Names of states, such as `[\"Failed\", \"TimedOut\"]`.",
			},
		},
	}
}

// List streams the runs.
func (r *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	states, d := framework.Strings(ctx, config.States)
	diags.Append(d...)
	if diags.HasError() || !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	runs, err := r.data.Prefect.ListFlowRuns(ctx, prefect.FlowRunFilter{
		FlowID: config.FlowID.ValueString(), VersionGroupID: config.VersionGroupID.ValueString(), ProjectID: config.ProjectID.ValueString(),
		Name: config.Name.ValueString(), States: states, Limit: int(req.Limit),
	})
	if err != nil {
		stream.Results = list.ListResultsStreamDiagnostics(framework.Diagnose(err, "Could not list the flow runs"))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		for i := range runs {
			result := req.NewListResult(ctx)
			result.DisplayName = fmt.Sprintf("%s (%s, %s)", runs[i].Name, runs[i].Flow.Name, runwait.StateName(runs[i].State))
			result.Diagnostics.Append(framework.SetIdentity(ctx, result.Identity, runs[i].ID)...)
			if req.IncludeResource {
				m, d := imported(ctx, &runs[i])
				result.Diagnostics.Append(d...)
				result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
			}
			if !push(result) {
				return
			}
		}
	}
}

// imported is the state of a run that something else started.
func imported(ctx context.Context, run *prefect.FlowRun) (model, diag.Diagnostics) {
	m := emptyModel()
	diags := m.refresh(ctx, run)
	config, d := runConfigOf(ctx, run.RunConfig)
	diags.Append(d...)
	m.RunConfig = config
	m.defaults()
	return m, diags
}
