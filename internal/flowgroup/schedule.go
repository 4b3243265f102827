package flowgroup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// scheduleModel is the attribute schedule.
type scheduleModel struct {
	Timezone types.String `tfsdk:"timezone"`
	Clocks   types.List   `tfsdk:"clocks"`
}

type clockModel struct {
	Cron              types.String   `tfsdk:"cron"`
	Interval          types.String   `tfsdk:"interval"`
	ParameterDefaults framework.JSON `tfsdk:"parameter_defaults"`
}

func clockTypes() map[string]attr.Type {
	return map[string]attr.Type{"cron": types.StringType, "interval": types.StringType, "parameter_defaults": framework.JSONType{}}
}

func scheduleTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"timezone": types.StringType,
		"clocks":   types.ListType{ElemType: types.ObjectType{AttrTypes: clockTypes()}},
	}
}

// schedule is the meaning of a schedule. It does not include when it was set and its intervals started.
type schedule struct {
	timezone string // "" for UTC without a start
	clocks   []clock
}

// clock has either a cron expression or an interval.
type clock struct {
	cron     string
	interval time.Duration
	defaults map[string]any // nil if empty: the Server drops empty ones for intervals
}

// meant returns the meaning of a fully known schedule; nil if it is null, partly unknown or invalid.
func meant(ctx context.Context, value types.Object) *schedule {
	if value.IsNull() || !framework.FullyKnown(value) {
		return nil
	}
	m, clocks, diags := parts(ctx, value)
	if diags.HasError() {
		return nil
	}
	out := &schedule{timezone: m.Timezone.ValueString()}
	for _, c := range clocks {
		one := clock{cron: c.Cron.ValueString()}
		if framework.IsSet(c.Interval) {
			interval, err := time.ParseDuration(c.Interval.ValueString())
			if err != nil {
				return nil
			}
			one.interval = interval
		}
		if framework.IsSet(c.ParameterDefaults) {
			defaults, err := c.ParameterDefaults.Decode()
			object, ok := defaults.(map[string]any)
			if err != nil || !ok {
				return nil
			}
			one.defaults = nilIfEmpty(object)
		}
		out.clocks = append(out.clocks, one)
	}
	return out
}

