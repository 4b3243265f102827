package flowgroup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// work changes a group from what one model manages to what another manages. A setting that only the first
// manages is reset to its default.
type work struct {
	client   *prefect.Client
	group    *prefect.FlowGroup // current state on the Server
	from, to model
}

// change is the part of the work that concerns one setting.
type change struct {
	attribute string
	send      func(context.Context) diag.Diagnostics
	save      func(*model) // copies the planned value
}

// changes returns the changes of settings that are or were managed, in an order that satisfies their
// dependencies.
func (w *work) changes() []change {
	all := []struct {
		change
		from, to attr.Value
	}{
		{change{"description", w.description, func(m *model) { m.Description = w.to.Description }}, w.from.Description, w.to.Description},
		{change{"labels", w.labels, func(m *model) { m.Labels = w.to.Labels }}, w.from.Labels, w.to.Labels},
		{change{"run_config", w.runConfig, func(m *model) { m.RunConfig = w.to.RunConfig }}, w.from.RunConfig, w.to.RunConfig},
		{change{"default_parameters", w.defaultParameters, func(m *model) { m.DefaultParameters = w.to.DefaultParameters }}, w.from.DefaultParameters, w.to.DefaultParameters},
		{change{"schedule", w.schedule, func(m *model) { m.Schedule = w.to.Schedule }}, w.from.Schedule, w.to.Schedule},
		{change{"heartbeat", w.heartbeat, func(m *model) { m.Heartbeat = w.to.Heartbeat }}, w.from.Heartbeat, w.to.Heartbeat},
		{change{"lazarus", w.lazarus, func(m *model) { m.Lazarus = w.to.Lazarus }}, w.from.Lazarus, w.to.Lazarus},
		{change{scheduleActive, w.scheduleSwitch, func(m *model) { m.ScheduleActive = w.to.ScheduleActive }}, w.from.ScheduleActive, w.to.ScheduleActive},
	}
	var out []change
	for _, c := range all {
		if !c.from.IsNull() || !c.to.IsNull() {
			out = append(out, c.change)
		}
	}
	return out
}

// scheduleActive is the setting that is a switch of the newest version.
const scheduleActive = "schedule_active"

// managedSettings names the settings that a model manages.
func managedSettings(m *model) []string {
	w := work{from: *m, to: unmanaged(&prefect.FlowGroup{})}
	var names []string
	for _, c := range w.changes() {
		names = append(names, c.attribute)
	}
	return names
}

// failed converts the error of a request to diagnostics; nil gives none. When a setting is reset, a missing
// group or version is not an error.
func (w *work) failed(attribute string, managed bool, err error) diag.Diagnostics {
	if err == nil || !managed && framework.Gone(err) {
		return nil
	}
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not set %s of flow group %s", attribute, w.from.label()),
		Attribute: path.Root(attribute),
	}.Diagnose(err)
}

func (w *work) description(ctx context.Context) diag.Diagnostics {
	want := framework.StringPointer(w.to.Description)
	if framework.StringOrNull(want).Equal(framework.StringOrNull(w.group.Description)) {
		return nil
	}
	return w.failed("description", want != nil, w.client.SetFlowGroupDescription(ctx, w.group.ID, want))
}

func (w *work) labels(ctx context.Context) diag.Diagnostics {
	want, diags := framework.Strings(ctx, w.to.Labels)
	if diags.HasError() {
		return diags
	}
	slices.Sort(want)
	have := slices.Clone(w.group.Labels)
	slices.Sort(have)
	if (want == nil) == (w.group.Labels == nil) && slices.Equal(want, have) {
		return nil
	}
	return w.failed("labels", want != nil, w.client.SetFlowGroupLabels(ctx, w.group.ID, want))
}

func (w *work) runConfig(ctx context.Context) diag.Diagnostics {
	want, diags := runconfig.Serialize(ctx, w.to.RunConfig)
	if diags.HasError() || runconfig.Same(want, runconfig.Decode(w.group.RunConfig)) {
		return diags
	}
	var document json.RawMessage
	if want != nil {
		text, err := serialization.Canonical(want)
		if err != nil {
			return w.failed("run_config", true, fmt.Errorf("encode: %w", err))
		}
		document = text
	}
	return w.failed("run_config", want != nil, w.client.SetFlowGroupRunConfig(ctx, w.group.ID, document))
}

