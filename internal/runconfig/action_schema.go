package runconfig

import (
	"fmt"

	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// ActionAttribute is `run_config` of an action.
func ActionAttribute(text Descriptions) actionschema.SingleNestedAttribute {
	inner := map[string]actionschema.Attribute{}
	for name, attribute := range kubernetesAttributes(text) {
		inner[name] = forAction(name, attribute)
	}
	outer := Attribute(text)
	return actionschema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: outer.MarkdownDescription,
		Attributes: map[string]actionschema.Attribute{
			"kubernetes": actionschema.SingleNestedAttribute{
				Required: true, MarkdownDescription: outer.Attributes["kubernetes"].GetMarkdownDescription(), Attributes: inner,
			},
		},
	}
}

// forAction converts an attribute to an action's.
func forAction(name string, from schema.Attribute) actionschema.Attribute {
	switch a := from.(type) {
	case schema.StringAttribute:
		return actionschema.StringAttribute{Optional: true, CustomType: a.CustomType, Validators: a.Validators, MarkdownDescription: a.MarkdownDescription}
	case schema.MapAttribute:
		return actionschema.MapAttribute{Optional: true, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: a.MarkdownDescription}
	case schema.ListAttribute:
		return actionschema.ListAttribute{Optional: true, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: a.MarkdownDescription}
	case schema.SetAttribute:
		return actionschema.SetAttribute{Optional: true, ElementType: a.ElementType, Validators: a.Validators, MarkdownDescription: a.MarkdownDescription}
	default:
		panic(fmt.Sprintf("run_config.kubernetes.%s: attributes of type %T have no form for actions yet", name, from))
	}
}
