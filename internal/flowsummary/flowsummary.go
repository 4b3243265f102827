// Package flowsummary describes a flow as a Terraform value. The resource and the data source prefect_flow
// and the function flow_summary share it.
package flowsummary

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Description is the description of a summary attribute.
const Description = "What the flow is, in a few lines. Its size is bounded, whatever the size of the flow."

// Members returns the attributes with their descriptions.
func Members() map[string]string {
	return map[string]string{
		"tasks":      "The tasks that are not parameters, such as `extract (extract-1)`. Of more than ten, the first three and how many more there are.",
		"parameters": "The parameters, such as `day = \"monday\"` or `day (required)`. Of more than ten, the first three and how many more there are.",
		"schedule":   "Schedule of the flow itself, such as `cron \"0 6 * * *\" Europe/Berlin`; null if it has none.",
		"run_config": "Run configuration, such as `KubernetesRun, image etl:1`; null if it has none. Environment variables are listed without values.",
		"storage":    "Storage, such as `Docker, image_name etl`; null if it has none.",
	}
}

func isList(member string) bool { return member == "tasks" || member == "parameters" }

// Types are the types of the members.
func Types() map[string]attr.Type {
	all := map[string]attr.Type{}
	for name := range Members() {
		all[name] = types.StringType
		if isList(name) {
			all[name] = types.ListType{ElemType: types.StringType}
		}
	}
	return all
}

// Value returns the summary of a flow.
func Value(flow *serialization.Flow) types.Object {
	s := flow.Summarize()
	return types.ObjectValueMust(Types(), map[string]attr.Value{
		"tasks": Lines(s.Tasks), "parameters": Lines(s.Parameters), "schedule": framework.StringOrNullIfEmpty(s.Schedule),
		"run_config": framework.StringOrNullIfEmpty(s.RunConfig), "storage": framework.StringOrNullIfEmpty(s.Storage),
	})
}

// Unknown is an unknown summary.
func Unknown() types.Object { return types.ObjectUnknown(Types()) }

// Lines are lines of text as a value.
func Lines(lines []string) types.List {
	values := make([]attr.Value, len(lines))
	for i, line := range lines {
		values[i] = types.StringValue(line)
	}
	return types.ListValueMust(types.StringType, values)
}

// ResourceAttribute is the computed attribute of a resource.
func ResourceAttribute() resource.Attribute {
	attributes := map[string]resource.Attribute{}
	for name, description := range Members() {
		attributes[name] = resource.StringAttribute{Computed: true, MarkdownDescription: description}
		if isList(name) {
			attributes[name] = resource.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
		}
	}
	return resource.SingleNestedAttribute{Computed: true, MarkdownDescription: Description, Attributes: attributes}
}

// DataSourceAttribute is the computed attribute of a data source.
func DataSourceAttribute() datasource.Attribute {
	attributes := map[string]datasource.Attribute{}
	for name, description := range Members() {
		attributes[name] = datasource.StringAttribute{Computed: true, MarkdownDescription: description}
		if isList(name) {
			attributes[name] = datasource.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
		}
	}
	return datasource.SingleNestedAttribute{Computed: true, MarkdownDescription: Description, Attributes: attributes}
}
