package flowrun

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// defaultRuns is the default limit. A Server may keep years of history.
const defaultRuns = 100

// pluralModel is the data source's attributes.
type pluralModel struct {
	filterModel[types.Set]
	Limit    types.Int64   `tfsdk:"limit"`
	FlowRuns []listedModel `tfsdk:"flow_runs"`
}

// listedModel is one run in the list.
type listedModel struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	FlowID             types.String   `tfsdk:"flow_id"`
	VersionGroupID     types.String   `tfsdk:"version_group_id"`
	FlowName           types.String   `tfsdk:"flow_name"`
	FlowVersion        types.Int64    `tfsdk:"flow_version"`
	State              types.String   `tfsdk:"state"`
	StateMessage       types.String   `tfsdk:"state_message"`
	Finished           types.Bool     `tfsdk:"finished"`
	AutoScheduled      types.Bool     `tfsdk:"auto_scheduled"`
	Labels             types.Set      `tfsdk:"labels"`
	Parameters         framework.JSON `tfsdk:"parameters"`
	ScheduledStartTime types.String   `tfsdk:"scheduled_start_time"`
	StartTime          types.String   `tfsdk:"start_time"`
	EndTime            types.String   `tfsdk:"end_time"`
}

// NewPluralDataSource returns the data source prefect_flow_runs.
func NewPluralDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[pluralModel]{
		Name: "flow_runs", Schema: pluralSchema,
		Validators: []datasource.ConfigValidator{framework.Conflicting("flow_id", "version_group_id")},
		Read: func(ctx context.Context, data *framework.ProviderData, m *pluralModel) diag.Diagnostics {
			filter, diags := m.filter(ctx, m.limit())
			if diags.HasError() {
				return diags
			}
			var d diag.Diagnostics
			m.FlowRuns, d = framework.Listing[prefect.FlowRun, listedModel]{
				Failure: failedList(),
				Query: func(ctx context.Context, client *prefect.Client) ([]prefect.FlowRun, error) {
					return client.ListFlowRuns(ctx, filter)
				},
				Show: listed,
			}.Of(ctx, data, &m.TenantID)
			return append(diags, d...)
		},
	})
}

func failedList() framework.Failure {
	return framework.Failure{Summary: "Could not list the flow runs"}
}

func (m *pluralModel) limit() int {
	if framework.IsSet(m.Limit) {
		return int(m.Limit.ValueInt64())
	}
	return defaultRuns
}

func pluralSchema() schema.Schema {
	attributes := map[string]schema.Attribute{
		"tenant_id": framework.TenantKey(),
		"limit": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{framework.IntegerAtLeast(1)},
			MarkdownDescription: "Maximum number of runs. Default: 100.",
		},
		"flow_runs": framework.Found("The runs found, newest first.", map[string]schema.Attribute{
			"id":                   framework.Text("UUID of the run."),
			"name":                 framework.Text("Name of the run."),
			"flow_id":              framework.Text("Id of the flow version."),
			"version_group_id":     framework.Text("Version group of the flow."),
			"flow_name":            framework.Text("Name of the flow."),
			"flow_version":         framework.Number("Version of the flow."),
			"state":                framework.Text("State of the run; `null` for a run that has none yet."),
			"state_message":        framework.Text("Message of the state."),
			"finished":             framework.Flag("`true` if the state is final."),
			"auto_scheduled":       framework.Flag("`true` if the flow's schedule created the run."),
			"labels":               framework.Texts("Labels of the run."),
			"parameters":           framework.Document("Parameters, as JSON."),
			"scheduled_start_time": framework.Text("When the run is or was due, in RFC 3339."),
			"start_time":           framework.Text("When it started, in RFC 3339; `null` if it has not."),
			"end_time":             framework.Text("When it ended, in RFC 3339; `null` if it has not."),
		}),
	}
	for name, filter := range textFilters() {
		attributes[name] = framework.Filter(filter.description, filter.validator)
	}
	for name, filter := range manyFilters() {
		attributes[name] = schema.SetAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: filter.description,
			Validators: []validator.Set{filter.collection, setvalidator.ValueStringsAre(filter.each)},
		}
	}
	return schema.Schema{
		MarkdownDescription: "Flow runs of a tenant that match the filters, newest first. An empty result is not an error. " +
			"States, logs and Job of a single run are attributes of the data source `prefect_flow_run`.",
		Attributes: attributes,
	}
}

func listed(ctx context.Context, run *prefect.FlowRun) (listedModel, diag.Diagnostics) {
	labels, diags := framework.StringSet(ctx, append([]string{}, run.Labels...))
	one := listedModel{
		ID: types.StringValue(run.ID), Name: framework.StringOrNullIfEmpty(run.Name), FlowID: types.StringValue(run.FlowID),
		VersionGroupID: framework.StringOrNullIfEmpty(run.Flow.VersionGroupID), FlowName: types.StringValue(run.Flow.Name),
		FlowVersion: types.Int64Value(int64(run.Flow.Version)), State: framework.StringOrNullIfEmpty(run.State),
		StateMessage: framework.StringOrNullIfEmpty(run.StateMessage), Finished: types.BoolValue(states.IsFinished(run.State)),
		AutoScheduled: types.BoolValue(run.AutoScheduled), Labels: labels, Parameters: framework.JSONNull(),
		ScheduledStartTime: types.StringValue(timeText(run.ScheduledStartTime)), StartTime: framework.TimeOrNull(run.StartTime), EndTime: framework.TimeOrNull(run.EndTime),
	}
	if run.Parameters != nil {
		one.Parameters = framework.JSONString(string(run.Parameters))
	}
	return one, diags
}
