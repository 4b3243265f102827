package flowrun

import (
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

// checkParameters compares the given parameters with the flow's.
func checkParameters(flow *prefect.Flow, in inputs) diag.Diagnostics {
	given, argument := in.Parameters, in.parametersArgument()
	at := path.Root(argument)
	var declared []struct {
		Name     string          `json:"name"`
		Type     string          `json:"type"`
		Required bool            `json:"required"`
		Default  json.RawMessage `json:"default"`
	}
	if json.Unmarshal(flow.Parameters, &declared) != nil {
		return nil // the flow's parameters are unknown
	}
	values, defaults := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	_ = json.Unmarshal([]byte(given), &values)                  // absent means none
	_ = json.Unmarshal(flow.Group.DefaultParameters, &defaults) // likewise
	names := map[string]bool{}
	var missing, mistyped, ignored []string
	for _, p := range declared {
		names[p.Name] = true
		_, isGiven := values[p.Name]
		_, hasDefault := defaults[p.Name]
		if p.Required && !isGiven && !hasDefault {
			own, err := decodeJSON(string(p.Default))
			switch {
			case err == nil && serialization.DefaultCounts(own):
				continue // the Server adds it
			case err == nil && own != nil:
				ignored = append(ignored, p.Name)
			}
			missing = append(missing, p.Name)
		}
		if p.Type == dateTimeParameter && isGiven && !isTextOrNull(values[p.Name]) {
			mistyped = append(mistyped, p.Name)
		}
	}
	var diags diag.Diagnostics
	if len(missing) > 0 {
		slices.Sort(missing)
		why := ""
		if len(ignored) > 0 {
			slices.Sort(ignored)
			why = fmt.Sprintf(" The Server does not count an empty or zero default of a required parameter, as the flow has for %s.", framework.Quoted(ignored))
		}
		diags.AddAttributeError(at, "Required parameters are missing",
			fmt.Sprintf("Flow %q (version %d) needs a value for %s, but neither `%s` nor the flow group's default parameters set it.%s\n\n"+
				"Add a value to `%s`, or to the flow group's `default_parameters`.", flow.Name, flow.Version, framework.Quoted(missing), argument, why, argument))
	}
	if len(mistyped) > 0 {
		slices.Sort(mistyped)
		diags.AddAttributeError(at, "Parameters of the wrong type",
			fmt.Sprintf("Flow %q (version %d) expects a date and time as %s, and would fail with a value that is not a string.\n\n"+
				"Use a string in ISO 8601, such as \"2030-01-31T08:00:00+00:00\", or null.", flow.Name, flow.Version, framework.Quoted(mistyped)))
	}
	decoded := framework.DecodedObject(given)
	if unknown := framework.UnknownParameters(decoded, flow); len(unknown) > 0 {
		has := "It has no parameters"
		if len(names) > 0 {
			has = "It has " + framework.Quoted(slices.Sorted(maps.Keys(names)))
		}
		diags.AddAttributeWarning(at, "Parameters that the flow does not have",
			fmt.Sprintf("Flow %q (version %d) has no parameter %s. %s. The Server accepts other parameters, but the flow does not see them.",
				flow.Name, flow.Version, framework.Quoted(unknown), has))
	}
	if len(mistyped) == 0 {
		diags.Append(framework.MistypedParameters(at, decoded, flow, argument == parametersWriteOnly)...)
	}
	return diags
}

// dateTimeParameter is the only type of Prefect 1 parameters that rejects values: it parses a string, and any
// other JSON value except null fails the flow.
const dateTimeParameter = "prefect.core.parameter.DateTimeParameter"

func isTextOrNull(raw json.RawMessage) bool {
	var text *string
	return json.Unmarshal(raw, &text) == nil
}
