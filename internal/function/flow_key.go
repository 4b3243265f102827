package function

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// flowKey implements flow_key.
type flowKey struct{}

// NewFlowKey returns the function flow_key.
func NewFlowKey() function.Function { return flowKey{} }

// Metadata gives the name.
func (flowKey) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "flow_key"
}

// Definition describes the function.
func (flowKey) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Idempotency key of a flow",
		MarkdownDescription: "Returns the idempotency key that `prefect register` computes for a flow. Two flows have the same key if and only if registering one " +
			"after the other creates no new version. It equals the `idempotency_key` of a `prefect_flow` with the same inputs, " +
			"and is useful as a trigger or as a name for artifacts of a version.\n\n" +
			"Call it as `flow_key(flow_json)`, `flow_key(flow_json, name)` or `flow_key(flow_json, name, labels)`.",
		Parameters: []function.Parameter{flowParameter()},
		VariadicParameter: optional("First the `name` of the flow, to select one of several in a document, or `null`; then the `labels` to merge " +
			"into the run configuration as `prefect register --label` does, a list or set of strings."),
		Return: function.StringReturn{},
	}
}

// Run computes the key.
func (flowKey) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	given := options{most: 2}
	flow, failed := flowArgument(ctx, req.Arguments, &given)
	if failed != nil {
		resp.Error = failed
		return
	}
	labels, failed := given.labels(1)
	if failed != nil {
		resp.Error = failed
		return
	}
	key, err := flow.WithLabels(labels).Key()
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	resp.Error = resp.Result.Set(ctx, types.StringValue(key))
}
