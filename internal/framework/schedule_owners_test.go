package framework_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// TestScheduleOwners lets two resources set one switch as long as they agree.
func TestScheduleOwners(t *testing.T) {
	t.Parallel()
	var o framework.ScheduleOwners
	one, other := types.StringValue("1"), types.StringValue("2")
	for i, test := range []struct {
		resource string
		group    types.String
		active   types.Bool
		refused  bool
	}{
		{"prefect_flow", one, types.BoolValue(true), false},
		{"prefect_flow_group", one, types.BoolNull(), false},
		{"prefect_flow_group", one, types.BoolUnknown(), false},
		{"prefect_flow_group", types.StringUnknown(), types.BoolValue(false), false},
		{"prefect_flow_group", other, types.BoolValue(false), false},
		{"prefect_flow_group", one, types.BoolValue(true), false},
		{"prefect_flow_group", one, types.BoolValue(false), true},
	} {
		if got := o.Says(test.resource, test.group, test.active).HasError(); got != test.refused {
			t.Errorf("%d: %t", i, got)
		}
	}
}
