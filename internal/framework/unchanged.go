package framework

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// The plugin framework converts models to and from Terraform's values by reflection, which is most of what the provider
// does for an object that a plan leaves as it is. What is the same is not converted again.

// GetPlan decodes a plan. One that equals the state is not decoded: its model is the state's, which is nil if there is no state.
func GetPlan[M any](ctx context.Context, plan tfsdk.Plan, state tfsdk.State, inState, into *M) diag.Diagnostics {
	if inState != nil && plan.Raw.Equal(state.Raw) {
		*into = *inState
		return nil
	}
	return plan.Get(ctx, into)
}

// SetChanged writes a model to the state or plan that had another before, if they differ.
func SetChanged[M any](ctx context.Context, to interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}, before, after M,
) diag.Diagnostics {
	if sameAttributes(reflect.ValueOf(before), reflect.ValueOf(after)) {
		return nil
	}
	return to.Set(ctx, after)
}

// sameAttributes compares the fields of two models that are attributes, and those of the structs that they embed.
func sameAttributes(a, b reflect.Value) bool {
	for i := range a.NumField() {
		field := a.Type().Field(i)
		if field.Anonymous {
			if !sameAttributes(a.Field(i), b.Field(i)) {
				return false
			}
			continue
		}
		if field.Tag.Get("tfsdk") == "" {
			continue
		}
		before, ok := a.Field(i).Interface().(attr.Value)
		after, also := b.Field(i).Interface().(attr.Value)
		if !ok || !also || !before.Equal(after) {
			return false
		}
	}
	return true
}
