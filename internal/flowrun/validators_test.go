package flowrun

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestValidators(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		check       validator.String
		given, says string
	}{
		{finalState(), "Success", ""},
		{finalState(), "timedout", ""},
		{finalState(), "Sucess", `Did you mean "Success"?`}, //nolint:misspell // the mistake
		{finalState(), "Running", "has not finished"},
		{finalState(), "Hibernating", "The final states are"},
		{startTime(), "2030-01-31T08:00:00Z", ""},
		{startTime(), "1969-12-31T23:59:59Z", "before 1970"},
		{startTime(), "1969-12-31T23:59:59-02:00", ""},
		{startTime(), "0001-01-01T00:00:00Z", "before 1970"},
		{startTime(), "tomorrow", "RFC 3339"},
		{flowVersionID(), "7a3c0f5e-2b6d-4c19-9a55-0c1d2e3f4a5b", ""},
		{flowVersionID(), "etl", "version_group_id"},
		{storableJSON(), `{"x": 1.5e308, "é": "\ud83d\ude00"}`, ""},
		{storableJSON(), `{"x": 1e400}`, "beyond"},
		{storableJSON(), `{"x": [-1e400]}`, "beyond"},
		{storableJSON(), `{"x": "\ud800"}`, "surrogate"},
		{storableJSON(), `{"\udc00": 1}`, "surrogate"},
		{storableJSON(), `{"x": {"y": ["a\u0000"]}}`, "NUL"},
		{storableJSON(), `{"x": 9007199254740993}`, "doubles"},
	} {
		resp := &validator.StringResponse{}
		tt.check.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: types.StringValue(tt.given)}, resp)
		switch {
		case tt.says == "" && resp.Diagnostics.HasError():
			t.Errorf("%s is refused: %v", tt.given, resp.Diagnostics)
		case tt.says != "" && (!resp.Diagnostics.HasError() || !strings.Contains(resp.Diagnostics[0].Detail(), tt.says)):
			t.Errorf("%s: got %v, want %q", tt.given, resp.Diagnostics, tt.says)
		}
	}
}
