package flow

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// inactiveReason says why no run would start by an active schedule of a flow,
// or "" if runs would. group is that of the flow's version group, nil if there
// is none yet.
func inactiveReason(f *serialization.Flow, group *prefect.FlowGroup) string {
	activation := serialization.Activation{FlowClocks: serialization.ClockDefaults(f.Schedule()), Required: f.RequiredParameters()}
	if group != nil {
		activation.GroupClocks = serialization.ClockDefaults(decoded(group.Schedule))
		activation.GroupDefaults = decoded(group.DefaultParameters)
	}
	if !activation.HasSchedule() {
		return "the flow has no schedule, and neither has its flow group"
	}
	missing := activation.Missing()
	if len(missing) == 0 {
		return ""
	}
	for i, name := range missing {
		missing[i] = fmt.Sprintf("%q", name)
	}
	return "the schedule gives no value for the required parameter(s) " + strings.Join(missing, ", ")
}

// decoded is an object that the Server holds; nil if there is none.
func decoded(raw json.RawMessage) map[string]any {
	object, _ := serialization.DecodeServed(raw).(map[string]any)
	return object
}
