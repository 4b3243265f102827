package project

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ImportState accepts a UUID, a name in the provider's tenant, `tenant/name`
// with the tenant's slug or id, or the identity.
func (r *projectResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key, diags := framework.ParseImport(ctx, req, 2)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	project, err := r.findImported(ctx, key)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary: fmt.Sprintf("Could not import project %q", cmp.Or(req.ID, key.ID)),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Use the UUID or the name of an existing project. For a project in another tenant than the provider's, " +
					"use `tenant/name` with the tenant's slug. Put a slash before a name that contains one: `/a/b`.",
				prefect.ErrTenantNotFound: "The part before the slash is the slug or id of the project's tenant. " +
					"For a project in the provider's own tenant whose name contains a slash, put one in front: `/a/b`.",
			},
		}.Diagnose(err)...)
		return
	}
	var state model
	state.refresh(project)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, project.ID)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *projectResource) findImported(ctx context.Context, key framework.ImportKey) (*prefect.Project, error) {
	if key.ID != "" {
		return findByID(ctx, r.data, key.ID)
	}
	return r.data.InTenant(key.Parent()).FindProject(ctx, key.Name())
}

// findByID looks in the provider's tenant first, and then in all others: a UUID is unique, so the tenant need
// not be given.
func findByID(ctx context.Context, data *framework.ProviderData, id string) (*prefect.Project, error) {
	return framework.FindInTenants(ctx, data, func(client *prefect.Client) (*prefect.Project, error) {
		return client.GetProject(ctx, id)
	})
}
