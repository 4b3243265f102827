package function

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// selectFlow describes the name of a flow, as an optional argument.
const selectFlow = "The `name` of the flow, to select one of several in a document."

// flowParameter is the first parameter of the functions of a flow.
func flowParameter() function.Parameter {
	return function.StringParameter{
		Name: "flow_json", MarkdownDescription: "One serialised flow, or a whole build document of `prefect build`, as JSON.",
	}
}

// flowArgument returns the flow in the first argument; the first optional argument is its name. It also reads the other
// optional arguments.
func flowArgument(ctx context.Context, arguments function.ArgumentsData, given *options) (*serialization.Flow, *function.FuncError) {
	var text string
	if failed := arguments.Get(ctx, &text, &given.values); failed != nil {
		return nil, failed
	}
	if failed := given.check(); failed != nil {
		return nil, failed
	}
	name, failed := given.name(0)
	if failed != nil {
		return nil, failed
	}
	flow, err := parse(text, name)
	if err != nil {
		return nil, wrong(0, err)
	}
	return flow, nil
}

// validFlowArgument is flowArgument for a flow that must be valid.
func validFlowArgument(ctx context.Context, arguments function.ArgumentsData, given *options) (*serialization.Flow, *function.FuncError) {
	flow, failed := flowArgument(ctx, arguments, given)
	if failed != nil {
		return nil, failed
	}
	if err := flow.Validate(); err != nil {
		return nil, wrong(0, err)
	}
	return flow, nil
}
