package project

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// pluralModel is the data source's attributes.
type pluralModel struct {
	TenantID types.String `tfsdk:"tenant_id"`
	NameLike types.String `tfsdk:"name_like"`
	Projects []dataModel  `tfsdk:"projects"`
}

const patternOfNames = "Pattern for the name: `%` matches any text and `_` any character; case does not matter. Default: all projects."

// NewPluralDataSource returns the data source prefect_projects.
func NewPluralDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[pluralModel]{
		Name: "projects",
		Schema: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "The projects of a tenant. An empty result is not an error.",
				Attributes: map[string]schema.Attribute{
					"tenant_id": framework.TenantKey(),
					"name_like": framework.Filter(patternOfNames, framework.NotBlank()),
					"projects": framework.Found("The projects found, ordered by name.", map[string]schema.Attribute{
						"id":          framework.Text("UUID of the project."),
						"name":        framework.Text("Name of the project."),
						"description": framework.Text("Description of the project, `null` if it has none."),
						"tenant_id":   framework.Text("UUID of the project's tenant."),
					}),
				},
			}
		},
		Read: func(ctx context.Context, data *framework.ProviderData, m *pluralModel) (diags diag.Diagnostics) {
			m.Projects, diags = framework.Listing[prefect.Project, dataModel]{
				Failure: framework.Failure{Summary: "Could not list the projects"},
				Query: func(ctx context.Context, client *prefect.Client) ([]prefect.Project, error) {
					return client.ListProjects(ctx, prefect.ProjectFilter{NameLike: m.NameLike.ValueString()})
				},
				Show: func(_ context.Context, project *prefect.Project) (dataModel, diag.Diagnostics) {
					return found(project), nil
				},
			}.Of(ctx, data, &m.TenantID)
			return diags
		},
	})
}

// found converts a project to the data source's model.
func found(project *prefect.Project) dataModel {
	return dataModel{
		ID:          types.StringValue(project.ID),
		Name:        types.StringValue(project.Name),
		Description: framework.StringOrNull(project.Description),
		TenantID:    types.StringValue(project.TenantID),
	}
}
