package framework

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// ConfigureResource returns the provider data of the Configure request of a resource or list resource (both
// use the same request type). It is nil before the provider is configured; its methods accept nil.
func ConfigureResource(req resource.ConfigureRequest, resp *resource.ConfigureResponse) *ProviderData {
	return configure(req.ProviderData, &resp.Diagnostics)
}

// ConfigureAction is ConfigureResource for an action.
func ConfigureAction(req action.ConfigureRequest, resp *action.ConfigureResponse) *ProviderData {
	return configure(req.ProviderData, &resp.Diagnostics)
}

// ConfigureEphemeral is ConfigureResource for an ephemeral resource.
func ConfigureEphemeral(req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) *ProviderData {
	return configure(req.ProviderData, &resp.Diagnostics)
}

func configure(given any, diags *diag.Diagnostics) *ProviderData {
	if given == nil {
		return nil
	}
	data, ok := given.(*ProviderData)
	if !ok {
		diags.AddError("Unexpected provider data type",
			fmt.Sprintf("Expected %T, got %T. This is a bug in the provider; please report it.", data, given))
		return nil
	}
	return data
}

// RequireReady adds an error to diags and returns false if the operation needs the Server but its address is
// not known yet. Create, update, delete and data source reads call it. Planning and refreshing a resource do
// not; they skip the remote part.
func (d *ProviderData) RequireReady(diags *diag.Diagnostics) bool {
	if d.Ready() {
		return true
	}
	unknown := "the provider's configuration"
	if d != nil && len(d.Unknown) > 0 {
		unknown = "the provider attribute(s) " + strings.Join(d.Unknown, ", ")
	}
	diags.AddError("The Prefect Server is not known yet",
		fmt.Sprintf("%s depends on something that has not been applied yet, so the provider cannot reach the Server.\n\n"+
			"Add `depends_on` with the resource that creates the Server, so that this is read during apply, "+
			"or apply that resource first with `-target`.", Capitalise(unknown)))
	return false
}
