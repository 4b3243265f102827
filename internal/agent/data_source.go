// Package agent implements the data source prefect_agents.
package agent

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// healthyWithin is the default of that attribute. By default, agents ask for work at least every ten seconds.
const healthyWithin = time.Minute

// NewDataSource returns the data source prefect_agents.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[model]{Name: "agents", Schema: dataSchema, Read: read})
}

func dataSchema() schema.Schema {
	labels := func(description string) schema.SetAttribute {
		return schema.SetAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: description,
			Validators: []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotBlank())},
		}
	}
	return schema.Schema{
		MarkdownDescription: "The agents that are registered with the Server, most recently active first. An empty result is not an error.\n\n" +
			"The Server keeps an agent's entry after the agent has stopped. An agent takes a run if it has all of the run's labels; a run without " +
			"labels goes only to an agent without labels. A run that no agent takes waits forever. A `check` or `precondition` on " +
			"`would_match` detects that in advance.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": framework.TenantKey(),
			"name":      framework.Filter("Only agents with this name. Names do not have to be unique.", framework.NotBlank()),
			"labels":    labels("Only agents with at least these labels."),
			"healthy": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Only healthy (`true`) or unhealthy (`false`) agents. Default: all.",
			},
			"healthy_within": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "An agent is healthy if it asked for work within this time, such as `30s`. Defaults to `1m`.",
			},
			"run_labels":  labels("Labels of a run, for `would_match`. `[]` is a run without labels."),
			"would_match": framework.Flag("`true` if one of these agents is healthy and would take a run with `run_labels`; `null` without `run_labels`."),
			"agents": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The agents found.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":           framework.Text("UUID of the agent."),
					"name":         framework.Text("Name of the agent."),
					"type":         framework.Text("Kind of the agent, such as `KubernetesAgent`."),
					"labels":       framework.Texts("Labels of the agent."),
					"core_version": framework.Text("Version of Prefect that the agent runs."),
					"last_queried": framework.Text("When it last asked for work, in RFC 3339; `null` if it never has."),
					"healthy":      framework.Flag("`true` if it asked for work within `healthy_within`."),
					"would_match":  framework.Flag("`true` if its labels let it take a run with `run_labels`, healthy or not; `null` without `run_labels`."),
				}},
			},
		},
	}
}

// read lists the agents.
func read(ctx context.Context, data *framework.ProviderData, m *model) diag.Diagnostics {
	var serverTime time.Time
	agents, diags := framework.Listing[prefect.Agent, prefect.Agent]{
		Failure: framework.Failure{Summary: "Could not list the agents"},
		Query: func(ctx context.Context, client *prefect.Client) ([]prefect.Agent, error) {
			agents, err := client.ListAgents(ctx)
			serverTime = client.ServerTime()
			return agents, err //nolint:wrapcheck // the listing explains it
		},
		Show: func(_ context.Context, agent *prefect.Agent) (prefect.Agent, diag.Diagnostics) { return *agent, nil },
	}.Of(ctx, data, &m.TenantID)
	if !diags.HasError() {
		diags.Append(m.fill(ctx, agents, serverTime)...)
	}
	return diags
}
