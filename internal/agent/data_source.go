// Package agent is the data source prefect_agents.
package agent

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// healthyWithin is the default of that attribute. Agents ask every ten seconds
// at most, unless told otherwise.
const healthyWithin = "1m"

// agentsDataSource implements the data source prefect_agents.
type agentsDataSource struct {
	data *framework.ProviderData
}

var _ datasource.DataSourceWithConfigure = (*agentsDataSource)(nil)

// NewDataSource returns the data source prefect_agents.
func NewDataSource() datasource.DataSource { return &agentsDataSource{} }

// Metadata gives the type name.
func (d *agentsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_agents"
}

// Configure takes over the provider data.
func (d *agentsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *agentsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	labels := func(description string) schema.SetAttribute {
		return schema.SetAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: description,
			Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotBlank())},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The agents that are registered with the Server, most recently active first. An empty result is not an error.\n\n" +
			"The Server keeps an agent's entry after the agent has stopped. An agent takes a run if all labels of the run are its own; a run without " +
			"labels goes only to an agent without labels. A run that no agent takes waits for ever: a `check` or `precondition` on " +
			"`would_match` finds that out before.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{framework.UUID()},
				MarkdownDescription: "UUID of the tenant. Defaults to the provider's tenant.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.NotBlank()},
				MarkdownDescription: "Only agents of this name. Several agents can have the same.",
			},
			"labels": labels("Only agents that have all of these labels, and perhaps others."),
			"healthy": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Only agents that are healthy (`true`) or that are not (`false`). Without it, all.",
			},
			"healthy_within": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "An agent is healthy if it asked for work within this time, such as `30s`. Defaults to `" + healthyWithin + "`.",
			},
			"run_labels": labels("Labels of a run: `would_match` says which agents would take it. `[]` is a run without labels."),
			"would_match": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "`true` if one of these agents is healthy and would take a run with `run_labels`; `null` without `run_labels`.",
			},
			"agents": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The agents found.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":           text("UUID of the agent."),
					"name":         text("Name of the agent."),
					"type":         text("Kind of the agent, such as `KubernetesAgent`."),
					"labels":       schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Labels of the agent."},
					"core_version": text("Version of Prefect that the agent runs."),
					"last_queried": text("When it last asked for work, in RFC 3339; `null` if it never has."),
					"healthy":      schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if it asked for work within `healthy_within`."},
					"would_match": schema.BoolAttribute{
						Computed:            true,
						MarkdownDescription: "`true` if its labels let it take a run with `run_labels`, healthy or not; `null` without `run_labels`.",
					},
				}},
			},
		},
	}
}

// Read lists the agents.
func (d *agentsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	failure := framework.Failure{Summary: "Could not list the agents"}
	client, diags := d.data.ToList(ctx, &m.TenantID, failure)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	agents, err := client.ListAgents(ctx)
	if err != nil {
		resp.Diagnostics.Append(failure.Diagnose(err)...)
		return
	}
	resp.Diagnostics.Append(m.fill(ctx, agents, client.ServerTime())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// patience is healthy_within.
func (m *model) patience() time.Duration {
	given := healthyWithin
	if framework.IsSet(m.HealthyWithin) {
		given = m.HealthyWithin.ValueString()
	}
	patience, err := time.ParseDuration(given)
	if err != nil {
		return 0 // the validator has refused it
	}
	return patience
}
