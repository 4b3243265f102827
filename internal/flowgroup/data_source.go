package flowgroup

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// dataModel is the data source's attributes: every setting, managed or not.
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
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[dataModel]{
		Name: "flow_group", Schema: dataSchema, Read: read,
		Validators: []datasource.ConfigValidator{framework.ExactlyOneOf("id", "version_group_id")},
	})
}

func dataSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "The settings that all versions of a flow share, selected by `id` or `version_group_id`.",
		Attributes: map[string]schema.Attribute{
			"id":                 framework.Key("UUID of the flow group, the same as `flow_group_id` of a flow.", framework.UUID()),
			"version_group_id":   framework.Key("Version group of the flow, the `id` of a `prefect_flow`.", framework.NotBlank()),
			"tenant_id":          framework.Key("UUID of the tenant to look in. Default: the provider's tenant.", framework.UUID()),
			"flow_id":            framework.Text("Id of the newest version of the flow, archived or not; `null` if there is none."),
			"description":        framework.Text("Description; `null` if the group has none."),
			"labels":             framework.Texts("Labels of runs; `null` if runs inherit them, empty if they have none."),
			"run_config":         framework.Document("Run configuration, as JSON; `null` if the group has none."),
			"default_parameters": framework.Document("Values of parameters, as a JSON object."),
			"schedule": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Schedule; `null` if the group has none, or one that these attributes cannot express (see `schedule_json`).",
				Attributes: map[string]schema.Attribute{
					"timezone": framework.Text("IANA name of the clocks' time zone; `null` for UTC."),
					"clocks": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "Clocks, each of which starts runs.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"cron":               framework.Text("Cron expression; `null` for a clock with an interval."),
							"interval":           framework.Text("Time between runs; `null` for a clock with a cron expression."),
							"parameter_defaults": framework.Document("Values of parameters for the runs of this clock, as a JSON object; `null` if it has none."),
						}},
					},
				},
			},
			"schedule_json":   framework.Document("Schedule as the Server stores it, as JSON, with the start time of intervals; `null` if the group has none."),
			"schedule_active": framework.Flag("`true` if the Server creates runs on a schedule, the group's or that of the newest version."),
			"heartbeat":       framework.Flag("`true` if runs send heartbeats."),
			"lazarus":         framework.Flag("`true` if the Server restarts lost runs."),
			"idempotency_key": framework.Text("Key of the last registration; `null` if it had none, as with `prefect register --force`."),
		},
	}
}

// read finds the group.
func read(ctx context.Context, data *framework.ProviderData, m *dataModel) (diags diag.Diagnostics) {
	client := data.Client(m.TenantID)
	attribute, value, find := "id", m.ID.ValueString(), client.GetFlowGroup
	if m.ID.IsNull() {
		attribute, value, find = "version_group_id", m.VersionGroupID.ValueString(), client.FindFlowGroup
	}
	group, err := find(ctx, value)
	if err != nil {
		return framework.Failure{
			Summary:   fmt.Sprintf("Could not find the flow group with %s %q", attribute, value),
			Attribute: path.Root(attribute),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Check the value and the provider's `endpoint` and `tenant`. Set `tenant_id` for a group of another " +
					"tenant. A group exists as soon as a flow is registered in its version group.",
			},
		}.DiagnoseIn(err, m.TenantID)
	}
	*m, diags = dataOf(ctx, group)
	return diags
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
