package framework

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Constructors for the attributes of data sources. Text, Flag, Number, Document and Texts are results; Key is
// an argument that is also a result; Filter is an argument only.

// Text is a computed string.
func Text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

// Flag is a computed bool.
func Flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
}

// Number is a computed integer.
func Number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

// Document is a computed JSON text.
func Document(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, CustomType: JSONType{}, MarkdownDescription: description}
}

// Texts is a computed set of strings.
func Texts(description string) schema.SetAttribute {
	return schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

// Key is an argument that selects the object; it is computed if another argument selects it.
func Key(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, Validators: validators, MarkdownDescription: description}
}

// Filter is an argument that narrows the result.
func Filter(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Validators: validators, MarkdownDescription: description}
}

// Found is a computed list of objects.
func Found(description string, attributes map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}

// TenantKey is the `tenant_id` of a data source that lists a tenant's objects.
func TenantKey() schema.StringAttribute {
	return Key("UUID of the tenant. Defaults to the provider's tenant.", UUID())
}
