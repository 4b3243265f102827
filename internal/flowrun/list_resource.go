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

// listModel is the list block's configuration.
type listModel struct {
	FlowID         types.String `tfsdk:"flow_id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	ProjectID      types.String `tfsdk:"project_id"`
	Name           types.String `tfsdk:"name"`
	States         types.List   `tfsdk:"states"`
}

// NewListResource returns the list resource prefect_flow_run.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.FlowRun, model]{
		Name: "flow_run", Schema: listSchema,
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, limit int) ([]prefect.FlowRun, diag.Diagnostics) {
			states, diags := framework.Strings(ctx, config.States)
			if diags.HasError() {
				return nil, diags
			}
			runs, err := data.Prefect.ListFlowRuns(ctx, prefect.FlowRunFilter{
				FlowID: config.FlowID.ValueString(), VersionGroupID: config.VersionGroupID.ValueString(), ProjectID: config.ProjectID.ValueString(),
				Name: config.Name.ValueString(), States: states, Limit: limit,
			})
			return runs, failedList().Diagnose(err)
		},
		Identity: func(run *prefect.FlowRun) (id, displayName string) {
			return run.ID, fmt.Sprintf("%s (%s, %s)", run.Name, run.Flow.Name, runwait.StateName(run.State))
		},
		Resources: framework.EachResource[listModel](imported),
	})
}

func listSchema() listschema.Schema {
	return listschema.Schema{
		MarkdownDescription: "The flow runs of the tenant, newest first. Filters that are left out select all; those given must all hold.",
		Attributes: map[string]listschema.Attribute{
			"flow_id":          framework.ListFilter("UUID of a flow version.", framework.UUID()),
			"version_group_id": framework.ListFilter("Version group of a flow, for all its versions.", framework.NotBlank()),
			"project_id":       framework.ListFilter("UUID of a project.", framework.UUID()),
			"name":             framework.ListFilter("Name of the runs.", framework.NotBlank()),
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
