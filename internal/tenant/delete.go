package tenant

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Delete deletes the tenant if it is empty or force_destroy is set.
func (r *tenantResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !r.settle(ctx, &state, req.Private, &resp.Diagnostics) || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, summary := state.ID.ValueString(), "Could not delete tenant "+label(state)
	contents, err := r.data.Prefect.TenantContents(ctx, id)
	if framework.Gone(err) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
		return
	}
	if lost := losses(contents); lost != "" && !state.ForceDestroy.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("force_destroy"), summary,
			fmt.Sprintf("The tenant is not empty: it contains %s, which the Server would delete with it.\n\n"+
				"To keep them, leave the tenant on the Server (`removed` block with `destroy = false`). "+
				"To delete everything, set `force_destroy = true`, apply that, then destroy again.", lost))
		return
	}
	if contents.Flows > 0 {
		warnings, err := r.data.StopFlows(ctx, r.data.InTenant(id), prefect.FlowFilter{}, prefect.FlowRunFilter{})
		resp.Diagnostics.Append(warnings...)
		if err != nil && !framework.Gone(err) {
			resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
			return
		}
	}
	if err := r.data.Prefect.DeleteTenant(ctx, id); err != nil && !framework.Gone(err) {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
	}
}
