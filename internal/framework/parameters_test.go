package framework_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	flow := &prefect.Flow{Name: "etl", Version: 3, Parameters: json.RawMessage(`[{"name": "n", "default": 1}, {"name": "s", "default": "a"},
		{"name": "b", "default": false}, {"name": "l", "default": []}, {"name": "m", "default": {}}, {"name": "any", "default": null}, {"name": "text", "default": "1"}]`)}
	for given, want := range map[string]string{
		`{}`: "",
		`{"n": 2.5, "s": "b", "b": true, "l": [1], "m": {"x": 1}, "any": "x"}`: "",
		`{"n": null, "s": null, "b": null, "l": null, "m": null}`:              "",
		`{"text": 2}`: "", `{"text": true}`: `string "1"`,
		`{"n": "2"}`: `number 1`, `{"s": 2}`: `string "a"`, `{"b": "false"}`: `bool false`, `{"l": {}}`: `list []`, `{"m": []}`: `map {}`,
	} {
		diags := framework.MistypedParameters(path.Root("parameters"), framework.DecodedObject(given), flow, false)
		switch {
		case want == "" && len(diags) > 0, want != "" && (len(diags) != 1 || diags.HasError()):
			t.Errorf("%s: %v", given, diags)
		case want != "" && !strings.Contains(diags[0].Detail(), "is the "+want):
			t.Errorf("%s: %s", given, diags[0].Detail())
		}
	}
	if got := framework.UnknownParameters(framework.DecodedObject(`{"z": 1, "n": 1, "a": 1}`), flow); strings.Join(got, ",") != "a,z" {
		t.Errorf("unknown: %v", got)
	}
	if got := framework.UnknownParameters(framework.DecodedObject(`[1]`), &prefect.Flow{}); got != nil {
		t.Errorf("unknown: %v", got)
	}
}
