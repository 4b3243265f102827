package flowrun

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// model is the resource's attributes.
type model struct {
	ID types.String `tfsdk:"id"`
	arguments
	Triggers  types.Map    `tfsdk:"triggers"`
	OnDestroy types.String `tfsdk:"on_destroy"`

	FlowName      types.String `tfsdk:"flow_name"`
	FlowVersion   types.Int64  `tfsdk:"flow_version"`
	RecordDeleted types.Bool   `tfsdk:"record_deleted"`
	observed
}

// arguments are those that the resource and the action prefect_flow_run have in common: the inputs of a run and how to wait for it.
type arguments struct {
	TenantID           types.String   `tfsdk:"tenant_id"`
	FlowID             types.String   `tfsdk:"flow_id"`
	VersionGroupID     types.String   `tfsdk:"version_group_id"`
	Name               types.String   `tfsdk:"name"`
	Parameters         framework.JSON `tfsdk:"parameters"`
	Context            framework.JSON `tfsdk:"context"`
	Labels             types.Set      `tfsdk:"labels"`
	RunConfig          types.Object   `tfsdk:"run_config"`
	ScheduledStartTime types.String   `tfsdk:"scheduled_start_time"`
	IdempotencyKey     types.String   `tfsdk:"idempotency_key"`
	waitArguments
}

// waitArguments say how to wait for a run.
type waitArguments struct {
	WaitFor       types.String `tfsdk:"wait_for"`
	SuccessStates types.Set    `tfsdk:"success_states"`
	OnFailure     types.String `tfsdk:"on_failure"`
	OnTimeout     types.String `tfsdk:"on_timeout"`
	Timeouts      types.Object `tfsdk:"timeouts"`
}

// timeoutsModel is the attribute timeouts.
type timeoutsModel struct {
	Agent    types.String `tfsdk:"agent"`
	PickUp   types.String `tfsdk:"pick_up"`
	PodStart types.String `tfsdk:"pod_start"`
	LostJob  types.String `tfsdk:"lost_job"`
	Total    types.String `tfsdk:"total"`
	Stop     types.String `tfsdk:"stop"`
}

// limits returns the deadlines, with defaults, and how long stopping may take.
func (m *model) limits(ctx context.Context) (runwait.Limits, time.Duration, diag.Diagnostics) {
	var given timeoutsModel
	var diags diag.Diagnostics
	if framework.IsSet(m.Timeouts) {
		diags = m.Timeouts.As(ctx, &given, basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true})
	}
	duration := func(v types.String, otherwise time.Duration) time.Duration {
		if !framework.IsSet(v) {
			return otherwise
		}
		d, err := time.ParseDuration(v.ValueString())
		if err != nil {
			diags.AddAttributeError(path.Root("timeouts"), "Not a duration", err.Error())
		}
		return d
	}
	return runwait.Limits{
		Agent:    duration(given.Agent, 15*time.Second),
		PickUp:   duration(given.PickUp, 10*time.Minute),
		PodStart: duration(given.PodStart, 10*time.Minute),
		LostJob:  duration(given.LostJob, 30*time.Second),
		Total:    duration(given.Total, time.Hour),
	}, duration(given.Stop, 5*time.Minute), diags
}

// goal returns what to wait for. Call it before starting anything.
func (m *model) goal(ctx context.Context) (runwait.Goal, diag.Diagnostics) {
	deadlines, _, diags := m.limits(ctx)
	success := m.successStates()
	if len(success) < len(m.SuccessStates.Elements()) {
		diags.AddAttributeError(path.Root("success_states"), "Null element",
			"One of the elements of `success_states` is null. Remove it: `[for e in var.list : e if e != null]` leaves nulls out.")
	}
	return runwait.Goal{WaitFor: m.WaitFor.ValueString(), Success: success, Limits: deadlines}, diags
}

// successStates returns the known elements of success_states; a state written by an earlier version of the
// provider may contain nulls.
func (m *model) successStates() []string { return framework.KnownStrings(m.SuccessStates.Elements()) }

// inputsKnown reports whether everything that identifies the run is known. Call it on the configuration,
// where omitted arguments are null.
func (m *model) inputsKnown(ctx context.Context) bool {
	for _, v := range []interface{ IsUnknown() bool }{
		m.TenantID, m.FlowID, m.VersionGroupID, m.Name, m.Parameters, m.Context, m.ScheduledStartTime, m.IdempotencyKey,
	} {
		if v.IsUnknown() {
			return false
		}
	}
	for _, v := range []interface {
		ToTerraformValue(context.Context) (tftypes.Value, error)
	}{m.Labels, m.RunConfig, m.Triggers} {
		value, err := v.ToTerraformValue(ctx)
		if err != nil || !value.IsFullyKnown() {
			return false
		}
	}
	return true
}

