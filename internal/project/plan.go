package project

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ModifyPlan reports what the apply would do to an existing project: its name is in use, it moves between
// addresses, or a destroy deletes its contents. An unreachable Server is not an error of the plan.
func (r *projectResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !r.data.Ready() {
		return
	}
	var plan, state model
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case req.Plan.Raw.IsNull():
		resp.Diagnostics.Append(r.planDestroy(ctx, state)...)
	case !req.State.Raw.IsNull() && plan.Name.Equal(state.Name): // the same apply may reuse a name that it releases
		resp.Diagnostics.Append(holder(state, nil).PlanKept(ctx, &r.data.Custody, resp.Private)...)
	case req.State.Raw.IsNull():
		resp.Diagnostics.Append(r.planCreate(ctx, plan, req)...)
	}
}

func (r *projectResource) planCreate(ctx context.Context, plan model, req resource.ModifyPlanRequest) diag.Diagnostics {
	var config model
	diags := req.Config.Get(ctx, &config)
	if diags.HasError() || plan.Name.IsUnknown() || config.TenantID.IsUnknown() {
		return diags
	}
	client, name := r.data.Client(config.TenantID), plan.Name.ValueString()
	existing, err := client.LookForProjectNamed(ctx, name)
	if err == nil {
		existing, err = client.FindProject(ctx, name) // looks may be some seconds old
	}
	if err != nil {
		return nil // there is none, or the apply itself will report the error
	}
	var found model
	found.refresh(existing)
	taken := nameFailure(ctx, client, prefect.ErrUniqueness, fmt.Sprintf("Could not create project %q", name), name)
	return holder(found, nil).PlanTaken(ctx, &r.data.Custody, req.Private, taken)
}

func (r *projectResource) planDestroy(ctx context.Context, state model) diag.Diagnostics {
	contents, _ := r.data.Client(state.TenantID).ProjectContents(ctx, state.ID.ValueString()) // the destroy itself will report an error
	return holder(state, contents).PlanDestroy(r.data, contents, state.ForceDestroy.ValueBool())
}

func holder(m model, contents *prefect.Contents) framework.Holder {
	h := framework.Holder{Noun: "project", ID: m.ID.ValueString(), Label: label(m)}
	if contents != nil {
		h.Losses = losses(contents)
	}
	return h
}
