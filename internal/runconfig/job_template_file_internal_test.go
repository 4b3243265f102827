package runconfig

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// YAML keeps whole and fractional numbers apart as Python does.
func TestDecodeTemplateNumbers(t *testing.T) {
	t.Parallel()
	template, err := decodeTemplate([]byte("a: 1\nb: 1.0\nc: 18446744073709551615\nd: [yes, ~, 'x']\n"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := framework.JSONOf(template)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := value.ValueString(), `{"a": 1, "b": 1.0, "c": 18446744073709551615, "d": [true, null, "x"]}`; got != want {
		t.Errorf("decoded to %s, want %s", got, want)
	}
	for _, bad := range []string{"[1, 2]", "a: 1\na: 2\n", "1: x", "a: [", ""} {
		if _, err := decodeTemplate([]byte(bad)); err == nil {
			t.Errorf("%q passes for a job template", bad)
		}
	}
}
