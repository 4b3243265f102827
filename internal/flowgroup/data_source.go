package flowgroup

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// groupDataSource implements the data source prefect_flow_group.
type groupDataSource struct {
	data *framework.ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*groupDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*groupDataSource)(nil)
)

// dataModel is the data source: every setting, managed or not.
type dataModel struct {
	ID                types.String   `tfsdk:"id"`
	VersionGroupID    types.String   `tfsdk:"version_group_id"`
	TenantID          types.String   `tfsdk:"tenant_id"`
	FlowID            types.String   `tfsdk:"flow_id"`
	Description       types.String   `tfsdk:"description"`
	Labels            types.Set      `tfsdk:"labels"`
	RunConfig         framework.JSON `tfsdk:"run_config"`
	DefaultParameters framework.JSON `tfsdk:"default_parameters"`
	Schedule          types.Object   `tfsdk:"schedule"`
	ScheduleJSON      framework.JSON `tfsdk:"schedule_json"`
	ScheduleActive    types.Bool     `tfsdk:"schedule_active"`
	Heartbeat         types.Bool     `tfsdk:"heartbeat"`
	Lazarus           types.Bool     `tfsdk:"lazarus"`
	IdempotencyKey    types.String   `tfsdk:"idempotency_key"`
}

// NewDataSource returns the data source prefect_flow_group.
func NewDataSource() datasource.DataSource { return &groupDataSource{} }

// Metadata gives the type name.
func (d *groupDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flow_group"
}

// Configure takes over the provider data.
func (d *groupDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *groupDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	key := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Computed: true, Validators: validators, MarkdownDescription: description}
	}
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	document := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, CustomType: framework.JSONType{}, MarkdownDescription: description}
	}
	flag := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The settings that all versions of a flow share, by `id` or `version_group_id`.",
		Attributes: map[string]schema.Attribute{
			"id":                 key("UUID of the flow group, the same as `flow_group_id` of a flow.", framework.UUID()),
			"version_group_id":   key("Version group of the flow, the `id` of a `prefect_flow`.", framework.NotBlank()),
			"tenant_id":          key("UUID of the tenant to look in. Default: the provider's tenant.", framework.UUID()),
			"flow_id":            text("Id of the newest version of the flow, archived or not; null if there is none."),
			"description":        text("Description; null if the group has none."),
			"labels":             schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels of runs; null if runs inherit them, empty if they have none."},
			"run_config":         document("Run configuration, as JSON; null if the group has none."),
			"default_parameters": document("Values of parameters, as a JSON object."),
			"schedule": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Schedule; null if the group has none, or one that this form cannot express: see `schedule_json`.",
				Attributes: map[string]schema.Attribute{
					"timezone": text("IANA name of the time zone in which clocks read the time; null for UTC."),
					"clocks": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "Clocks, each of which starts runs.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"cron":               text("Cron expression; null for a clock with an interval."),
							"interval":           text("Time between runs; null for a clock with a cron expression."),
							"parameter_defaults": document("Values of parameters for the runs of this clock, as a JSON object; null if it has none."),
						}},
					},
				},
			},
			"schedule_json":   document("Schedule as the Server holds it, as JSON, with the moment from which intervals count; null if the group has none."),
			"schedule_active": flag("`true` if the Server creates runs on a schedule, the group's or that of the newest version."),
			"heartbeat":       flag("`true` if runs send heartbeats."),
			"lazarus":         flag("`true` if the Server restarts lost runs."),
			"idempotency_key": text("Key of the last registration; null if it had none, as with `prefect register --force`."),
		},
	}
}

// ConfigValidators wants exactly one way to choose.
func (d *groupDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		framework.ExactlyOneOf("id", "version_group_id"),
	}
}

// Read finds the group.
func (d *groupDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	client := d.data.InTenant(config.TenantID.ValueString())
	attribute, value, find := "id", config.ID.ValueString(), client.GetFlowGroup
	if config.ID.IsNull() {
		attribute, value, find = "version_group_id", config.VersionGroupID.ValueString(), client.FindFlowGroup
	}
	group, err := find(ctx, value)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary:   fmt.Sprintf("Could not find the flow group with %s %q", attribute, value),
			Attribute: path.Root(attribute),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Check the value, and that the provider's `endpoint` and `tenant` are right; set `tenant_id` for a group of another " +
					"tenant. A group exists as soon as a flow is registered in its version group.",
			},
		}.DiagnoseIn(err, config.TenantID)...)
		return
	}
	found, diags := dataOf(ctx, group)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, found)...)
}

func dataOf(ctx context.Context, group *prefect.FlowGroup) (dataModel, diag.Diagnostics) {
	labels, diags := framework.StringSet(ctx, group.Labels)
	schedule, _, d := scheduleObject(ctx, group.Schedule)
	diags.Append(d...)
	return dataModel{
		ID:                types.StringValue(group.ID),
		VersionGroupID:    types.StringValue(group.Name),
		TenantID:          types.StringValue(group.TenantID),
		FlowID:            framework.StringOrNullIfEmpty(group.NewestFlowID),
		Description:       framework.StringOrNull(group.Description),
		Labels:            labels,
		RunConfig:         jsonOf(group.RunConfig),
		DefaultParameters: jsonOf(group.DefaultParameters),
		Schedule:          schedule,
		ScheduleJSON:      jsonOf(group.Schedule),
		ScheduleActive:    types.BoolValue(group.ScheduleActive),
		Heartbeat:         types.BoolValue(group.Settings.HeartbeatEnabled),
		Lazarus:           types.BoolValue(group.Settings.LazarusEnabled),
		IdempotencyKey:    framework.StringOrNullIfEmpty(group.Settings.IdempotencyKey),
	}, diags
}
