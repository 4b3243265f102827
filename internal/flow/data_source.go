package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// dataModel is the data source's attributes.
type dataModel struct {
	ID             types.String `tfsdk:"id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	ProjectID      types.String `tfsdk:"project_id"`
	ProjectName    types.String `tfsdk:"project_name"`
	Name           types.String `tfsdk:"name"`

	version

	Description    types.String   `tfsdk:"description"`
	ScheduleActive types.Bool     `tfsdk:"schedule_active"`
	Labels         types.Set      `tfsdk:"labels"`
	RunConfig      framework.JSON `tfsdk:"run_config"`
	Storage        framework.JSON `tfsdk:"storage"`
	Schedule       framework.JSON `tfsdk:"schedule"`
	FlowJSON       framework.JSON `tfsdk:"flow_json"`
}

// NewDataSource returns the data source prefect_flow.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[dataModel]{
		Name: "flow",
		Schema: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "A registered flow: its newest version, archived or not, selected by `id` (the same as " +
					"`version_group_id`) or by project and `name`; or a specific version, selected by `flow_id`.",
				Attributes: dataSourceAttributes(),
			}
		},
		Validators: []datasource.ConfigValidator{
			framework.ExactlyOneOf("id", "version_group_id", "flow_id", "name"),
			framework.Conflicting("project_id", "project_name"),
			framework.Conflicting("id", "project_id"),
			framework.Conflicting("id", "project_name"),
			framework.Conflicting("version_group_id", "project_id"),
			framework.Conflicting("version_group_id", "project_name"),
			framework.Conflicting("flow_id", "project_id"),
			framework.Conflicting("flow_id", "project_name"),
		},
		Read: read,
	})
}

func dataSourceAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":               framework.Key("Version group of the flow, the `id` of the resource.", framework.NotBlank()),
		"version_group_id": framework.Key("The same as `id`.", framework.NotBlank()),
		"flow_id":          framework.Key("Id of a version.", framework.UUID()),
		"tenant_id":        framework.Key("Id of the tenant to look in. Default: the provider's tenant.", framework.UUID()),
		"project_id":       framework.Key("Id of the project. `name` requires it or `project_name`.", framework.UUID()),
		"project_name":     framework.Key("Name of the project.", framework.NotBlank()),
		"name":             framework.Key("Name of the flow.", framework.NotEmpty("etl")),
		"version":          framework.Number("Number of the version, counted from 1 in the version group."),
		"archived":         framework.Flag("`true` if the version is archived."),
		"flow_group_id":    framework.Text("Id of the flow group, which contains the settings that all versions share."),
		"idempotency_key": framework.Text("Key of the last registration in the version group; `null` if it had none, as with " +
			"`prefect register --force`."),
		"core_version":    framework.Text("Version of Prefect that serialised the flow."),
		"task_count":      framework.Number("Number of tasks, including parameters."),
		"description":     framework.Text("Description of the version."),
		"schedule_active": framework.Flag("`true` if the Server creates runs on the schedule."),
		"labels":          framework.Texts("Labels of the version's run configuration."),
		"run_config":      framework.Document("Run configuration, as JSON."),
		"storage":         framework.Document("Storage, as JSON."),
		"schedule":        framework.Document("Schedule of the flow itself, as JSON; `null` if it has none."),
		"flow_json":       framework.Document("The serialised flow, as JSON, with everything that the registration merged into it."),
		"summary":         flowsummary.DataSourceAttribute(),
		"parameters": framework.Found("Parameters of the flow.", map[string]schema.Attribute{
			"name":     framework.Text("Name of the parameter."),
			"required": framework.Flag("`true` if every run must set a value."),
			"default":  framework.Document("Default value as JSON; `null` for a required parameter."),
		}),
	}
}

// read finds the flow.
func read(ctx context.Context, data *framework.ProviderData, m *dataModel) diag.Diagnostics {
	if m.Name.ValueString() != "" && m.ProjectID.IsNull() && m.ProjectName.IsNull() {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "No project given",
			"Flow names are unique only within a project.\n\nAdd `project_id` or `project_name`.")}
	}
	client := data.Client(m.TenantID)
	f, at, err := m.find(ctx, client)
	if err != nil {
		return framework.Failure{
			Summary: "Could not find the flow with " + at + " " + m.wanted(at), Attribute: path.Root(at),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Check the value and the provider's `endpoint` and `tenant`. Set `tenant_id` for a flow of " +
					"another tenant. If this configuration registers the flow, refer to its resource instead.",
			},
		}.DiagnoseIn(err, m.TenantID)
	}
	raw, err := client.GetSerializedFlow(ctx, f.ID)
	if err != nil {
		return framework.Diagnose(err, fmt.Sprintf("Could not read the serialised form of flow %q", f.Name))
	}
	return m.fill(ctx, f, raw)
}

// find returns the selected version, or the attribute that matched none.
func (m dataModel) find(ctx context.Context, client *prefect.Client) (f *prefect.Flow, at string, err error) {
	switch {
	case !m.ID.IsNull():
		f, err = client.LatestFlow(ctx, m.ID.ValueString())
		return f, "id", err
	case !m.VersionGroupID.IsNull():
		f, err = client.LatestFlow(ctx, m.VersionGroupID.ValueString())
		return f, "version_group_id", err
	case !m.FlowID.IsNull():
		f, err = client.GetFlow(ctx, m.FlowID.ValueString())
		return f, "flow_id", err
	case !m.ProjectName.IsNull():
		project, err := client.FindProject(ctx, m.ProjectName.ValueString())
		if err != nil {
			return nil, "project_name", fmt.Errorf("find project %s: %w", m.ProjectName, err)
		}
		f, err = client.FindFlow(ctx, project.ID, m.Name.ValueString())
		return f, "name", err
	}
	f, err = client.FindFlow(ctx, m.ProjectID.ValueString(), m.Name.ValueString())
	return f, "name", err
}

// wanted is the value of the selecting attribute.
func (m dataModel) wanted(at string) string {
	return map[string]types.String{
		"id": m.ID, "version_group_id": m.VersionGroupID, "flow_id": m.FlowID, "project_name": m.ProjectName, "name": m.Name,
	}[at].String()
}

// fill sets the attributes from the Server's record and the serialised flow.
func (m *dataModel) fill(ctx context.Context, f *prefect.Flow, raw json.RawMessage) diag.Diagnostics {
	var shared model
	shared.fromServer(f)
	object, err := decodeObject(raw)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic(fmt.Sprintf("The Server's record of flow %q cannot be read", f.Name), framework.Sentence(err.Error()))}
	}
	diags := shared.describeStored(ctx, f, serialization.NewFlow(object))
	shared.IdempotencyKey = framework.StringOrNullIfEmpty(f.Group.Settings.IdempotencyKey)
	*m = dataModel{
		ID: shared.ID, VersionGroupID: shared.VersionGroupID, TenantID: shared.TenantID, ProjectID: shared.ProjectID,
		ProjectName: types.StringValue(f.ProjectName), Name: types.StringValue(f.Name), version: shared.version,
		Description: shared.Description, ScheduleActive: shared.ScheduleActive, Labels: types.SetNull(types.StringType),
	}
	for _, field := range []struct {
		to   *framework.JSON
		from json.RawMessage
	}{{&m.RunConfig, f.RunConfig}, {&m.Storage, f.Storage}, {&m.Schedule, f.Schedule}, {&m.FlowJSON, raw}} {
		value, err := normalised(field.from)
		if err != nil {
			diags.AddError(fmt.Sprintf("The Server's record of flow %q cannot be read", f.Name), framework.Sentence(err.Error()))
		}
		*field.to = value
	}
	if config, err := decodeObject(f.RunConfig); err == nil {
		labels, d := framework.StringSet(ctx, notNil(serialization.NewFlow(map[string]any{"run_config": config}).Labels()))
		diags.Append(d...)
		m.Labels = labels
	}
	return diags
}

// normalised converts the Server's JSON to canonical form; null for nothing.
func normalised(raw json.RawMessage) (framework.JSON, error) {
	if serialization.IsNull(raw) {
		return framework.JSONNull(), nil
	}
	value, err := serialization.Decode(raw)
	if err != nil {
		return framework.JSONNull(), fmt.Errorf("decode: %w", err)
	}
	return framework.JSONOf(value)
}
