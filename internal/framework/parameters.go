package framework

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// ParameterDefaults returns the defaults of a flow's parameters by name; nil for one that has none.
func ParameterDefaults(flow *prefect.Flow) map[string]any {
	decoded, err := serialization.Decode(flow.Parameters)
	if err != nil {
		return map[string]any{} // there are none
	}
	list, _ := decoded.([]any)
	out := map[string]any{}
	for _, one := range list {
		parameter, _ := one.(map[string]any)
		if name, ok := parameter["name"].(string); ok {
			out[name] = parameter["default"]
		}
	}
	return out
}

// UnknownParameters names the given values that the flow has no parameter for, sorted.
func UnknownParameters(given map[string]any, flow *prefect.Flow) []string {
	defaults := ParameterDefaults(flow)
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, exists := defaults[name]; !exists {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// MistypedParameters warns of values of parameters that have another type than the default in the flow. The Server
// accepts them, and so does Prefect, but the flow was probably not written for them. null fits everything, and so does a
// number where the default is the text of one. secret keeps the values out of the warnings.
func MistypedParameters(at path.Path, given map[string]any, flow *prefect.Flow, secret bool) diag.Diagnostics {
	var diags diag.Diagnostics
	defaults := ParameterDefaults(flow)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		have, want := kindOfJSON(given[name]), kindOfJSON(defaults[name])
		if have == want || have == "null" || want == "null" || reads(defaults[name], have) {
			continue
		}
		shown := " " + jsonText(given[name])
		if secret {
			shown = ""
		}
		diags.AddAttributeWarning(at, fmt.Sprintf("Parameter %q of flow %q has the type %s", name, flow.Name, have),
			fmt.Sprintf("Attribute %s: the value is the %s%s, but the default in version %d of the flow is the %s %s.\n\nUse a value of type %s if the flow needs one.",
				at, have, shown, flow.Version, want, jsonText(defaults[name]), want))
	}
	return diags
}

// reads reports whether a default is the text of a value of some kind, such as "1": the flow probably reads it.
func reads(value any, kind string) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	inner, err := serialization.Decode([]byte(text))
	return err == nil && kindOfJSON(inner) == kind
}

// DecodedObject is the object in a text of JSON; nil if it is none.
func DecodedObject(text string) map[string]any {
	decoded, err := serialization.Decode([]byte(text))
	if err != nil {
		return nil
	}
	object, _ := decoded.(map[string]any)
	return object
}

// kindOfJSON names the type of a JSON value.
func kindOfJSON(v any) string {
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

func jsonText(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
