package flowrun

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// privateData is what Terraform keeps.
type privateData map[string][]byte

func (p privateData) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}

func (p privateData) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// A null that got into a state is passed over: a refresh must not fail on it.
func TestSettleIgnoresNullsInState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state   string
		settles bool
	}{"accepted": {stateSuccess, true}, "not accepted": {stateFailed, false}} {
		before, after := privateData{}, privateData{}
		if diags := setPrivate(t.Context(), before, recordKey, record{ID: "r"}); diags.HasError() {
			t.Fatal(diags)
		}
		m := emptyModel()
		m.WaitFor, m.State = types.StringValue(waitFinished), types.StringValue(c.state)
		m.SuccessStates = types.SetValueMust(types.StringType, []attrValue{types.StringNull(), types.StringValue(stateSuccess)})
		if diags := (&flowRunResource{}).settle(t.Context(), &m, before, after); diags.HasError() {
			t.Errorf("%s: %v", name, diags)
		}
		var kept record
		if _, diags := getPrivate(t.Context(), after, recordKey, &kept); diags.HasError() || kept.Settled != c.settles {
			t.Errorf("%s: settled is %t: %v", name, kept.Settled, diags)
		}
	}
}
