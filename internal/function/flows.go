package function

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// flows implements flows.
type flows struct{}

// NewFlows returns the function flows.
func NewFlows() function.Function { return flows{} }

// Metadata gives the name.
func (flows) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "flows"
}

// Definition describes the function.
func (flows) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Flows of a build document",
		MarkdownDescription: "Returns the flows in a build document of `prefect build`, each as JSON, by name. " +
			"Use it with `for_each` to register all flows in a document.",
		Parameters: []function.Parameter{function.StringParameter{
			Name: "document", MarkdownDescription: "Build document of `prefect build`, as JSON.",
		}},
		Return: function.MapReturn{ElementType: types.StringType},
	}
}

// Run splits the document.
func (flows) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	document, err := serialization.ParseDocument([]byte(text))
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	byName := map[string]string{}
	for _, flow := range document.Flows {
		if _, twice := byName[flow.Name()]; twice {
			resp.Error = wrong(0, fmt.Errorf("the document has two flows named %q. Give every flow a unique name and build again", flow.Name()))
			return
		}
		one, err := canonical(flow.Map())
		if err != nil {
			resp.Error = wrong(0, err)
			return
		}
		byName[flow.Name()] = *one
	}
	resp.Error = resp.Result.Set(ctx, byName)
}
