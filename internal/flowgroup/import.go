package flowgroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ImportState finds a group by its own id, by its version group, or by the identity, and manages every
// setting that differs from its default.
func (r *groupResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key, diags := framework.ParseImport(ctx, req, 1)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id := key.ID
	if id == "" {
		id = key.Name()
	}
	group, err := findGroup(ctx, r.data, id)
	var several *framework.SeveralTenantsError
	if errors.As(err, &several) {
		resp.Diagnostics.AddError(fmt.Sprintf("Could not import flow group %q", id), "Flow groups of several tenants have this name. "+several.Error()+"\n\n"+
			"Use the UUID of the flow group, such as `flow_group_id` of a `prefect_flow`. If the provider's `tenant` is set, that tenant takes precedence.")
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary: fmt.Sprintf("Could not import flow group %q", id),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Use the id of a flow group, such as `flow_group_id` of a `prefect_flow`, or its version group, which is the `id` of a `prefect_flow`.",
			},
		}.Diagnose(err)...)
		return
	}
	var state model
	resp.Diagnostics.Append(state.adopt(ctx, group)...)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, group.ID)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// findGroup looks for a group with this id, and then for a version group: first in the provider's tenant,
// then in all others. A version group that is not a UUID must be unique among the other tenants.
func findGroup(ctx context.Context, data *framework.ProviderData, id string) (*prefect.FlowGroup, error) {
	return framework.FindIDInTenants(ctx, data, id, func(client *prefect.Client) (*prefect.FlowGroup, error) { return findIn(ctx, client, id) })
}

func findIn(ctx context.Context, client *prefect.Client, id string) (*prefect.FlowGroup, error) {
	if framework.IsUUID(id) {
		group, err := client.GetFlowGroup(ctx, id)
		if !errors.Is(err, prefect.ErrNotFound) {
			return group, err
		}
	}
	return client.FindFlowGroup(ctx, id)
}
