package agent

import (
	"context"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/agentlabels"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// model is the data source's attributes.
type model struct {
	TenantID      types.String `tfsdk:"tenant_id"`
	Name          types.String `tfsdk:"name"`
	Labels        types.Set    `tfsdk:"labels"`
	Healthy       types.Bool   `tfsdk:"healthy"`
	HealthyWithin types.String `tfsdk:"healthy_within"`
	RunLabels     types.Set    `tfsdk:"run_labels"`
	WouldMatch    types.Bool   `tfsdk:"would_match"`
	Agents        []agentModel `tfsdk:"agents"`
}

type agentModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Type        types.String `tfsdk:"type"`
	Labels      types.Set    `tfsdk:"labels"`
	CoreVersion types.String `tfsdk:"core_version"`
	LastQueried types.String `tfsdk:"last_queried"`
	Healthy     types.Bool   `tfsdk:"healthy"`
	WouldMatch  types.Bool   `tfsdk:"would_match"`
}

// fill sets the agents that match the filters. now is the Server's time, which stamps last_queried.
func (m *model) fill(ctx context.Context, agents []prefect.Agent, now time.Time) diag.Diagnostics {
	var diags diag.Diagnostics
	wanted, d := framework.Strings(ctx, m.Labels)
	diags.Append(d...)
	run, d := framework.Strings(ctx, m.RunLabels)
	diags.Append(d...)
	patience := framework.DurationOr(m.HealthyWithin, healthyWithin, path.Root("healthy_within"), &diags)
	m.Agents = []agentModel{}
	m.WouldMatch = types.BoolNull()
	if run != nil {
		m.WouldMatch = types.BoolValue(false)
	}
	for _, a := range agents {
		healthy := a.LastQueried != nil && now.Sub(*a.LastQueried) <= patience
		if !m.selects(a, wanted, healthy) {
			continue
		}
		one := agentModel{
			ID: types.StringValue(a.ID), Name: framework.StringOrNullIfEmpty(a.Name), Type: framework.StringOrNullIfEmpty(a.Type),
			CoreVersion: framework.StringOrNullIfEmpty(a.CoreVersion), LastQueried: framework.TimeOrNull(a.LastQueried),
			Healthy: types.BoolValue(healthy),
		}
		one.Labels, d = framework.StringSet(ctx, append([]string{}, a.Labels...))
		diags.Append(d...)
		if run != nil {
			matches := agentlabels.Match(a.Labels, run)
			one.WouldMatch = types.BoolValue(matches)
			m.WouldMatch = types.BoolValue(m.WouldMatch.ValueBool() || matches && healthy)
		}
		m.Agents = append(m.Agents, one)
	}
	return diags
}

// selects reports whether an agent matches the filters.
func (m *model) selects(a prefect.Agent, labels []string, healthy bool) bool {
	if framework.IsSet(m.Name) && m.Name.ValueString() != a.Name || framework.IsSet(m.Healthy) && m.Healthy.ValueBool() != healthy {
		return false
	}
	for _, label := range labels {
		if !slices.Contains(a.Labels, label) {
			return false
		}
	}
	return true
}
