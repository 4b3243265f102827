package framework_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestNullAndEmptyStayApart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()

	if got := framework.StringPointer(types.StringNull()); got != nil {
		t.Errorf("null became %q", *got)
	}
	if got := framework.StringPointer(types.StringUnknown()); got != nil {
		t.Errorf("unknown became %q", *got)
	}
	if got := framework.StringPointer(types.StringValue("")); got == nil || *got != "" {
		t.Errorf("the empty string became %v", got)
	}
	empty := ""
	if got := framework.StringOrNull(&empty); got.IsNull() {
		t.Error("the empty string became null")
	}
	if got := framework.StringOrNull(nil); !got.IsNull() {
		t.Errorf("nil became %s", got)
	}
	if got := framework.StringOrNullIfEmpty(""); !got.IsNull() {
		t.Errorf("empty became %s", got)
	}

	for name, values := range map[string][]string{"nil": nil, "empty": {}, "some": {"b", "a"}} {
		set, diags := framework.StringSet(ctx, values)
		if diags.HasError() || set.IsNull() != (values == nil) {
			t.Errorf("%s: set %s, %v", name, set, diags)
		}
		back, diags := framework.Strings(ctx, set)
		if diags.HasError() || !cmp.Equal(back, values) {
			t.Errorf("%s: through a set %#v became %#v", name, values, back)
		}
		list, diags := framework.StringList(ctx, values)
		if diags.HasError() || list.IsNull() != (values == nil) {
			t.Errorf("%s: list %s, %v", name, list, diags)
		}
		back, diags = framework.Strings(ctx, list)
		if diags.HasError() || !cmp.Equal(back, values) {
			t.Errorf("%s: through a list %#v became %#v", name, values, back)
		}
	}
	for name, values := range map[string]map[string]string{"nil": nil, "empty": {}, "some": {"b": "1", "a": ""}} {
		m, diags := framework.StringMap(ctx, values)
		if diags.HasError() || m.IsNull() != (values == nil) {
			t.Errorf("%s: map %s, %v", name, m, diags)
		}
		back, diags := framework.StringsByKey(ctx, m)
		if diags.HasError() || !cmp.Equal(back, values) {
			t.Errorf("%s: through a map %#v became %#v", name, values, back)
		}
	}
	if got, _ := framework.Strings(ctx, types.SetUnknown(types.StringType)); got != nil {
		t.Errorf("an unknown set became %#v", got)
	}
}
