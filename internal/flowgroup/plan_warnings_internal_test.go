package flowgroup

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestDoubts names what the Server accepts and what does not work.
func TestDoubts(t *testing.T) {
	t.Parallel()
	newest := &prefect.Flow{Name: "etl", Version: 3, Parameters: json.RawMessage(
		`[{"name": "n", "required": false, "default": 10}, {"name": "source", "required": true, "default": null}]`)}
	schedule := types.ObjectValueMust(scheduleTypes(), map[string]attr.Value{
		"timezone": types.StringNull(),
		"clocks": types.ListValueMust(types.ObjectType{AttrTypes: clockTypes()}, []attr.Value{
			types.ObjectValueMust(clockTypes(), map[string]attr.Value{
				"cron": types.StringValue("0 6 * * *"), "interval": types.StringNull(), "parameter_defaults": framework.JSONNull(),
			}),
		}),
	})
	for name, test := range map[string]struct {
		given  string
		active bool
		edit   func(*model)
		want   []string
	}{
		"fine":               {given: `{"n": 5, "source": "s3"}`},
		"null is a value":    {given: `{"n": null}`},
		"unknown name":       {given: `{"sorce": "s3"}`, want: []string{`has no parameter "sorce"`, `"n" "source"`}},
		"another type":       {given: `{"n": "5"}`, want: []string{`Parameter "n"`, `has the type string`, `number 10`}},
		"schedule, nobody's": {given: `{}`, edit: func(m *model) { m.Schedule = schedule }, want: []string{"is not active", "schedule_active = true"}},
		"schedule, active":   {given: `{}`, active: true, edit: func(m *model) { m.Schedule = schedule }},
		"schedule, off on demand": {given: `{}`, edit: func(m *model) {
			m.Schedule, m.ScheduleActive = schedule, types.BoolValue(false)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow := *newest
			flow.IsScheduleActive = test.active
			m := model{DefaultParameters: framework.JSONString(test.given), Schedule: types.ObjectNull(scheduleTypes())}
			if test.edit != nil {
				test.edit(&m)
			}
			var said strings.Builder
			for _, d := range m.doubts(t.Context(), &flow, false) {
				said.WriteString(d.Summary() + "\n" + d.Detail() + "\n")
			}
			if len(test.want) == 0 && said.Len() > 0 {
				t.Errorf("says %s", said.String())
			}
			for _, want := range test.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("says %q, without %q", said.String(), want)
				}
			}
		})
	}
}
