package flowgroup

import (
	"context"
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// inactiveReason returns why no run would start although the schedule is active, with a remedy, or "" if runs
// would start. The Server refuses some of these cases; in others it treats the schedule as active and then
// fails to create runs.
func (w *work) inactiveReason(ctx context.Context, newest *prefect.Flow) string {
	if newest.Archived {
		return fmt.Sprintf("The newest version of the flow, version %d, is archived, and archived flows have no runs.\n\n"+
			"Register the flow again, or remove `schedule_active` or set it to `false`.", newest.Version)
	}
	flow := serialization.NewFlow(map[string]any{"parameters": serialization.DecodeServed(newest.Parameters)})
	activation := serialization.Activation{
		FlowClocks: serialization.ClockDefaults(serialization.DecodeServed(newest.Schedule)), GroupClocks: w.groupClocks(ctx),
		GroupDefaults: w.defaults(), Required: flow.RequiredParameters(), Counted: flow.CountedDefaults(),
	}
	if !activation.HasSchedule() {
		return "Neither the flow group nor the flow has a schedule.\n\nSet `schedule`, or remove `schedule_active`."
	}
	missing := activation.Missing()
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("Version %d of the flow has required parameters that a clock does not set: %s.\n\n"+
		"Set them in `default_parameters`, or in the `parameter_defaults` of every clock, including those of the flow's own schedule.",
		newest.Version, framework.Quoted(missing))
}

// groupClocks returns the parameter defaults of each clock of the group's schedule after the work; nil
// without a schedule.
func (w *work) groupClocks(ctx context.Context) []map[string]any {
	if w.to.Schedule.IsNull() {
		return serialization.ClockDefaults(serialization.DecodeServed(w.planned()))
	}
	out := []map[string]any{}
	if s := meant(ctx, w.to.Schedule); s != nil {
		for _, c := range s.clocks {
			out = append(out, c.defaults)
		}
	}
	return out
}

// defaults returns the group's default parameters after the work.
func (w *work) defaults() map[string]any {
	held := serialization.DecodeServed(w.group.DefaultParameters)
	switch {
	case !w.to.DefaultParameters.IsNull():
		held, _ = w.to.DefaultParameters.Decode()
	case !w.from.DefaultParameters.IsNull():
		held = nil
	}
	object, _ := held.(map[string]any)
	return object
}
