package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// StateUnlessChanged keeps a computed value from state while every attribute
// matched by its expressions plans the value it has in state, and leaves it
// unknown otherwise. It fits attributes of every type.
//
// It is the answer to computed values that do change with certain inputs:
// UseStateForUnknown would promise a value that the apply then contradicts, and
// no modifier would show "known after apply" in every update.
type StateUnlessChanged struct {
	on []path.Expression
}

// UseStateUnlessChanged returns a StateUnlessChanged for the attributes that the
// value depends on.
func UseStateUnlessChanged(on ...path.Expression) StateUnlessChanged {
	return StateUnlessChanged{on: on}
}

var (
	_ planmodifier.String  = StateUnlessChanged{}
	_ planmodifier.Int64   = StateUnlessChanged{}
	_ planmodifier.Bool    = StateUnlessChanged{}
	_ planmodifier.List    = StateUnlessChanged{}
	_ planmodifier.Set     = StateUnlessChanged{}
	_ planmodifier.Map     = StateUnlessChanged{}
	_ planmodifier.Object  = StateUnlessChanged{}
	_ planmodifier.Dynamic = StateUnlessChanged{}
)

// Description says what the modifier does.
func (m StateUnlessChanged) Description(context.Context) string {
	return "Changes only when the attributes it depends on change."
}

// MarkdownDescription is Description.
func (m StateUnlessChanged) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

// request is the part that the requests of all types share.
type request struct {
	config, plan, state attr.Value
	Plan                tfsdk.Plan
	State               tfsdk.State
	expression          path.Expression
}

func (m StateUnlessChanged) keep(ctx context.Context, req request, diags *diag.Diagnostics) bool {
	switch {
	case req.State.Raw.IsNull(), req.Plan.Raw.IsNull(): // create and destroy
		return false
	case !req.plan.IsUnknown(), req.config.IsUnknown(): // given, or will be
		return false
	}
	for _, on := range m.on {
		on = req.expression.Merge(on)
		paths, d := req.Plan.PathMatches(ctx, on)
		diags.Append(d...)
		inState, d := req.State.PathMatches(ctx, on)
		diags.Append(d...)
		if diags.HasError() || len(paths) != len(inState) {
			return false
		}
		for _, p := range paths {
			var planned, before attr.Value
			diags.Append(req.Plan.GetAttribute(ctx, p, &planned)...)
			diags.Append(req.State.GetAttribute(ctx, p, &before)...)
			if diags.HasError() || planned == nil || before == nil || !planned.Equal(before) {
				return false
			}
		}
	}
	return true
}

// PlanModifyString implements planmodifier.String.
func (m StateUnlessChanged) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyInt64 implements planmodifier.Int64.
func (m StateUnlessChanged) PlanModifyInt64(ctx context.Context, req planmodifier.Int64Request, resp *planmodifier.Int64Response) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyBool implements planmodifier.Bool.
func (m StateUnlessChanged) PlanModifyBool(ctx context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyList implements planmodifier.List.
func (m StateUnlessChanged) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifySet implements planmodifier.Set.
func (m StateUnlessChanged) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyMap implements planmodifier.Map.
func (m StateUnlessChanged) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyObject implements planmodifier.Object.
func (m StateUnlessChanged) PlanModifyObject(ctx context.Context, req planmodifier.ObjectRequest, resp *planmodifier.ObjectResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyDynamic implements planmodifier.Dynamic.
func (m StateUnlessChanged) PlanModifyDynamic(ctx context.Context, req planmodifier.DynamicRequest, resp *planmodifier.DynamicResponse) {
	if m.keep(ctx, request{req.ConfigValue, req.PlanValue, req.StateValue, req.Plan, req.State, req.PathExpression}, &resp.Diagnostics) {
		resp.PlanValue = req.StateValue
	}
}
