package flowgroup

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// doubts warns of settings that the Server accepts but that have no effect with the newest version of the
// flow: a schedule that nobody activates, parameter values that the flow does not have or has with another type,
// and a run configuration that drops labels. They are not errors, because the next version may differ. switched
// means that the flow's resource sets schedule_active.
func (m *model) doubts(ctx context.Context, newest *prefect.Flow, switched bool) diag.Diagnostics {
	if newest == nil || newest.Archived {
		return nil
	}
	var diags diag.Diagnostics
	if s := meant(ctx, m.Schedule); s != nil && len(s.clocks) > 0 && m.ScheduleActive.IsNull() && !newest.IsScheduleActive && !switched {
		diags.AddAttributeWarning(path.Root("schedule_active"), fmt.Sprintf("The schedule of flow %q is not active", newest.Name),
			"The group has a `schedule`, but the Server creates no runs on it, because the flow was registered inactive or was deactivated.\n\n"+
				"Set `schedule_active = true`, or `false` if this is intended.")
	}
	diags.Append(doubtValues(path.Root("default_parameters"), m.DefaultParameters, newest)...)
	diags.Append(m.droppedLabels(ctx, newest)...)
	if !framework.IsSet(m.Schedule) {
		return diags
	}
	if _, clocks, d := parts(ctx, m.Schedule); !d.HasError() {
		for i, c := range clocks {
			at := path.Root("schedule").AtName("clocks").AtListIndex(i).AtName("parameter_defaults")
			diags.Append(doubtValues(at, c.ParameterDefaults, newest)...)
		}
	}
	return diags
}

func doubtValues(at path.Path, given framework.JSON, newest *prefect.Flow) diag.Diagnostics {
	var diags diag.Diagnostics
	values := framework.DecodedObject(given.ValueString())
	for _, name := range framework.UnknownParameters(values, newest) {
		diags.AddAttributeWarning(at, fmt.Sprintf("Flow %q has no parameter %q", newest.Name, name),
			fmt.Sprintf("Attribute %s: version %d of the flow has the parameters %q. The Server accepts another one, but the flow does not see it.\n\n"+
				"Correct the name, or remove it.", at, newest.Version, slices.Sorted(maps.Keys(framework.ParameterDefaults(newest)))))
	}
	diags.Append(framework.MistypedParameters(at, values, newest, false)...)
	return diags
}

// droppedLabels warns of a run configuration without labels, which hides those of the flow from the group's runs.
func (m *model) droppedLabels(ctx context.Context, newest *prefect.Flow) diag.Diagnostics {
	if !m.Labels.IsNull() {
		return nil
	}
	own := serialization.NewFlow(map[string]any{"run_config": runconfig.Decode(newest.RunConfig)}).Labels()
	return runconfig.DroppedLabels(ctx, m.RunConfig, own, nil)
}
