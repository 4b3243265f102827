package flowgroup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// doubts warns of settings that the Server accepts but that have no effect with the newest version of the
// flow: a schedule that nobody activates, and parameter values that the flow does not have or has with
// another type. They are not errors, because the next version may differ.
func (m *model) doubts(ctx context.Context, newest *prefect.Flow) diag.Diagnostics {
	if newest == nil || newest.Archived {
		return nil
	}
	var diags diag.Diagnostics
	if s := meant(ctx, m.Schedule); s != nil && len(s.clocks) > 0 && m.ScheduleActive.IsNull() && !newest.IsScheduleActive {
		diags.AddAttributeWarning(path.Root("schedule_active"), fmt.Sprintf("The schedule of flow %q is not active", newest.Name),
			"The group has a `schedule`, but the Server creates no runs on it, because the flow was registered inactive or was deactivated.\n\n"+
				"Set `schedule_active = true`, or `false` if this is intended.")
	}
	parameters := parametersOf(newest.Parameters)
	diags.Append(doubtValues(path.Root("default_parameters"), m.DefaultParameters, parameters, newest)...)
	if !framework.IsSet(m.Schedule) {
		return diags
	}
	if _, clocks, d := parts(ctx, m.Schedule); !d.HasError() {
		for i, c := range clocks {
			at := path.Root("schedule").AtName("clocks").AtListIndex(i).AtName("parameter_defaults")
			diags.Append(doubtValues(at, c.ParameterDefaults, parameters, newest)...)
		}
	}
	return diags
}

func doubtValues(at path.Path, given framework.JSON, parameters map[string]any, newest *prefect.Flow) diag.Diagnostics {
	var diags diag.Diagnostics
	decoded, err := given.Decode()
	values, ok := decoded.(map[string]any)
	if err != nil || !ok {
		return nil // reported by the type or checkObject
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		otherwise, exists := parameters[name]
		switch have, want := kindOf(values[name]), kindOf(otherwise); {
		case !exists:
			diags.AddAttributeWarning(at, fmt.Sprintf("Flow %q has no parameter %q", newest.Name, name),
				fmt.Sprintf("Attribute %s: version %d of the flow has the parameters %q. Runs with any other parameter fail when they start.\n\n"+
					"Correct the name, or remove it.", at, newest.Version, slices.Sorted(maps.Keys(parameters))))
		case have != "null" && want != "null" && have != want:
			diags.AddAttributeWarning(at, fmt.Sprintf("Parameter %q of flow %q has the type %s", name, newest.Name, have),
				fmt.Sprintf("Attribute %s: the value is the %s %s, but the default in version %d of the flow is the %s %s.\n\n"+
					"Use a value of type %s if the flow needs one.", at, have, text(values[name]), newest.Version, want, text(otherwise), want))
		}
	}
	return diags
}

// parametersOf returns the defaults of a flow's parameters by name; nil for one without a default.
func parametersOf(raw json.RawMessage) map[string]any {
	list, _ := serialization.DecodeServed(raw).([]any)
	out := map[string]any{}
	for _, one := range list {
		parameter, _ := one.(map[string]any)
		if name, ok := parameter["name"].(string); ok {
			out[name] = parameter["default"]
		}
	}
	return out
}

// kindOf names the type of a JSON value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "bool"
	case []any:
		return "list"
	case map[string]any:
		return "map"
	default:
		return "number"
	}
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
