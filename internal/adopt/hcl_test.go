package adopt

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// evaluate reads an expression as Terraform does.
func evaluate(t *testing.T, text string) cty.Value {
	t.Helper()
	parsed, diags := hclsyntax.ParseExpression([]byte(text), "x.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, text)
	}
	got, diags := parsed.Value(&hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}})
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, text)
	}
	return got
}

func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "etl", `a"b\c`, "${x}", "$${x}", "$$${x}", "%{if}", "%%{", "$", "a\nb\r\tc", "\x00\u2028\ue000", "größe 🎉", "\U000e0001"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := cty.StringVal(text) // Terraform's strings are normalised, and hold no broken characters
		if raw, err := json.Marshal(text); err == nil {
			var valid string
			if json.Unmarshal(raw, &valid) == nil && valid != text {
				t.Skip("not UTF-8, which no JSON of a Server can be")
			}
		}
		if got := evaluate(t, quote(text)); !got.RawEquals(want) {
			t.Errorf("%s is %#v, want %#v", quote(text), got, want)
		}
	})
}

func TestValue(t *testing.T) {
	t.Parallel()
	text := `{"for": [1, 2.5, -3, 9007199254740993], "null": null, "a b": {"x": [], "y": {}, "z": "${x}"}, "ok": true, ` +
		`"long": ["an element that is rather long", "and another one which does not fit beside it", {"k": "v"}]}`
	got := evaluate(t, value(asJSON(text), "")).AsString()
	var left, right any
	if json.Unmarshal([]byte(text), &left) != nil || json.Unmarshal([]byte(got), &right) != nil {
		t.Fatal(got)
	}
	if a, b := marshal(t, left), marshal(t, right); a != b {
		t.Errorf("got  %s\nwant %s", b, a)
	}
	number := evaluate(t, "9007199254740993").AsBigFloat()
	if number.Cmp(new(big.Float).SetInt64(9007199254740993)) != 0 {
		t.Error(number)
	}
	for _, inexact := range []string{`{"x": 1.0}`, `[1e3]`, `[[1.50]]`} { // which jsonencode would write in another way
		if got := value(asJSON(inexact), ""); got != quote(inexact) {
			t.Errorf("%s is written as %s", inexact, got)
		}
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"etl": "etl", "My Flow": "my_flow", "daily/etl-2": "daily_etl_2", "7 days": "flow_7_days", "größe": "gr_e", "日本": "flow", "__": "flow",
	} {
		if got := label(given, "flow"); got != want {
			t.Errorf("label(%q) is %q, want %q", given, got, want)
		}
	}
	for given, want := range map[string]string{
		"etl": "etl", "daily/etl": "daily_etl", "..": "_", "a.": "a", ".hidden": "_.hidden", "CON": "_CON", "nul.x": "_nul.x", "a\x00b": "a_b", "${x}": "_{x}", "": "_",
	} {
		if got := fileName(given); got != want {
			t.Errorf("fileName(%q) is %q, want %q", given, got, want)
		}
	}
	var taken []string
	n := names{}
	for _, name := range []string{"etl", "ETL", "etl", "etl_2"} {
		taken = append(taken, n.take(name))
	}
	if got := marshal(t, taken); got != `["etl","ETL_2","etl_3","etl_2_2"]` {
		t.Error(got)
	}
}
