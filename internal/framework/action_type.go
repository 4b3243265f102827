package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
)

// ActionType names and describes an action. An action embeds it.
type ActionType struct {
	// Name is the type's name without the provider's, such as "flow_run_cancel".
	Name string
	// Describe returns the schema.
	Describe func() schema.Schema
}

// Metadata sets the type name.
func (t ActionType) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + t.Name
}

// Schema describes the configuration.
func (t ActionType) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = t.Describe()
}
