package framework_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestUseStateUnlessChanged(t *testing.T) {
	t.Parallel()
	s := schema.Schema{Attributes: map[string]schema.Attribute{
		"input":  schema.StringAttribute{Optional: true},
		"labels": schema.SetAttribute{Optional: true, ElementType: types.StringType},
		"output": schema.StringAttribute{Computed: true},
	}}
	object := s.Type().TerraformType(t.Context())
	set := tftypes.Set{ElementType: tftypes.String}
	raw := func(input any, labels []tftypes.Value, output any) tftypes.Value {
		return tftypes.NewValue(object, map[string]tftypes.Value{
			"input":  tftypes.NewValue(tftypes.String, input),
			"labels": tftypes.NewValue(set, labels),
			"output": tftypes.NewValue(tftypes.String, output),
		})
	}
	a, b := tftypes.NewValue(tftypes.String, "a"), tftypes.NewValue(tftypes.String, "b")
	state := raw("x", []tftypes.Value{a, b}, "old")

	for name, test := range map[string]struct {
		state, plan tftypes.Value
		want        types.String
	}{
		"create":              {tftypes.NewValue(object, nil), raw("x", nil, tftypes.UnknownValue), types.StringUnknown()},
		"nothing changed":     {state, raw("x", []tftypes.Value{b, a}, tftypes.UnknownValue), types.StringValue("old")},
		"string changed":      {state, raw("y", []tftypes.Value{a, b}, tftypes.UnknownValue), types.StringUnknown()},
		"string unknown":      {state, raw(tftypes.UnknownValue, []tftypes.Value{a, b}, tftypes.UnknownValue), types.StringUnknown()},
		"string to null":      {state, raw(nil, []tftypes.Value{a, b}, tftypes.UnknownValue), types.StringUnknown()},
		"set changed":         {state, raw("x", []tftypes.Value{a}, tftypes.UnknownValue), types.StringUnknown()},
		"set to null":         {state, raw("x", nil, tftypes.UnknownValue), types.StringUnknown()},
		"known value is kept": {state, raw("x", []tftypes.Value{a, b}, "planned"), types.StringValue("planned")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := planmodifier.StringRequest{
				Path: path.Root("output"), PathExpression: path.MatchRoot("output"),
				Plan:  tfsdk.Plan{Schema: s, Raw: test.plan},
				State: tfsdk.State{Schema: s, Raw: test.state},
			}
			if diags := req.Plan.GetAttribute(t.Context(), req.Path, &req.PlanValue); diags.HasError() {
				t.Fatal(diags)
			}
			if !test.state.IsNull() {
				if diags := req.State.GetAttribute(t.Context(), req.Path, &req.StateValue); diags.HasError() {
					t.Fatal(diags)
				}
			}
			resp := planmodifier.StringResponse{PlanValue: req.PlanValue}
			framework.UseStateUnlessChanged(path.MatchRoot("input"), path.MatchRoot("labels")).PlanModifyString(t.Context(), req, &resp)
			if resp.Diagnostics.HasError() {
				t.Fatal(resp.Diagnostics)
			}
			if !resp.PlanValue.Equal(test.want) {
				t.Errorf("planned %s, want %s", resp.PlanValue, test.want)
			}
		})
	}
}
