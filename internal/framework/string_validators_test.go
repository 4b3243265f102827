package framework_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestValidators(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		validator validator.String
		good, bad []string
	}{
		"UUID": {
			framework.UUID(),
			[]string{someID},
			[]string{"", "etl", strings.ToUpper(someID), "{" + someID + "}", strings.ReplaceAll(someID, "-", ""), "urn:uuid:" + someID, someID + "0"},
		},
		"NotBlank": {framework.NotBlank(), []string{"a", "a b", "ü"}, []string{"", " ", "\t\n", " a", "a "}},
		"Duration": {framework.Duration(), []string{"0s", "30s", "1h30m"}, []string{"", "30", "-1s", "soon", "1d"}},
		"HTTPURL": {
			framework.HTTPURL(),
			[]string{"http://localhost:4200", "https://prefect.example.com/api/graphql"},
			[]string{"", "localhost:4200", "/graphql", "ftp://example.com", "http://", "http://[::1"},
		},
		"HTTPURL with another scheme": {framework.HTTPURL("socks5"), []string{"socks5://localhost:1080", "http://proxy"}, []string{"socks4://localhost"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			validate := func(value types.String) bool {
				var resp validator.StringResponse
				test.validator.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("a"), ConfigValue: value}, &resp)
				for _, d := range resp.Diagnostics {
					if d.Summary() == "" || d.Detail() == "" {
						t.Errorf("%s: a diagnostic without text: %v", value, d)
					}
				}
				return !resp.Diagnostics.HasError()
			}
			for _, value := range test.good {
				if !validate(types.StringValue(value)) {
					t.Errorf("%q is refused", value)
				}
			}
			for _, value := range test.bad {
				if validate(types.StringValue(value)) {
					t.Errorf("%q is accepted", value)
				}
			}
			if !validate(types.StringNull()) || !validate(types.StringUnknown()) {
				t.Error("null or unknown is refused")
			}
		})
	}
}

func TestURLDiagnosticHidesPassword(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"ftp://me:hunter2@example.com", "http://me:hunter2@[::1"} {
		var resp validator.StringResponse
		framework.HTTPURL().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("a"), ConfigValue: types.StringValue(value)}, &resp)
		if !resp.Diagnostics.HasError() || strings.Contains(resp.Diagnostics[0].Detail(), "hunter2") {
			t.Errorf("%v", resp.Diagnostics)
		}
	}
}
