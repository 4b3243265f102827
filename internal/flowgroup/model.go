package flowgroup

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// model is the resource's attributes. A null setting is not managed.
type model struct {
	ID             types.String `tfsdk:"id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`

	Description       types.String   `tfsdk:"description"`
	Labels            types.Set      `tfsdk:"labels"`
	RunConfig         types.Object   `tfsdk:"run_config"`
	DefaultParameters framework.JSON `tfsdk:"default_parameters"`
	Schedule          types.Object   `tfsdk:"schedule"`
	ScheduleActive    types.Bool     `tfsdk:"schedule_active"`
	Heartbeat         types.Bool     `tfsdk:"heartbeat"`
	Lazarus           types.Bool     `tfsdk:"lazarus"`
}

// unmanaged is a resource that manages no setting of the group.
func unmanaged(group *prefect.FlowGroup) model {
	return model{
		ID:                types.StringValue(group.ID),
		TenantID:          types.StringValue(group.TenantID),
		VersionGroupID:    types.StringValue(group.Name),
		Description:       types.StringNull(),
		Labels:            types.SetNull(types.StringType),
		RunConfig:         runconfig.Null(),
		DefaultParameters: framework.JSONNull(),
		Schedule:          types.ObjectNull(scheduleTypes()),
		ScheduleActive:    types.BoolNull(),
		Heartbeat:         types.BoolNull(),
		Lazarus:           types.BoolNull(),
	}
}

// refresh updates the managed settings.
func (m *model) refresh(ctx context.Context, group *prefect.FlowGroup) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID = types.StringValue(group.ID)
	m.TenantID = types.StringValue(group.TenantID)
	m.VersionGroupID = types.StringValue(group.Name)
	if !m.Description.IsNull() {
		m.Description = framework.StringOrNull(group.Description)
	}
	if !m.Labels.IsNull() {
		labels, d := framework.StringSet(ctx, group.Labels)
		diags.Append(d...)
		m.Labels = labels
	}
	if !m.RunConfig.IsNull() {
		config, d := runconfig.Refresh(ctx, m.RunConfig, runconfig.Decode(group.RunConfig))
		diags.Append(d...)
		m.RunConfig = config
	}
	if !m.DefaultParameters.IsNull() && !holds(m.DefaultParameters, group.DefaultParameters) {
		m.DefaultParameters = jsonOf(group.DefaultParameters)
	}
	if !m.Schedule.IsNull() {
		schedule, d := refreshSchedule(ctx, m.Schedule, group.Schedule)
		diags.Append(d...)
		m.Schedule = schedule
	}
	if !m.ScheduleActive.IsNull() {
		m.ScheduleActive = types.BoolValue(group.ScheduleActive)
	}
	if !m.Heartbeat.IsNull() {
		m.Heartbeat = types.BoolValue(group.Settings.HeartbeatEnabled)
	}
	if !m.Lazarus.IsNull() {
		m.Lazarus = types.BoolValue(group.Settings.LazarusEnabled)
	}
	return diags
}

// adopt manages every setting that differs from the default of a new group.
func (m *model) adopt(ctx context.Context, group *prefect.FlowGroup) diag.Diagnostics {
	var diags diag.Diagnostics
	*m = unmanaged(group)
	m.Description = framework.StringOrNull(group.Description)
	labels, d := framework.StringSet(ctx, group.Labels)
	diags.Append(d...)
	m.Labels = labels
	if config := runconfig.Decode(group.RunConfig); config != nil {
		object, ok, d := runconfig.Object(ctx, config)
		diags.Append(d...)
		if !ok {
			diags.AddWarning("The run configuration of flow group "+group.ID+" is not imported",
				"It is not a KubernetesRun, the only kind that `run_config` supports. It stays as it is unless `run_config` is set.")
		}
		m.RunConfig = object
	}
	if object, ok := serialization.DecodeServed(group.DefaultParameters).(map[string]any); ok && len(object) > 0 {
		m.DefaultParameters = jsonOf(group.DefaultParameters)
	}
	if !serialization.IsNull(group.Schedule) {
		schedule, ok, d := scheduleObject(ctx, group.Schedule)
		diags.Append(d...)
		if !ok {
			diags.AddWarning("The schedule of flow group "+group.ID+" is not imported",
				"It has parts that `schedule` does not support. It stays as it is unless `schedule` is set.")
		}
		m.Schedule = schedule
	}
	if !group.Settings.HeartbeatEnabled {
		m.Heartbeat = types.BoolValue(false)
	}
	if !group.Settings.LazarusEnabled {
		m.Lazarus = types.BoolValue(false)
	}
	return diags
}

// holds reports whether the Server has the value.
func holds(value framework.JSON, raw json.RawMessage) bool {
	want, err := value.Decode()
	return err == nil && serialization.SameServed(want, serialization.DecodeServed(raw))
}

func jsonOf(raw json.RawMessage) framework.JSON {
	value, err := framework.JSONOf(serialization.DecodeServed(raw))
	if err != nil {
		return framework.JSONNull()
	}
	return value
}
