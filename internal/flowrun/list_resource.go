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

// NewListResource returns the list resource prefect_flow_run.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[filterModel[types.List], prefect.FlowRun, model]{
		Name: "flow_run", Schema: listSchema,
		Query: func(ctx context.Context, data *framework.ProviderData, config *filterModel[types.List], limit int) ([]prefect.FlowRun, diag.Diagnostics) {
			filter, diags := config.filter(ctx, limit)
			if diags.HasError() {
				return nil, diags
			}
			runs, err := data.Client(config.TenantID).ListFlowRuns(ctx, filter)
			return runs, failedList().DiagnoseIn(err, config.TenantID)
		},
		Identity: func(run *prefect.FlowRun) (id, displayName string) {
			return run.ID, fmt.Sprintf("%s (%s, %s)", run.Name, run.Flow.Name, runwait.StateName(run.State))
		},
		Resources: framework.EachResource[filterModel[types.List]](imported),
	})
}

func listSchema() listschema.Schema {
	attributes := map[string]listschema.Attribute{"tenant_id": framework.ListTenant()}
	for name, filter := range textFilters() {
		attributes[name] = framework.ListFilter(filter.description, filter.validator)
	}
	for name, filter := range manyFilters() {
		attributes[name] = listschema.ListAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: filter.description,
			Validators: []validator.List{filter.collection, listvalidator.ValueStringsAre(filter.each)},
		}
	}
	return listschema.Schema{
		MarkdownDescription: "The flow runs of a tenant, newest first. A run must match every filter that is set.",
		Attributes:          attributes,
	}
}

// imported is the state of a run that was started outside Terraform.
func imported(ctx context.Context, run *prefect.FlowRun) (model, diag.Diagnostics) {
	m := emptyModel()
	diags := m.refresh(ctx, run)
	config, d := runConfigOf(ctx, run.RunConfig)
	diags.Append(d...)
	m.RunConfig = config
	m.defaults()
	return m, diags
}
