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
	var groups []prefect.FlowGroup
	if contents.Flows > 0 {
		if groups, err = groupsOf(ctx, client, id); err != nil {
			resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
			return
		}
	}
	if contents.Flows > 0 {
		warnings, err := r.data.StopFlows(ctx, client, prefect.FlowFilter{ProjectID: id}, prefect.FlowRunFilter{ProjectID: id})
		resp.Diagnostics.Append(warnings...)
		if err != nil && !framework.Gone(err) {
			resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
			return
		}
	}
	if err := client.DeleteProject(ctx, id); err != nil && !framework.Gone(err) {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
		return
	}
	if err := deleteEmpty(ctx, client, groups); err != nil {
		resp.Diagnostics.AddWarning("Flow groups of deleted project "+label(state)+" were not deleted",
			fmt.Sprintf("The project and its flows were deleted, but not its flow groups: %v.\n\n"+
				"They are harmless unless a flow is registered with the same version group id: it would get the old labels, schedule and default parameters.", err))
	}
}

// groupsOf lists the flow groups that have a version in the project.
func groupsOf(ctx context.Context, client *prefect.Client, projectID string) ([]prefect.FlowGroup, error) {
	flows, err := client.ListFlows(ctx, prefect.FlowFilter{ProjectID: projectID})
	if err != nil {
		return nil, fmt.Errorf("listing the project's flows: %w", err)
	}
	var groups []prefect.FlowGroup
	for i := range flows {
		known := slices.ContainsFunc(groups, func(g prefect.FlowGroup) bool { return g.ID == flows[i].FlowGroupID })
		if !known {
			groups = append(groups, prefect.FlowGroup{ID: flows[i].FlowGroupID, Name: flows[i].VersionGroupID})
		}
	}
	return groups, nil
}

// deleteEmpty deletes the groups that have no versions left: the Server deletes a project's flows with it,
// but keeps their groups.
func deleteEmpty(ctx context.Context, client *prefect.Client, groups []prefect.FlowGroup) error {
	for _, group := range groups {
		left, err := client.FlowsByVersionGroup(ctx, group.Name)
		if err != nil {
			return fmt.Errorf("looking for versions of %s: %w", group.Name, err)
		}
		if len(left) > 0 {
			continue
		}
		if err := client.DeleteFlowGroup(ctx, group.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return fmt.Errorf("deleting %s: %w", group.Name, err)
		}
	}
	return nil
}
