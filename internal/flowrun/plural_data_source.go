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

// defaultRuns is the default of limit. A Server keeps the history of years.
const defaultRuns = 100

// flowRunsDataSource implements the data source prefect_flow_runs.
type flowRunsDataSource struct {
	data *framework.ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*flowRunsDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*flowRunsDataSource)(nil)
)

// pluralModel is the data source.
type pluralModel struct {
	TenantID       types.String  `tfsdk:"tenant_id"`
	FlowID         types.String  `tfsdk:"flow_id"`
	VersionGroupID types.String  `tfsdk:"version_group_id"`
	ProjectID      types.String  `tfsdk:"project_id"`
	Name           types.String  `tfsdk:"name"`
	States         types.Set     `tfsdk:"states"`
	Limit          types.Int64   `tfsdk:"limit"`
	FlowRuns       []listedModel `tfsdk:"flow_runs"`
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
func NewPluralDataSource() datasource.DataSource { return &flowRunsDataSource{} }

// Metadata gives the type name.
func (d *flowRunsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flow_runs"
}

// Configure takes over the provider data.
func (d *flowRunsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *flowRunsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	filter := func(description string, v validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{v}, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Flow runs of a tenant that the filters let through, newest first. An empty result is not an error. " +
			"States, logs and Job of a single run are attributes of the data source `prefect_flow_run`.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{framework.UUID()},
				MarkdownDescription: "UUID of the tenant. Defaults to the provider's tenant.",
			},
			"flow_id":          filter("Only runs of this flow version.", framework.UUID()),
			"version_group_id": filter("Only runs of this flow, of any version: the `id` of a `prefect_flow`.", framework.NotBlank()),
			"project_id":       filter("Only runs of flows of the project with this UUID.", framework.UUID()),
			"name":             filter("Only runs of this name.", framework.NotBlank()),
			"states": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators:          []validator.Set{framework.Some(`["Failed"]`), setvalidator.ValueStringsAre(framework.NotBlank())},
				MarkdownDescription: "Only runs in one of these states, such as `Scheduled`, `Running`, `Success` or `Failed`; spelt as Prefect does.",
			},
			"limit": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{framework.IntegerAtLeast(1)},
				MarkdownDescription: "The largest number of runs to find. Defaults to 100.",
			},
			"flow_runs": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The runs found, newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                   text("UUID of the run."),
					"name":                 text("Name of the run."),
					"flow_id":              text("Id of the flow version."),
					"version_group_id":     text("Version group of the flow."),
					"flow_name":            text("Name of the flow."),
					"flow_version":         schema.Int64Attribute{Computed: true, MarkdownDescription: "Version of the flow."},
					"state":                text("State of the run; `null` for a run that has none yet."),
					"state_message":        text("Message of the state."),
					"finished":             schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the state is final."},
					"auto_scheduled":       schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the flow's schedule created the run."},
					"labels":               schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels of the run."},
					"parameters":           schema.StringAttribute{Computed: true, CustomType: framework.JSONType{}, MarkdownDescription: "Parameters, as JSON."},
					"scheduled_start_time": text("When the run is or was due, in RFC 3339."),
					"start_time":           text("When it began to run, in RFC 3339; `null` if it has not."),
					"end_time":             text("When it ended, in RFC 3339; `null` if it has not."),
				}},
			},
		},
	}
}

// ConfigValidators refuses two ways to name the flow.
func (d *flowRunsDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		framework.Conflicting("flow_id", "version_group_id"),
	}
}

// Read lists the runs.
func (d *flowRunsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m pluralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	failure := framework.Failure{Summary: "Could not list the flow runs"}
	client, diags := d.data.ToList(ctx, &m.TenantID, failure)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	states, diags := framework.Strings(ctx, m.States)
	resp.Diagnostics.Append(diags...)
	limit := defaultRuns
	if framework.IsSet(m.Limit) {
		limit = int(m.Limit.ValueInt64())
	}
	runs, err := client.ListFlowRuns(ctx, prefect.FlowRunFilter{
		FlowID: m.FlowID.ValueString(), VersionGroupID: m.VersionGroupID.ValueString(), ProjectID: m.ProjectID.ValueString(),
		Name: m.Name.ValueString(), States: states, Limit: limit,
	})
	if err != nil {
		resp.Diagnostics.Append(failure.Diagnose(err)...)
		return
	}
	m.FlowRuns = make([]listedModel, 0, len(runs))
	for i := range runs {
		one, diags := listed(ctx, &runs[i])
		resp.Diagnostics.Append(diags...)
		m.FlowRuns = append(m.FlowRuns, one)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
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
