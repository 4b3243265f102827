package flow

import (
	"encoding/json"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// inactiveReason returns why an active schedule of a flow would start no runs, or "" if it would. group is
// the flow group of its version group, nil if there is none yet.
func inactiveReason(f *serialization.Flow, group *prefect.FlowGroup) string {
	activation := serialization.Activation{
		FlowClocks: serialization.ClockDefaults(f.Schedule()), Required: f.RequiredParameters(), Counted: f.CountedDefaults(),
	}
	if group != nil {
		activation.GroupClocks = serialization.ClockDefaults(decoded(group.Schedule))
		activation.GroupDefaults = decoded(group.DefaultParameters)
	}
	if !activation.HasSchedule() {
		return "neither the flow nor its flow group has a schedule"
	}
	missing := activation.Missing()
	if len(missing) == 0 {
		return ""
	}
	return "the schedule does not set the required parameter(s) " + framework.Quoted(missing)
}

// switchedOff reports whether somebody, such as the flow group's resource, has deactivated the schedule of a version
// that could be active.
func switchedOff(newest *prefect.Flow) bool {
	if newest == nil || newest.Archived || newest.IsScheduleActive {
		return false
	}
	summary, err := summaryOf(newest)
	if err != nil {
		return false
	}
	data := summary.Map()
	if own := decoded(newest.Schedule); own != nil {
		data["schedule"] = own
	}
	return inactiveReason(serialization.NewFlow(data), &newest.Group) == ""
}

// decoded decodes an object from the Server; nil if there is none.
func decoded(raw json.RawMessage) map[string]any {
	object, _ := serialization.DecodeServed(raw).(map[string]any)
	return object
}