// parts splits the value; clocks is nil while the list is unknown. A null clock is one without times.
func parts(ctx context.Context, value types.Object) (m scheduleModel, clocks []clockModel, diags diag.Diagnostics) {
	diags.Append(value.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	if diags.HasError() || !framework.IsSet(m.Clocks) {
		return m, nil, diags
	}
	for _, element := range m.Clocks.Elements() {
		unknown := clockModel{Cron: types.StringUnknown(), Interval: types.StringUnknown(), ParameterDefaults: framework.JSONUnknown()}
		one := unknown
		object, ok := element.(types.Object)
		if ok && object.IsNull() {
			one = clockModel{Cron: types.StringNull(), Interval: types.StringNull(), ParameterDefaults: framework.JSONNull()}
		}
		if ok && framework.IsSet(object) && object.As(ctx, &one, basetypes.ObjectAsOptions{}).HasError() {
			one = unknown // not JSON, as the attribute's type reports
		}
		clocks = append(clocks, one)
	}
	return m, clocks, diags
}

// stored converts the Server's schedule. An error means that HCL cannot express it.
func stored(raw json.RawMessage) (*schedule, error) {
	var held struct {
		Clocks []struct {
			Type      string          `json:"type"`
			Cron      string          `json:"cron"`
			Interval  int64           `json:"interval"` // microseconds
			Defaults  json.RawMessage `json:"parameter_defaults"`
			StartDate *struct {
				Zone string `json:"tz"`
			} `json:"start_date"`
			EndDate json.RawMessage `json:"end_date"`
			Labels  json.RawMessage `json:"labels"`
			DayOr   *bool           `json:"day_or"`
		} `json:"clocks"`
		Filters     json.RawMessage `json:"filters"`
		OrFilters   json.RawMessage `json:"or_filters"`
		NotFilters  json.RawMessage `json:"not_filters"`
		Adjustments json.RawMessage `json:"adjustments"`
	}
	if err := json.Unmarshal(raw, &held); err != nil {
		return nil, fmt.Errorf("decode schedule: %w", err)
	}
	if some(held.Filters, held.OrFilters, held.NotFilters, held.Adjustments) {
		return nil, errForm
	}
	out := &schedule{}
	for i, c := range held.Clocks {
		if some(c.EndDate, c.Labels) || c.DayOr != nil && !*c.DayOr {
			return nil, errForm
		}
		one, zone := clock{}, ""
		switch c.Type {
		case "CronClock":
			one.cron = c.Cron
		case "IntervalClock":
			one.interval = time.Duration(c.Interval) * time.Microsecond
		default:
			return nil, errForm
		}
		if object, ok := serialization.DecodeServed(c.Defaults).(map[string]any); ok {
			one.defaults = nilIfEmpty(object)
		}
		if c.StartDate != nil {
			zone = c.StartDate.Zone
		}
		if i > 0 && zone != out.timezone {
			return nil, errForm
		}
		out.timezone = zone
		out.clocks = append(out.clocks, one)
	}
	return out, nil
}

// errForm means that HCL cannot express a schedule.
var errForm = errors.New("a schedule of a form that cannot be written in HCL")

// some reports whether any of the documents has content.
func some(documents ...json.RawMessage) bool {
	return slices.ContainsFunc(documents, func(d json.RawMessage) bool {
		return !serialization.IsNull(d) && !slices.Contains([]string{"[]", "{}"}, string(bytes.TrimSpace(d)))
	})
}

func nilIfEmpty(object map[string]any) map[string]any {
	if len(object) == 0 {
		return nil
	}
	return object
}

// same compares schedules. The order of clocks does not matter. A schedule without clocks has no time zone on
// the Server.
func (s *schedule) same(o *schedule) bool {
	if s == nil || o == nil {
		return s == o
	}
	if len(s.clocks) != len(o.clocks) || len(s.clocks) > 0 && s.timezone != o.timezone {
		return false
	}
	left := slices.Clone(o.clocks)
	for _, c := range s.clocks {
		i := slices.IndexFunc(left, c.same)
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

func (c clock) same(o clock) bool {
	return sameCron(c.cron, o.cron) && c.interval == o.interval && serialization.SameServed(asAny(c.defaults), asAny(o.defaults))
}

// sameCron compares expressions, ignoring the number of spaces between fields.
func sameCron(a, b string) bool {
	return slices.Equal(strings.Fields(a), strings.Fields(b))
}

func asAny(object map[string]any) any {
	if object == nil {
		return nil
	}
	return object
}

// input returns the schedule as the client sends it.
func (s *schedule) input() (prefect.FlowGroupSchedule, error) {
	out := prefect.FlowGroupSchedule{Timezone: s.timezone}
	for _, c := range s.clocks {
		var defaults json.RawMessage
		if c.defaults != nil {
			text, err := serialization.Canonical(c.defaults)
			if err != nil {
				return out, fmt.Errorf("parameter_defaults: %w", err)
			}
			defaults = text
		}
		if c.cron != "" {
			out.CronClocks = append(out.CronClocks, prefect.CronClock{Cron: c.cron, ParameterDefaults: defaults})
		} else {
			out.IntervalClocks = append(out.IntervalClocks, prefect.IntervalClock{Interval: c.interval, ParameterDefaults: defaults})
		}
	}
	return out, nil
}

// scheduleObject converts the Server's schedule to the attribute's value. It is null, and ok is false, if HCL
// cannot express it.
func scheduleObject(ctx context.Context, raw json.RawMessage) (object types.Object, ok bool, diags diag.Diagnostics) {
	null := types.ObjectNull(scheduleTypes())
	if serialization.IsNull(raw) {
		return null, false, nil
	}
	held, err := stored(raw)
	if err != nil {
		return null, false, nil
	}
	clocks := []clockModel{}
	for _, c := range held.clocks {
		one := clockModel{Cron: framework.StringOrNullIfEmpty(c.cron), Interval: types.StringNull(), ParameterDefaults: framework.JSONNull()}
		if c.cron == "" {
			one.Interval = types.StringValue(duration(c.interval))
		}
		if c.defaults != nil {
			if one.ParameterDefaults, err = framework.JSONOf(c.defaults); err != nil {
				return null, false, nil
			}
		}
		clocks = append(clocks, one)
	}
	list, d := types.ListValueFrom(ctx, types.ObjectType{AttrTypes: clockTypes()}, clocks)
	diags.Append(d...)
	object, d = types.ObjectValueFrom(ctx, scheduleTypes(), scheduleModel{Timezone: framework.StringOrNullIfEmpty(held.timezone), Clocks: list})
	diags.Append(d...)
	return object, !diags.HasError(), diags
}

// duration formats an interval as a person would: 1h, not 1h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// refreshSchedule returns the state's value for the Server's schedule, unchanged if it means the same.
func refreshSchedule(ctx context.Context, state types.Object, raw json.RawMessage) (types.Object, diag.Diagnostics) {
	if !serialization.IsNull(raw) {
		if held, err := stored(raw); err == nil && held.same(meant(ctx, state)) {
			return state, nil
		}
	}
	object, _, diags := scheduleObject(ctx, raw)
	return object, diags
}

// planSchedule returns the planned value, keeping what means the same in the state.
func planSchedule(ctx context.Context, config, state types.Object) (types.Object, diag.Diagnostics) {
	if config.IsNull() || state.IsNull() || !framework.FullyKnown(config) {
		return config, nil
	}
	want, wanted, diags := parts(ctx, config)
	_, had, d := parts(ctx, state)
	diags.Append(d...)
	if diags.HasError() || len(wanted) != len(had) {
		return config, diags
	}
	for i := range wanted {
		if wanted[i].ParameterDefaults.Same(had[i].ParameterDefaults) {
			wanted[i].ParameterDefaults = had[i].ParameterDefaults
		}
		if framework.IsSet(wanted[i].Interval) && framework.IsSet(had[i].Interval) && framework.SameDuration(wanted[i].Interval.ValueString(), had[i].Interval.ValueString()) {
			wanted[i].Interval = had[i].Interval
		}
		if framework.IsSet(wanted[i].Cron) && framework.IsSet(had[i].Cron) && sameCron(wanted[i].Cron.ValueString(), had[i].Cron.ValueString()) {
			wanted[i].Cron = had[i].Cron
		}
	}
	want.Clocks, d = types.ListValueFrom(ctx, types.ObjectType{AttrTypes: clockTypes()}, append([]clockModel{}, wanted...))
	diags.Append(d...)
	object, d := types.ObjectValueFrom(ctx, scheduleTypes(), want)
	diags.Append(d...)
	return object, diags
}
