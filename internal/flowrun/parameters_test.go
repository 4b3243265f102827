package flowrun

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestCheckParameters(t *testing.T) {
	t.Parallel()
	flow := &prefect.Flow{Name: "etl", Version: 3, Parameters: json.RawMessage(`[
		{"name": "x", "type": "prefect.core.parameter.Parameter", "required": true},
		{"name": "y", "type": "prefect.core.parameter.Parameter", "required": true},
		{"name": "day", "type": "prefect.core.parameter.DateTimeParameter", "required": false},
		{"name": "n", "type": "prefect.core.parameter.Parameter", "required": false, "default": 10}]`)}
	flow.Group.DefaultParameters = json.RawMessage(`{"y": 1}`)
	for given, want := range map[string]struct{ failure, warning string }{
		`{"x": null}`:                    {},
		`{"x": {"a": [1]}, "day": null}`: {},
		`{"x": 1, "day": "2030-01-31"}`:  {},
		`{"y": 2}`:                       {failure: `"x"`},
		``:                               {failure: `"x"`},
		`{"x": 1, "day": 20300131}`:      {failure: `expects a date and time as "day"`},
		`{"x": 1, "day": ["2030"]}`:      {failure: `expects a date and time as "day"`},
		`{"x": 1, "z": 1}`:               {warning: `has no parameter "z". It has "day", "n", "x", "y"`},
		`{"x": 1, "n": "10"}`:            {warning: "the value is the string \"10\", but the default in version 3 of the flow is the number 10"},
		`{"x": 1, "n": null}`:            {},
	} {
		diags := checkParameters(flow, inputs{Parameters: given})
		var failures, warnings []string
		for _, d := range diags.Errors() {
			failures = append(failures, d.Detail())
		}
		for _, d := range diags.Warnings() {
			warnings = append(warnings, d.Detail())
		}
		for what, c := range map[string]struct {
			got  []string
			want string
		}{"error": {failures, want.failure}, "warning": {warnings, want.warning}} {
			if text := strings.Join(c.got, ""); (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
				t.Errorf("%s: %s %q, want %q", given, what, text, c.want)
			}
		}
	}
}

// The Server counts a default of a required parameter that Python takes for true, and no other.
func TestRequiredParametersWithDefaults(t *testing.T) {
	t.Parallel()
	for value, says := range map[string]string{
		`1`: "", `"a"`: "", `true`: "",
		`null`: "", `0`: `default of a required parameter, as the flow has for "x"`, `""`: `as the flow has for "x"`, `[]`: `as the flow has for "x"`,
	} {
		flow := &prefect.Flow{Name: "etl", Version: 3, Parameters: json.RawMessage(`[{"name": "x", "required": true, "default": ` + value + `}]`)}
		diags := checkParameters(flow, inputs{})
		counts := value == "1" || value == `"a"` || value == "true"
		if diags.HasError() == counts {
			t.Errorf("%s: %v", value, diags)
		}
		if says != "" && !strings.Contains(diags[0].Detail(), says) {
			t.Errorf("%s: %s", value, diags[0].Detail())
		}
	}
}
