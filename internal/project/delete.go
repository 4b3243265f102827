package project

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Delete deletes the project if it is empty or force_destroy is set.
func (r *projectResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !r.settle(ctx, &state, req.Private, &resp.Diagnostics) || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, client, summary := state.ID.ValueString(), r.data.Client(state.TenantID), "Could not delete project "+label(state)
	contents, err := client.ProjectContents(ctx, id)
	if framework.Gone(err) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
		return
	}
	lost := losses(contents)
	if lost != "" && !state.ForceDestroy.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("force_destroy"), summary,
			fmt.Sprintf("The project is not empty: it contains %s, which the Server would delete with it.\n\n"+
				"Delete the flows first (a `prefect_flow` leaves its versions behind unless its `deletion_policy` is \"delete\"), or move them to another project. "+
				"To delete everything, set `force_destroy = true`, apply that, then destroy again.", lost))
		return
	}
	if contents.Flows > 0 {
		warnings, err := r.data.StopFlows(ctx, client, prefect.FlowFilter{ProjectID: id}, prefect.FlowRunFilter{ProjectID: id})
		resp.Diagnostics.Append(warnings...)
		if err == nil {
			err = deleteGroups(ctx, client, id)
		}
		if err != nil && !framework.Gone(err) {
			resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
			return
		}
	}
	if err := client.DeleteProject(ctx, id); err != nil && !framework.Gone(err) {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
	}
}

// deleteGroups deletes the flow groups whose versions are all in the project, with the versions and their runs. The Server deletes a
// project's flows with it but keeps their groups, whose settings a flow with the same version group id would get; and once the project is
// gone, nothing leads to them. So they go first. It looks at no more groups than it deletes at once: nothing may be registered
// elsewhere between the look and a deletion that waits its turn.
func deleteGroups(ctx context.Context, client *prefect.Client, projectID string) error {
	flows, err := client.ListFlows(ctx, prefect.FlowFilter{ProjectID: projectID})
	if err != nil {
		return fmt.Errorf("list the project's flows: %w", err)
	}
	groups := make([]string, 0, len(flows))
	for i := range flows {
		groups = append(groups, flows[i].FlowGroupID)
	}
	slices.Sort(groups)
	for some := range slices.Chunk(slices.Compact(groups), framework.AtOnce) {
		versions, err := client.ListFlows(ctx, prefect.FlowFilter{FlowGroupIDs: some})
		if err != nil {
			return fmt.Errorf("look for versions of the project's flows in other projects: %w", err)
		}
		elsewhere := make(map[string]bool)
		for i := range versions {
			if versions[i].ProjectID != projectID {
				elsewhere[versions[i].FlowGroupID] = true
			}
		}
		err = framework.ForEach(ctx, some, func(id *string) error {
			if elsewhere[*id] {
				return nil
			}
			if err := client.DeleteFlowGroup(ctx, *id); err != nil && !errors.Is(err, prefect.ErrNotFound) {
				return fmt.Errorf("delete flow group %s: %w", *id, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
