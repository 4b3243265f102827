package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// inactiveReason says why the Server would leave the schedule of a flow
// inactive, without an error, or "" if it would activate it. group is that of
// the flow's version group, nil if there is none yet.
func inactiveReason(f *serialization.Flow, group *prefect.FlowGroup) string {
	schedule := f.Schedule()
	if schedule == nil {
		if group != nil && isSet(group.Schedule) {
			return ""
		}
		return "the flow has no schedule, and neither has its flow group"
	}
	given := map[string]bool{}
	if group != nil {
		for name := range keys(group.DefaultParameters) {
			given[name] = true
		}
	}
	var missing []string
	for _, p := range f.Parameters() {
		if p.Required && !given[p.Name] && !everyClockGives(schedule, p.Name) {
			missing = append(missing, fmt.Sprintf("%q", p.Name))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	slices.Sort(missing)
	return "the schedule gives no value for the required parameter(s) " + strings.Join(missing, ", ")
}

func everyClockGives(schedule map[string]any, parameter string) bool {
	clocks, _ := schedule["clocks"].([]any)
	for _, c := range clocks {
		clock, _ := c.(map[string]any)
		defaults, _ := clock["parameter_defaults"].(map[string]any)
		if _, ok := defaults[parameter]; !ok {
			return false
		}
	}
	return true
}

func isSet(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null"
}

func keys(raw json.RawMessage) map[string]any {
	if !isSet(raw) {
		return nil
	}
	object, err := decodeObject(raw)
	if err != nil {
		return nil
	}
	return object
}
