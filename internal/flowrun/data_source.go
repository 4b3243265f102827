package flowrun

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// dataModel is the data source's attributes.
type dataModel struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	FlowID             types.String   `tfsdk:"flow_id"`
	VersionGroupID     types.String   `tfsdk:"version_group_id"`
	TenantID           types.String   `tfsdk:"tenant_id"`
	FlowName           types.String   `tfsdk:"flow_name"`
	FlowVersion        types.Int64    `tfsdk:"flow_version"`
	Parameters         framework.JSON `tfsdk:"parameters"`
	Context            framework.JSON `tfsdk:"context"`
	RunConfig          framework.JSON `tfsdk:"run_config"`
	Labels             types.Set      `tfsdk:"labels"`
	IdempotencyKey     types.String   `tfsdk:"idempotency_key"`
	AutoScheduled      types.Bool     `tfsdk:"auto_scheduled"`
	ScheduledStartTime types.String   `tfsdk:"scheduled_start_time"`
	Finished           types.Bool     `tfsdk:"finished"`
	observed
}

// NewDataSource returns the data source prefect_flow_run.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[dataModel]{
		Name: "flow_run", Schema: dataSourceSchema, Read: readRun,
		Validators: []datasource.ConfigValidator{
			framework.AtLeastOneOf("id", "name", "flow_id", "version_group_id"),
			framework.Conflicting("id", "name"),
			framework.Conflicting("id", "flow_id"),
			framework.Conflicting("id", "version_group_id"),
		},
	})
}

func dataSourceSchema() schema.Schema {
	attributes := map[string]schema.Attribute{
		"id":                   framework.Key("UUID of the run.", framework.UUID()),
		"name":                 framework.Key("Name of the run. It must be unique, or unique among the flow's runs if `flow_id` or `version_group_id` is set.", framework.NotBlank()),
		"flow_id":              framework.Key("Id of the flow version. Without `id` and `name`, its newest run is read.", framework.UUID()),
		"version_group_id":     framework.Key("Version group of the flow. Without `id` and `name`, its newest run is read.", framework.NotBlank()),
		"tenant_id":            framework.Key("UUID of the tenant to look in. Default: the provider's tenant.", framework.UUID()),
		"parameters":           framework.Document("Parameters, including default values, as JSON."),
		"context":              framework.Document("Context, as JSON."),
		"run_config":           framework.Document("Run configuration, serialised as Prefect does, as JSON."),
		"labels":               framework.Texts("Labels of the run."),
		"idempotency_key":      framework.Text("Idempotency key it was created with."),
		"scheduled_start_time": framework.Text("When the run is or was due, in RFC 3339."),
		"auto_scheduled":       framework.Flag("`true` if the flow's schedule created the run."),
		"finished":             framework.Flag("`true` if the state is final."),
	}
	for name, attribute := range allForDataSource(fixedAttributes()) {
		if name != "id" {
			attributes[name] = attribute
		}
	}
	maps.Copy(attributes, allForDataSource(observedAttributes()))
	return schema.Schema{
		MarkdownDescription: "A flow run, selected by `id` or `name`, or the newest run of a flow. With a cluster in the provider's `kubernetes`, `job` is the " +
			"current state of the run's Job.",
		Attributes: attributes,
	}
}

// forDataSource converts a computed attribute of the resource to one of the data source, with the same shape
// and description.
func forDataSource(from resourceschema.Attribute) schema.Attribute {
	switch a := from.(type) {
	case resourceschema.Int64Attribute:
		return schema.Int64Attribute{Computed: true, MarkdownDescription: a.MarkdownDescription}
	case resourceschema.ListAttribute:
		return schema.ListAttribute{Computed: true, ElementType: a.ElementType, MarkdownDescription: a.MarkdownDescription}
	case resourceschema.ListNestedAttribute:
		return schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: a.MarkdownDescription,
			NestedObject: schema.NestedAttributeObject{Attributes: allForDataSource(a.NestedObject.Attributes)},
		}
	case resourceschema.SingleNestedAttribute:
		return schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: a.MarkdownDescription, Attributes: allForDataSource(a.Attributes),
		}
	default:
		return schema.StringAttribute{Computed: true, MarkdownDescription: from.GetMarkdownDescription()}
	}
}

func allForDataSource(from map[string]resourceschema.Attribute) map[string]schema.Attribute {
	all := make(map[string]schema.Attribute, len(from))
	for name, attribute := range from {
		all[name] = forDataSource(attribute)
	}
	return all
}

func readRun(ctx context.Context, data *framework.ProviderData, found *dataModel) diag.Diagnostics {
	client := data.Client(found.TenantID)
	run, diags := found.find(ctx, client)
	if diags.HasError() {
		return diags
	}
	m := emptyModel()
	diags.Append(m.refresh(ctx, run)...)
	diags.Append(m.details(ctx, client, nil)...)
	diags.Append(m.findJob(ctx, data)...)
	*found = dataModel{
		ID: m.ID, Name: m.Name, FlowID: m.FlowID, VersionGroupID: m.VersionGroupID, TenantID: m.TenantID, FlowName: m.FlowName, FlowVersion: m.FlowVersion,
		Parameters: m.Parameters, Context: m.Context, RunConfig: otherwiseJSON(framework.JSONNull(), run.RunConfig),
		Labels: m.Labels, IdempotencyKey: m.IdempotencyKey, AutoScheduled: types.BoolValue(run.AutoScheduled),
		ScheduledStartTime: m.ScheduledStartTime, Finished: types.BoolValue(states.IsFinished(run.State)),
		observed: m.observed,
	}
	return diags
}

func (m dataModel) find(ctx context.Context, client *prefect.Client) (*prefect.FlowRun, diag.Diagnostics) {
	search := runSearch{client: client, tenantID: m.TenantID, at: path.Root("name"), elsewhere: " " + setTenant}
	if !m.ID.IsNull() {
		search.at = path.Root("id")
		return search.byID(ctx, m.ID.ValueString())
	}
	filter := prefect.FlowRunFilter{
		Name: m.Name.ValueString(), FlowID: m.FlowID.ValueString(), VersionGroupID: m.VersionGroupID.ValueString(),
	}
	if filter.Name != "" {
		return search.only(ctx, filter)
	}
	filter.Limit = 1
	in := inputs{FlowID: filter.FlowID, VersionGroupID: filter.VersionGroupID}
	summary := fmt.Sprintf("Could not find a run of %s", in.subject())
	runs, err := client.ListFlowRuns(ctx, filter)
	if err != nil {
		return nil, framework.Failure{Summary: summary}.DiagnoseIn(err, m.TenantID)
	}
	if len(runs) == 0 {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(summary, "The flow has no run, or there is no such flow in this tenant.\n\n"+
			"Check the id and the provider's `endpoint` and `tenant`. Set `tenant_id` for a flow of another tenant.")}
	}
	return &runs[0], nil
}
