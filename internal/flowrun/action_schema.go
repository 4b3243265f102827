package flowrun

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// lastingEffect matches sentences about what a change of a resource does.
var lastingEffect = regexp.MustCompile(` (Changing|A new version)[^.]*\.`)

func runActionSchema() schema.Schema {
	attributes := map[string]schema.Attribute{}
	for name, attribute := range inputAttributes() {
		if name != "triggers" {
			attributes[name] = forAction(attribute, "")
		}
	}
	own := map[string]string{
		"on_failure": "What a run that ends in another state does: `error` (default) fails the action; `warn` gives a warning instead.",
		"on_timeout": "What a deadline of `timeouts` does: `error` (default) fails the action and leaves the run alone; `warn` gives a warning; " +
			"`cancel` cancels the run and fails the action.",
	}
	for name, attribute := range waitAttributes() {
		if name != "on_destroy" {
			attributes[name] = forAction(attribute, own[name])
		}
	}
	attributes["idempotency_key"] = forAction(inputAttributes()["idempotency_key"],
		"Key by which the Server recognises a repeated request: a key creates at most one run of a flow version, ever, and the action waits for "+
			"the run that exists. Left out, every invocation starts a run.")
	return schema.Schema{
		MarkdownDescription: "Runs a flow each time the action is invoked, and waits for the run. State changes and log lines appear as progress. " +
			"A run that should be started once, and kept in the state, is the resource `prefect_flow_run`.",
		Attributes: attributes,
	}
}

func cancelActionSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Cancels a flow run and waits for its end. A run that has finished is left as it is.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Required: true, MarkdownDescription: "UUID of the run.", Validators: []validator.String{framework.UUID()},
			},
			"timeout": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "How long to wait for the end of the run, such as `90s`. Default `5m`; `0s` waits without limit.",
			},
		},
	}
}

// forAction turns an argument of the resource into one of an action, with another
// description if one is given.
func forAction(from resourceschema.Attribute, description string) schema.Attribute {
	if description == "" {
		description = lastingEffect.ReplaceAllString(from.GetMarkdownDescription(), "")
	}
	required := from.IsRequired()
	switch a := from.(type) {
	case resourceschema.SetAttribute:
		return schema.SetAttribute{
			Required: required, Optional: !required, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: description,
		}
	case resourceschema.ListAttribute:
		return schema.ListAttribute{
			Required: required, Optional: !required, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: description,
		}
	case resourceschema.MapAttribute:
		return schema.MapAttribute{
			Required: required, Optional: !required, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: description,
		}
	case resourceschema.SingleNestedAttribute:
		inner := make(map[string]schema.Attribute, len(a.Attributes))
		for name, attribute := range a.Attributes {
			inner[name] = forAction(attribute, "")
		}
		return schema.SingleNestedAttribute{
			Required: required, Optional: !required, Attributes: inner, Validators: a.Validators, MarkdownDescription: description,
		}
	case resourceschema.StringAttribute:
		return schema.StringAttribute{
			Required: required, Optional: !required, CustomType: a.CustomType, Validators: a.Validators, MarkdownDescription: description,
		}
	default:
		return schema.StringAttribute{Required: required, Optional: !required, MarkdownDescription: description}
	}
}