func (w *work) defaultParameters(ctx context.Context) diag.Diagnostics {
	want := w.to.DefaultParameters
	if want.IsNull() {
		want = framework.JSONString("{}")
	}
	if holds(want, w.group.DefaultParameters) {
		return nil
	}
	err := w.client.SetFlowGroupDefaultParameters(ctx, w.group.ID, json.RawMessage(want.ValueString()))
	return w.failed("default_parameters", !w.to.DefaultParameters.IsNull(), err)
}

func (w *work) schedule(ctx context.Context) diag.Diagnostics {
	if w.to.Schedule.IsNull() {
		if serialization.IsNull(w.group.Schedule) {
			return nil
		}
		return w.failed("schedule", false, w.client.DeleteFlowGroupSchedule(ctx, w.group.ID))
	}
	want := meant(ctx, w.to.Schedule)
	if held, err := stored(w.group.Schedule); !serialization.IsNull(w.group.Schedule) && err == nil && held.same(want) {
		return nil // setting it again would delete scheduled runs and restart intervals
	}
	input, err := want.input()
	if err == nil {
		err = w.client.SetFlowGroupSchedule(ctx, w.group.ID, input)
	}
	return w.failed("schedule", true, err)
}

func (w *work) heartbeat(ctx context.Context) diag.Diagnostics {
	managed := !w.to.Heartbeat.IsNull()
	want := !managed || w.to.Heartbeat.ValueBool()
	return w.flip(ctx, "heartbeat", managed, want != w.group.Settings.HeartbeatEnabled,
		func(flowID string) error { return w.client.SetHeartbeat(ctx, flowID, want) })
}

func (w *work) lazarus(ctx context.Context) diag.Diagnostics {
	managed := !w.to.Lazarus.IsNull()
	want := !managed || w.to.Lazarus.ValueBool()
	return w.flip(ctx, "lazarus", managed, want != w.group.Settings.LazarusEnabled,
		func(flowID string) error { return w.client.SetLazarus(ctx, flowID, want) })
}

// flip sets a flag of the group, which the Server does through a version.
func (w *work) flip(ctx context.Context, attribute string, managed, differs bool, set func(flowID string) error) diag.Diagnostics {
	if !differs {
		return nil
	}
	newest, err := newestVersion(ctx, w.client, w.group.Name)
	switch {
	case err != nil:
		return w.failed(attribute, managed, err)
	case newest == nil && managed:
		return w.noVersion(attribute)
	case newest == nil:
		return nil // the flag can affect no run
	}
	return w.failed(attribute, managed, set(newest.ID))
}

func (w *work) noVersion(attribute string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute),
		fmt.Sprintf("Could not set %s of flow group %s", attribute, w.from.label()),
		"The group has no version, because all its flows have been deleted. The Server sets this through a version.\n\n"+
			"Register the flow again, or remove the attribute.")}
}

func (w *work) scheduleSwitch(ctx context.Context) diag.Diagnostics {
	const attribute = scheduleActive
	managed := !w.to.ScheduleActive.IsNull()
	newest, err := newestVersion(ctx, w.client, w.group.Name)
	if err != nil {
		return w.failed(attribute, managed, err)
	}
	if !managed {
		if newest == nil || !newest.IsScheduleActive || !serialization.IsNull(newest.Schedule) || w.planned() != nil {
			return nil
		}
		return w.failed(attribute, false, w.client.SetScheduleInactive(ctx, newest.ID))
	}
	want := w.to.ScheduleActive.ValueBool()
	if want == (newest != nil && newest.IsScheduleActive && !newest.Archived) {
		return nil
	}
	if newest == nil {
		return w.noVersion(attribute)
	}
	if !want {
		return w.failed(attribute, true, w.client.SetScheduleInactive(ctx, newest.ID))
	}
	if reason := w.inactiveReason(ctx, newest); reason != "" {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), "The schedule cannot be activated", reason)}
	}
	return w.failed(attribute, true, w.client.SetScheduleActive(ctx, newest.ID))
}

// planned returns the group's schedule after the work, as the Server stores it; nil for none.
func (w *work) planned() json.RawMessage {
	switch {
	case !w.to.Schedule.IsNull():
		return json.RawMessage("{}")
	case !w.from.Schedule.IsNull() || serialization.IsNull(w.group.Schedule):
		return nil
	}
	return w.group.Schedule
}
