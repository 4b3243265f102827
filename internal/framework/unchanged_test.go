package framework_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

type whole struct {
	Name types.String `tfsdk:"name"`
	part

	read bool // is no attribute
}

type part struct {
	Document framework.JSON `tfsdk:"document"`
	Labels   types.Set      `tfsdk:"labels"`
}

// written counts how often a model was written.
type written int

func (w *written) Set(context.Context, any) diag.Diagnostics {
	*w++
	return nil
}

func labels(names ...string) types.Set {
	set, _ := framework.StringSet(context.Background(), names)
	return set
}

func TestOnlyAChangedModelIsWritten(t *testing.T) {
	t.Parallel()
	before := func() whole {
		return whole{Name: types.StringValue("etl"), part: part{Document: framework.JSONString(`{"a": 1}`), Labels: labels("x", "y")}}
	}
	for name, tt := range map[string]struct {
		change func(*whole)
		want   written
	}{
		"nothing":                    {func(*whole) {}, 0},
		"what is no attribute":       {func(w *whole) { w.read = true }, 0},
		"the order of a set":         {func(w *whole) { w.Labels = labels("y", "x") }, 0},
		"a string":                   {func(w *whole) { w.Name = types.StringValue("elt") }, 1},
		"a string to null":           {func(w *whole) { w.Name = types.StringNull() }, 1},
		"a string to unknown":        {func(w *whole) { w.Name = types.StringUnknown() }, 1},
		"an element":                 {func(w *whole) { w.Labels = labels("x") }, 1},
		"a set to null":              {func(w *whole) { w.Labels = types.SetNull(types.StringType) }, 1},
		"the form of the same value": {func(w *whole) { w.Document = framework.JSONString(`{"a":1}`) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := before()
			tt.change(&after)
			var times written
			if diags := framework.SetChanged(t.Context(), &times, before(), after); diags.HasError() || times != tt.want {
				t.Errorf("written %d times, want %d: %v", times, tt.want, diags)
			}
		})
	}
	var times written
	framework.SetChanged(t.Context(), &times, whole{part: part{Labels: labels([]string{}...)}}, whole{part: part{Labels: types.SetNull(types.StringType)}})
	if times != 1 {
		t.Error("a null set counts as an empty one")
	}
}

func TestPlanThatIsTheState(t *testing.T) {
	t.Parallel()
	type model struct {
		Name types.String `tfsdk:"name"`
	}
	named := func(name any) tftypes.Value {
		kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"name": tftypes.String}}
		return tftypes.NewValue(kind, map[string]tftypes.Value{"name": tftypes.NewValue(tftypes.String, name)})
	}
	attributes := schema.Schema{Attributes: map[string]schema.Attribute{"name": schema.StringAttribute{Computed: true}}}
	state := tfsdk.State{Raw: named("etl"), Schema: attributes}
	for want, raw := range map[types.String]tftypes.Value{
		types.StringValue("etl"): named("etl"), types.StringValue("elt"): named("elt"), types.StringNull(): named(nil), types.StringUnknown(): named(tftypes.UnknownValue),
	} {
		for _, inState := range []*model{nil, {Name: types.StringValue("etl")}} {
			var got model
			if diags := framework.GetPlan(t.Context(), tfsdk.Plan{Raw: raw, Schema: attributes}, state, inState, &got); diags.HasError() || !got.Name.Equal(want) {
				t.Errorf("got %s, want %s: %v", got.Name, want, diags)
			}
		}
	}
}

func TestIdentityIsSetOnce(t *testing.T) {
	t.Parallel()
	kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String}}
	for _, before := range []tftypes.Value{
		tftypes.NewValue(kind, nil),
		tftypes.NewValue(kind, map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.String, nil)}),
		tftypes.NewValue(kind, map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}),
		tftypes.NewValue(kind, map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.String, "another")}),
		tftypes.NewValue(kind, map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.String, "this")}),
	} {
		identity := tfsdk.ResourceIdentity{Raw: before, Schema: framework.IdentitySchema("thing")}
		var got framework.Identity
		diags := framework.SetIdentity(t.Context(), &identity, "this")
		if diags.Append(identity.Get(t.Context(), &got)...); diags.HasError() || got.ID.ValueString() != "this" {
			t.Errorf("of %s: %s, %v", before, got.ID, diags)
		}
	}
}
