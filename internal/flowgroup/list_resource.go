package flowgroup

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listModel is the list block's configuration.
type listModel struct {
	TenantID  types.String `tfsdk:"tenant_id"`
	ProjectID types.String `tfsdk:"project_id"`
	NameLike  types.String `tfsdk:"name_like"`
}

// NewListResource returns the list resource prefect_flow_group.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.FlowGroup, model]{
		Name: "flow_group",
		Schema: func() listschema.Schema {
			return listschema.Schema{
				MarkdownDescription: "The flow groups of a tenant, ordered by the name of their flow and then of its project. Groups with an archived or deleted flow are not included.",
				Attributes: map[string]listschema.Attribute{
					"tenant_id":  framework.ListTenant(),
					"project_id": framework.ListFilter("UUID of the flow's project. Default: all projects.", framework.UUID()),
					"name_like": framework.ListFilter("Pattern for the flow's name: `%` matches any text and `_` any character; case does not matter.",
						framework.NotBlank()),
				},
			}
		},
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, limit int) ([]prefect.FlowGroup, diag.Diagnostics) {
			groups, err := data.Client(config.TenantID).ListFlowGroups(ctx, prefect.FlowGroupFilter{
				ProjectID: config.ProjectID.ValueString(), FlowNameLike: config.NameLike.ValueString(), Limit: limit,
			})
			return groups, framework.Failure{Summary: "Could not list the flow groups"}.DiagnoseIn(err, config.TenantID)
		},
		Identity: func(group *prefect.FlowGroup) (id, displayName string) {
			return group.ID, fmt.Sprintf("%s/%s", group.ProjectName, group.FlowName)
		},
		Resources: framework.EachResource[listModel](func(ctx context.Context, group *prefect.FlowGroup) (m model, _ diag.Diagnostics) {
			diags := m.adopt(ctx, group)
			return m, diags
		}),
	})
}