// inputs returns what identifies the run. Call it on the configuration, where omitted arguments are null; it
// must be known.
func (m *model) inputs(ctx context.Context) (inputs, diag.Diagnostics) {
	in := inputs{
		FlowID: m.FlowID.ValueString(), VersionGroupID: m.VersionGroupID.ValueString(), Name: m.Name.ValueString(),
		Parameters: m.Parameters.ValueString(), Context: m.Context.ValueString(),
	}
	if framework.IsSet(m.ScheduledStartTime) {
		in.ScheduledStartTime = instant(m.ScheduledStartTime.ValueString())
	}
	var diags, d diag.Diagnostics
	in.Labels, d = framework.Strings(ctx, m.Labels)
	diags.Append(d...)
	if framework.IsSet(m.Triggers) {
		diags.Append(m.Triggers.ElementsAs(ctx, &in.Triggers, false)...)
	}
	in.RunConfig, d = serializeRunConfig(ctx, m.RunConfig)
	diags.Append(d...)
	return in, diags
}

// creation returns the request for a run of this flow version. Call it on the configuration. It names the
// version even if the configuration names the group, because the Server searches all tenants for a group's
// newest version.
func (m *model) creation(in inputs, flowID, key string) (prefect.CreateFlowRunInput, error) {
	request := prefect.CreateFlowRunInput{
		FlowID: flowID, Name: in.Name, Labels: in.Labels, IdempotencyKey: key,
	}
	if in.Parameters != "" {
		request.Parameters = json.RawMessage(in.Parameters)
	}
	if in.Context != "" {
		request.Context = json.RawMessage(in.Context)
	}
	if in.RunConfig != nil {
		text, err := serialization.Canonical(in.RunConfig)
		if err != nil {
			return request, fmt.Errorf("encode the run configuration: %w", err)
		}
		request.RunConfig = text
	}
	if framework.IsSet(m.ScheduledStartTime) {
		start, err := time.Parse(time.RFC3339, m.ScheduledStartTime.ValueString())
		if err != nil {
			return request, fmt.Errorf("scheduled_start_time: %w", err)
		}
		start = start.Truncate(time.Microsecond) // otherwise the Server would round it
		request.ScheduledStartTime = &start
	}
	return request, nil
}

// refresh updates the model from the run. Configured inputs keep their form; the others get the run's values.
func (m *model) refresh(ctx context.Context, run *prefect.FlowRun) diag.Diagnostics {
	m.ID = types.StringValue(run.ID)
	m.TenantID = types.StringValue(run.TenantID)
	m.FlowID = types.StringValue(run.FlowID)
	m.VersionGroupID = framework.StringOrNullIfEmpty(run.Flow.VersionGroupID)
	m.FlowName = types.StringValue(run.Flow.Name)
	m.FlowVersion = types.Int64Value(int64(run.Flow.Version))
	m.Name = types.StringValue(run.Name)
	m.IdempotencyKey = framework.StringOrNullIfEmpty(run.IdempotencyKey)
	m.Parameters = otherwiseJSON(m.Parameters, run.Parameters)
	m.Context = otherwiseJSON(m.Context, run.Context)
	if !framework.IsSet(m.ScheduledStartTime) || instant(m.ScheduledStartTime.ValueString()) != timeText(run.ScheduledStartTime) {
		m.ScheduledStartTime = types.StringValue(timeText(run.ScheduledStartTime))
	}
	if m.RunConfig.IsUnknown() {
		m.RunConfig = runconfig.Null()
	}
	m.RecordDeleted = types.BoolValue(false)
	diags := m.observe(ctx, run)

	labels := slices.Clone(run.Labels)
	if labels == nil {
		labels = []string{}
	}
	var d diag.Diagnostics
	m.Labels, d = framework.StringSet(ctx, labels)
	diags.Append(d...)
	return diags
}

// defaults sets the arguments that exist only in the configuration, after an import.
func (m *model) defaults() {
	fill := func(v *types.String, value string) {
		if v.IsNull() {
			*v = types.StringValue(value)
		}
	}
	fill(&m.WaitFor, runwait.WaitFinished)
	fill(&m.OnFailure, onError)
	fill(&m.OnTimeout, onError)
	fill(&m.OnDestroy, onKeep)
	if m.SuccessStates.IsNull() {
		m.SuccessStates = types.SetValueMust(types.StringType, []attr.Value{types.StringValue(states.Success)})
	}
	if m.Triggers.IsNull() {
		m.Triggers = types.MapNull(types.StringType)
	}
}

// otherwiseJSON returns given, or the Server's value if it is not set.
func otherwiseJSON(given framework.JSON, held json.RawMessage) framework.JSON {
	if framework.IsSet(given) {
		return given
	}
	if len(held) == 0 {
		return framework.JSONNull()
	}
	if text, err := canonicalJSON(string(held)); err == nil {
		return framework.JSONString(text)
	}
	return framework.JSONString(string(held))
}

// timeText formats a time as this resource does.
func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// instant formats an RFC 3339 time as timeText does, so that two forms of the same instant are equal. The
// Server keeps microseconds.
func instant(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return timeText(t.Truncate(time.Microsecond))
}
