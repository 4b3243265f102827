package cloudhook

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ImportState finds a hook by its id or by the identity.
func (r *hookResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key, diags := framework.ParseImport(ctx, req, 1)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	if key.ID == "" {
		resp.Diagnostics.AddError(fmt.Sprintf("Could not import cloud hook %q", req.ID),
			"The import id is not a UUID. Hook names are not unique, so a hook can only be imported by its UUID.")
		return
	}
	hook, err := findHook(ctx, r.data, key.ID)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary:  fmt.Sprintf("Could not import cloud hook %q", key.ID),
			Remedies: map[error]string{prefect.ErrNotFound: "Use the UUID of an existing hook."},
		}.Diagnose(err)...)
		return
	}
	var state model
	resp.Diagnostics.Append(hidden(state.imported(ctx, hook), secretsOf(held(hook)))...)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, hook.ID)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// findHook looks in the provider's tenant, and then in all others.
func findHook(ctx context.Context, data *framework.ProviderData, id string) (*prefect.CloudHook, error) {
	return framework.FindInTenants(ctx, data, func(client *prefect.Client) (*prefect.CloudHook, error) {
		return client.GetCloudHook(ctx, id)
	})
}
