package project

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// dataModel is the data source's attributes.
type dataModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	TenantID    types.String `tfsdk:"tenant_id"`
}

// NewDataSource returns the data source prefect_project.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[dataModel]{
		Name: "project",
		Schema: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "A project, selected by `id` or `name`.",
				Attributes: map[string]schema.Attribute{
					"id":   framework.Key("UUID of the project.", framework.UUID()),
					"name": framework.Key("Name of the project, unique in its tenant.", framework.NotBlank()),
					"tenant_id": framework.Key(
						"UUID of the tenant to look in. Defaults to the provider's tenant; with `id`, to all tenants.", framework.UUID()),
					"description": framework.Text("Description of the project, `null` if it has none."),
				},
			}
		},
		Validators: []datasource.ConfigValidator{framework.ExactlyOneOf("id", "name")},
		Read: func(ctx context.Context, data *framework.ProviderData, m *dataModel) diag.Diagnostics {
			project, failure, err := find(ctx, data, *m)
			if err != nil {
				return failure.DiagnoseIn(err, m.TenantID)
			}
			*m = found(project)
			return nil
		},
	})
}

func find(ctx context.Context, data *framework.ProviderData, config dataModel) (*prefect.Project, framework.Failure, error) {
	attribute, value := "name", config.Name.ValueString()
	if !config.ID.IsNull() {
		attribute, value = "id", config.ID.ValueString()
	}
	failure := framework.Failure{
		Summary:   fmt.Sprintf("Could not find the project with %s %q", attribute, value),
		Attribute: path.Root(attribute),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check the value and the provider's `endpoint` and `tenant`. Set `tenant_id` for a project of another tenant. " +
				"If this configuration creates the project, refer to its resource instead.",
		},
	}
	var project *prefect.Project
	var err error
	switch client := data.Client(config.TenantID); {
	case attribute == "name":
		project, err = client.FindProject(ctx, value)
	case config.TenantID.IsNull():
		project, err = findByID(ctx, data, value)
	default:
		project, err = client.GetProject(ctx, value)
	}
	return project, failure, err
}
