package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
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

// NewListResource returns the list resource prefect_flow.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.Flow, model]{
		Name: "flow",
		Schema: func() listschema.Schema {
			return listschema.Schema{
				MarkdownDescription: "The registered flows of a tenant, ordered by name. Archived flows are left out.",
				Attributes: map[string]listschema.Attribute{
					"tenant_id":  framework.ListTenant(),
					"project_id": framework.ListFilter("UUID of the project. Default: all projects.", framework.UUID()),
					"name_like": framework.ListFilter("Pattern for the name: `%` matches any text and `_` any character; case does not matter.",
						framework.NotBlank()),
				},
			}
		},
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, limit int) ([]prefect.Flow, diag.Diagnostics) {
			live := false
			flows, err := data.Client(config.TenantID).ListFlows(ctx, prefect.FlowFilter{
				ProjectID: config.ProjectID.ValueString(), NameLike: config.NameLike.ValueString(), Archived: &live, Limit: limit,
			})
			return flows, failedList().DiagnoseIn(err, config.TenantID)
		},
		Identity: func(f *prefect.Flow) (id, displayName string) {
			return f.VersionGroupID, fmt.Sprintf("%s/%s", f.ProjectName, f.Name)
		},
		Resources: importedAll,
	})
}

// importedAll returns the states that imports of the flows would give. It reads the flows' documents together.
func importedAll(ctx context.Context, data *framework.ProviderData, config *listModel, flows []prefect.Flow) []framework.Imported[model] {
	client := data.Client(config.TenantID)
	all := make([]framework.Imported[model], len(flows))
	together, err := client.GetSerializedFlows(ctx, flows)
	for i := range flows {
		if err != nil {
			all[i].Diagnostics = framework.Diagnose(err, fmt.Sprintf("Could not read flow %q", flows[i].Name))
			continue
		}
		m := model{ID: types.StringValue(flows[i].VersionGroupID), Timeouts: noTimeouts()}
		m.FlowJSON, m.Changes = framework.JSONNull(), noChanges()
		_, all[i].Diagnostics = refresh(ctx, already{together}, &m, &flows[i])
		all[i].Model = m
	}
	return all
}

// already are documents that have been read.
type already struct{ byID map[string]json.RawMessage }

// GetSerializedFlow returns one of them; a version that was deleted meanwhile is not there.
func (a already) GetSerializedFlow(_ context.Context, id string) (json.RawMessage, error) {
	document, found := a.byID[id]
	if !found {
		return nil, fmt.Errorf("flow %s: %w", id, prefect.ErrNotFound)
	}
	return document, nil
}

func noTimeouts() timeouts.Value {
	return timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{"delete": types.StringType})}
}
