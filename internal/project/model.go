package project

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// model is the resource's attributes.
type model struct {
	ID           types.String `tfsdk:"id"`
	Name         types.String `tfsdk:"name"`
	Description  types.String `tfsdk:"description"`
	TenantID     types.String `tfsdk:"tenant_id"`
	ForceDestroy types.Bool   `tfsdk:"force_destroy"`
}

// refresh updates the model from the Server. Attributes that only Terraform has keep their value, or get
// their default after an import.
func (m *model) refresh(project *prefect.Project) {
	m.ID = types.StringValue(project.ID)
	m.Name = types.StringValue(project.Name)
	m.Description = framework.StringOrNull(project.Description)
	m.TenantID = types.StringValue(project.TenantID)
	if m.ForceDestroy.IsNull() || m.ForceDestroy.IsUnknown() {
		m.ForceDestroy = types.BoolValue(false)
	}
}

// inState is what [framework.ReadObject] reads by.
func (m *model) inState() framework.InState {
	return framework.InState{ID: m.ID, TenantID: m.TenantID, Label: "project " + label(*m)}
}

// label names a project in messages.
func label(m model) string {
	return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.ID.ValueString())
}

// losses describes what deleting a project would delete with it, or "" if it is empty.
func losses(c *prefect.Contents) string {
	if c.Flows == 0 && c.FlowRuns == 0 {
		return ""
	}
	return fmt.Sprintf("%s and %s", framework.Count(c.Flows, "flow version"), framework.CountRuns(c))
}
