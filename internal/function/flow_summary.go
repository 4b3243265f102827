package function

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
)

// flowSummary implements flow_summary.
type flowSummary struct{}

// NewFlowSummary returns the function flow_summary.
func NewFlowSummary() function.Function { return flowSummary{} }

// Metadata sets the name.
func (flowSummary) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "flow_summary"
}

// Definition describes the function.
func (flowSummary) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A flow in a few lines",
		MarkdownDescription: "Returns the `summary` of a `prefect_flow`: `tasks`, `parameters`, `schedule`, `run_config` and `storage` in words. " +
			"Its size is bounded, whatever the size of the flow. Environment variables are listed without values. The flow is validated as by `prefect_flow`.\n\n" +
			"Call it as `flow_summary(flow_json)` or `flow_summary(flow_json, name)`.",
		Parameters:        []function.Parameter{flowParameter()},
		VariadicParameter: optional(selectFlow),
		Return:            function.ObjectReturn{AttributeTypes: flowsummary.Types()},
	}
}

// Run describes the flow.
func (flowSummary) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	flow, failed := validFlowArgument(ctx, req.Arguments, &options{most: 1})
	if failed != nil {
		resp.Error = failed
		return
	}
	resp.Error = resp.Result.Set(ctx, flowsummary.Value(flow.WithLabels(nil)))
}
