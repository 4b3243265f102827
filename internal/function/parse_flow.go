package function

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// parseFlow implements parse_flow.
type parseFlow struct{}

// NewParseFlow returns the function parse_flow.
func NewParseFlow() function.Function { return parseFlow{} }

// parsedFlow is what it returns.
type parsedFlow struct {
	Name        string            `tfsdk:"name"`
	Key         string            `tfsdk:"key"`
	CoreVersion *string           `tfsdk:"core_version"`
	TaskCount   int64             `tfsdk:"task_count"`
	Labels      []string          `tfsdk:"labels"`
	Parameters  []parsedParameter `tfsdk:"parameters"`
	RunConfig   *string           `tfsdk:"run_config"`
	Storage     *string           `tfsdk:"storage"`
	Schedule    *string           `tfsdk:"schedule"`
	FlowJSON    *string           `tfsdk:"flow_json"`
}

type parsedParameter struct {
	Name     string  `tfsdk:"name"`
	Required bool    `tfsdk:"required"`
	Default  *string `tfsdk:"default"`
}

func parsedTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"name": types.StringType, "key": types.StringType, "core_version": types.StringType, "task_count": types.Int64Type,
		"labels": types.ListType{ElemType: types.StringType},
		"parameters": types.ListType{ElemType: types.ObjectType{AttrTypes: map[string]attr.Type{
			"name": types.StringType, "required": types.BoolType, "default": types.StringType,
		}}},
		"run_config": types.StringType, "storage": types.StringType, "schedule": types.StringType, "flow_json": types.StringType,
	}
}

// Metadata gives the name.
func (parseFlow) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_flow"
}

// Definition describes the function.
func (parseFlow) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Facts about a serialised flow",
		MarkdownDescription: "Returns facts about a serialised flow: `name`, `key` (its idempotency key, without additional labels), `core_version`, `task_count`, " +
			"`labels`, `parameters` (each with `name`, `required` and `default`, which is JSON), and as JSON `run_config`, `storage`, `schedule` " +
			"(each `null` if there is none) and `flow_json`, the flow itself. The flow is validated as by `prefect_flow`.\n\n" +
			"Call it as `parse_flow(flow_json)` or `parse_flow(flow_json, name)`.",
		Parameters:        []function.Parameter{flowParameter()},
		VariadicParameter: optional(selectFlow),
		Return:            function.ObjectReturn{AttributeTypes: parsedTypes()},
	}
}

// Run reads the flow.
func (parseFlow) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	flow, failed := validFlowArgument(ctx, req.Arguments, &options{most: 1})
	if failed != nil {
		resp.Error = failed
		return
	}
	parsed, err := describe(flow)
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	resp.Error = resp.Result.Set(ctx, parsed)
}

func describe(flow *serialization.Flow) (*parsedFlow, error) {
	key, err := flow.WithLabels(nil).Key()
	if err != nil {
		return nil, err //nolint:wrapcheck // the error names what cannot be encoded
	}
	parsed := &parsedFlow{
		Name: flow.Name(), Key: key, TaskCount: int64(flow.TaskCount()), Labels: append([]string{}, flow.Labels()...), Parameters: []parsedParameter{},
	}
	if version := flow.CoreVersion(); version != "" {
		parsed.CoreVersion = &version
	}
	for _, p := range flow.Parameters() {
		one := parsedParameter{Name: p.Name, Required: p.Required}
		if !p.Required {
			// A null default is JSON null, unlike no default.
			text, err := serialization.Canonical(p.Default)
			if err != nil {
				return nil, err //nolint:wrapcheck // as above
			}
			s := string(text)
			one.Default = &s
		}
		parsed.Parameters = append(parsed.Parameters, one)
	}
	for _, field := range []struct {
		to   **string
		from map[string]any
	}{
		{&parsed.RunConfig, flow.RunConfig()},
		{&parsed.Storage, flow.Storage()},
		{&parsed.Schedule, flow.Schedule()},
		{&parsed.FlowJSON, flow.Map()},
	} {
		if field.from == nil {
			continue
		}
		if *field.to, err = canonical(field.from); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}
