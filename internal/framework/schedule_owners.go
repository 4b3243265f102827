package framework

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ScheduleOwners records the resources of one plan that set `schedule_active` of a version group. Both
// prefect_flow and prefect_flow_group can, but the Server has one flag. The zero value is ready for use.
type ScheduleOwners struct {
	mu   sync.Mutex
	says map[string]map[string]bool // by version group and resource type
}

// Says records what a resource of a type plans for a version group, and returns an error if a resource of the
// other type plans the opposite: each apply would undo the other. Null and unknown count as not set.
func (o *ScheduleOwners) Says(resource string, versionGroup types.String, active types.Bool) diag.Diagnostics {
	if !IsSet(versionGroup) || !IsSet(active) {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.says == nil {
		o.says = map[string]map[string]bool{}
	}
	group := versionGroup.ValueString()
	if o.says[group] == nil {
		o.says[group] = map[string]bool{}
	}
	o.says[group][resource] = active.ValueBool()
	for other, value := range o.says[group] {
		if value != active.ValueBool() {
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("schedule_active"),
				fmt.Sprintf("Two resources disagree on the schedule of version group %s", group),
				fmt.Sprintf("`schedule_active` is %t in the %s and %t in the %s of the same flow. The Server has only one flag, so each apply would undo the other.\n\n"+
					"Set it in one of the two and remove it from the other.", active.ValueBool(), resource, value, other))}
		}
	}
	return nil
}

// Sets reports whether a resource of a type sets the switch of a version group, as far as it was noted.
func (o *ScheduleOwners) Sets(resource, versionGroup string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, sets := o.says[versionGroup][resource]
	return sets
}
