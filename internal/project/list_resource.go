package project

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
	TenantID types.String `tfsdk:"tenant_id"`
	NameLike types.String `tfsdk:"name_like"`
}

// NewListResource returns the list resource prefect_project.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.Project, model]{
		Name: "project",
		Schema: func() listschema.Schema {
			return listschema.Schema{
				MarkdownDescription: "The projects of a tenant, ordered by name.",
				Attributes: map[string]listschema.Attribute{
					"tenant_id": framework.ListTenant(),
					"name_like": framework.ListFilter(patternOfNames, framework.NotBlank()),
				},
			}
		},
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, limit int) ([]prefect.Project, diag.Diagnostics) {
			projects, err := data.Client(config.TenantID).ListProjects(ctx, prefect.ProjectFilter{NameLike: config.NameLike.ValueString(), Limit: limit})
			return projects, framework.Failure{Summary: "Could not list the projects"}.DiagnoseIn(err, config.TenantID)
		},
		Identity: func(project *prefect.Project) (id, displayName string) { return project.ID, project.Name },
		Resources: framework.EachResource[listModel](func(_ context.Context, project *prefect.Project) (m model, _ diag.Diagnostics) {
			m.refresh(project)
			return m, nil
		}),
	})
}
