package tenant

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ModifyPlan sets the default slug, so that the plan shows it, and reports what the apply would do to an
// existing tenant: its slug is in use, it moves between addresses, or a destroy deletes its contents.
func (r *tenantResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state model
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case req.Plan.Raw.IsNull():
		if r.data.Ready() {
			resp.Diagnostics.Append(r.planDestroy(ctx, state)...)
		}
	case !req.State.Raw.IsNull():
		if r.data.Ready() && plan.Slug.Equal(state.Slug) { // the same apply may reuse a slug that it releases
			resp.Diagnostics.Append(holder(state, nil).PlanKept(ctx, &r.data.Custody, resp.Private)...)
		}
	default:
		r.planCreate(ctx, req, resp)
	}
}

func (r *tenantResource) planCreate(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || config.Slug.IsUnknown() || config.Slug.IsNull() && config.Name.IsUnknown() {
		return
	}
	slug := config.Slug.ValueString()
	if config.Slug.IsNull() {
		var diags diag.Diagnostics
		slug, diags = defaultSlug(config.Name)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("slug"), slug)...)
	}
	if !r.data.Ready() {
		return
	}
	existing, err := r.data.Prefect.FindTenant(ctx, slug)
	if err != nil {
		return // there is none, or the apply itself will report the error
	}
	found := model{ID: types.StringValue(existing.ID), Name: types.StringValue(existing.Name)}
	taken := r.slugFailure(ctx, prefect.ErrUniqueness, fmt.Sprintf("Could not create tenant %q", config.Name.ValueString()), slug)
	resp.Diagnostics.Append(holder(found, nil).PlanTaken(ctx, &r.data.Custody, req.Private, taken)...)
}

func (r *tenantResource) planDestroy(ctx context.Context, state model) diag.Diagnostics {
	contents, _ := r.data.Prefect.TenantContents(ctx, state.ID.ValueString()) // the destroy itself will report an error
	return holder(state, contents).PlanDestroy(r.data, contents, state.ForceDestroy.ValueBool())
}

func holder(m model, contents *prefect.Contents) framework.Holder {
	h := framework.Holder{Noun: "tenant", ID: m.ID.ValueString(), Label: label(m)}
	if contents != nil {
		h.Losses = losses(contents)
	}
	return h
}
