package flowrun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// filterModel contains the filters for lists of runs, in the data source (sets) and in `terraform query`
// (lists).
type filterModel[C framework.SetOrList] struct {
	TenantID        types.String `tfsdk:"tenant_id"`
	FlowID          types.String `tfsdk:"flow_id"`
	VersionGroupID  types.String `tfsdk:"version_group_id"`
	ProjectID       types.String `tfsdk:"project_id"`
	Name            types.String `tfsdk:"name"`
	States          C            `tfsdk:"states"`
	Labels          C            `tfsdk:"labels"`
	ScheduledAfter  types.String `tfsdk:"scheduled_after"`
	ScheduledBefore types.String `tfsdk:"scheduled_before"`
	StartedAfter    types.String `tfsdk:"started_after"`
	StartedBefore   types.String `tfsdk:"started_before"`
}

// textFilter is a string filter.
type textFilter struct {
	description string
	validator   validator.String
}

// textFilters returns the string filters by name, except for the tenant.
func textFilters() map[string]textFilter {
	return map[string]textFilter{
		"flow_id":          {"Only runs of the flow version with this UUID.", framework.UUID()},
		"version_group_id": {"Only runs of any version of this flow: the `id` of a `prefect_flow`.", framework.NotBlank()},
		"project_id":       {"Only runs of flows of the project with this UUID.", framework.UUID()},
		"name":             {"Only runs of this name.", framework.NotBlank()},
		"scheduled_after":  {"Only runs that are or were due at this time or later, in RFC 3339.", filterTime()},
		"scheduled_before": {"Only runs that are or were due before this time, in RFC 3339.", filterTime()},
		"started_after":    {"Only runs that started at this time or later, in RFC 3339.", filterTime()},
		"started_before":   {"Only runs that started before this time, in RFC 3339.", filterTime()},
	}
}

// manyFilter is a filter with several strings.
type manyFilter struct {
	description string
	collection  framework.Collection
	each        validator.String
}

// manyFilters returns these filters by name.
func manyFilters() map[string]manyFilter {
	return map[string]manyFilter{
		"states": {
			"Only runs in one of these states, such as `Scheduled`, `Running` or `Failed`. A state includes its special cases: " +
				"`Failed` includes `TimedOut`, `Finished` includes every final state.",
			framework.Some(`["Failed"]`), knownState(),
		},
		"labels": {
			"Only runs with at least these labels.",
			framework.Some(`["k8s"]`), framework.NotEmpty("k8s"),
		},
	}
}

// knownState accepts the names of Prefect 1's states in any case.
func knownState() validator.String {
	return framework.StringCheck("must be a state of Prefect 1", "Not a state", func(s string) string {
		if _, ok := spelledState(s); ok {
			return ""
		}
		problem := fmt.Sprintf("%q is not a state of Prefect 1.", s)
		if near := framework.Nearest(s, states.Names()); near != "" {
			problem += fmt.Sprintf(" Did you mean %q?", near)
		}
		return problem + "\n\nThe states are " + framework.Quoted(states.Names()) + "."
	})
}

// spelledState returns a state as Prefect spells it.
func spelledState(s string) (string, bool) {
	names := states.Names()
	i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, s) })
	if i < 0 {
		return s, false
	}
	return names[i], true
}

// filterTime accepts a time with zone.
func filterTime() validator.String {
	return framework.StringCheck("must be a time in RFC 3339", "Not a time", func(s string) string {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return fmt.Sprintf("%q is not a time. Write it in RFC 3339 with a time zone, such as \"2030-01-31T08:00:00Z\" or `timeadd(plantimestamp(), \"-24h\")`.", s)
		}
		return ""
	})
}

// filter returns the Server's filter; limit is the maximum number of runs, 0 for all.
func (m *filterModel[C]) filter(ctx context.Context, limit int) (prefect.FlowRunFilter, diag.Diagnostics) {
	kinds, diags := framework.Strings(ctx, m.States)
	labels, d := framework.Strings(ctx, m.Labels)
	diags.Append(d...)
	var wanted []string
	for _, kind := range kinds {
		name, _ := spelledState(kind)
		wanted = append(wanted, states.Of(name)...)
	}
	slices.Sort(wanted)
	return prefect.FlowRunFilter{
		FlowID: m.FlowID.ValueString(), VersionGroupID: m.VersionGroupID.ValueString(), ProjectID: m.ProjectID.ValueString(),
		Name: m.Name.ValueString(), States: slices.Compact(wanted), Labels: labels, Limit: limit,
		ScheduledFrom: timeOf(m.ScheduledAfter), ScheduledBefore: timeOf(m.ScheduledBefore),
		StartedFrom: timeOf(m.StartedAfter), StartedBefore: timeOf(m.StartedBefore),
	}, diags
}

// timeOf parses a time that [filterTime] has checked; zero for null.
func timeOf(v types.String) time.Time {
	t, _ := time.Parse(time.RFC3339, v.ValueString())
	return t
}
