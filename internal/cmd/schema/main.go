// Command schema writes the provider's schemas as `terraform providers schema -json` does, for the
// documentation generator. Unlike that command, it includes actions and list resources, whichever Terraform
// is installed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// address is the provider address that the generator looks up.
const address = "registry.terraform.io/hashicorp/prefect"

func main() {
	if err := write(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type object = map[string]any

func write(ctx context.Context, to io.Writer) error {
	server := providerserver.NewProtocol6(provider.New("docs")())()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return fmt.Errorf("ask the provider for its schemas: %w", err)
	}
	for _, d := range schemas.Diagnostics {
		err = errors.Join(err, fmt.Errorf("%s: %s", d.Summary, d.Detail)) //nolint:err113 // the provider's own words
	}
	if err != nil {
		return err
	}
	identified, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return fmt.Errorf("ask the provider for its identities: %w", err)
	}
	actions, functions, identities := object{}, object{}, object{}
	for name, s := range identified.IdentitySchemas {
		identities[name] = identity(s)
	}
	for name, action := range schemas.ActionSchemas {
		actions[name] = object{"block": block(action.Schema.Block)}
	}
	for name, f := range schemas.Functions {
		functions[name] = function(f)
	}
	out := object{"format_version": "1.0", "provider_schemas": object{address: object{
		"provider":                   schema(schemas.Provider),
		"resource_schemas":           all(schemas.ResourceSchemas),
		"data_source_schemas":        all(schemas.DataSourceSchemas),
		"list_resource_schemas":      all(schemas.ListResourceSchemas),
		"ephemeral_resource_schemas": all(schemas.EphemeralResourceSchemas),
		"action_schemas":             actions,
		"functions":                  functions,
		"resource_identity_schemas":  identities,
	}}}
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("write the schemas: %w", err)
	}
	return nil
}

func all(schemas map[string]*tfprotov6.Schema) object {
	out := object{}
	for name, s := range schemas {
		out[name] = schema(s)
	}
	return out
}

func schema(s *tfprotov6.Schema) object { return object{"version": s.Version, "block": block(s.Block)} }

func identity(s *tfprotov6.ResourceIdentitySchema) object {
	attributes := object{}
	for _, a := range s.IdentityAttributes {
		described := object{"type": a.Type, "description": a.Description}
		if a.RequiredForImport {
			described["required_for_import"] = true
		}
		if a.OptionalForImport {
			described["optional_for_import"] = true
		}
		attributes[a.Name] = described
	}
	return object{"version": s.Version, "attributes": attributes}
}

func block(b *tfprotov6.SchemaBlock) object {
	out := object{"attributes": attributes(b.Attributes)}
	describe(out, b.Description, b.DescriptionKind)
	if b.Deprecated {
		out["deprecated"] = true
	}
	nested := object{}
	for _, n := range b.BlockTypes {
		nested[n.TypeName] = object{
			"nesting_mode": strings.ToLower(n.Nesting.String()), "block": block(n.Block), "min_items": n.MinItems, "max_items": n.MaxItems,
		}
	}
	if len(nested) > 0 {
		out["block_types"] = nested
	}
	return out
}

func attributes(list []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range list {
		described := object{}
		if a.NestedType != nil {
			described["nested_type"] = object{
				"attributes": attributes(a.NestedType.Attributes), "nesting_mode": strings.ToLower(a.NestedType.Nesting.String()),
			}
		} else {
			described["type"] = a.Type
		}
		describe(described, a.Description, a.DescriptionKind)
		for name, is := range map[string]bool{
			"required": a.Required, "optional": a.Optional, "computed": a.Computed, "sensitive": a.Sensitive,
			"deprecated": a.Deprecated, "write_only": a.WriteOnly,
		} {
			if is {
				described[name] = true
			}
		}
		out[a.Name] = described
	}
	return out
}

func describe(out object, text string, kind tfprotov6.StringKind) {
	out["description_kind"] = "plain"
	if kind == tfprotov6.StringKindMarkdown {
		out["description_kind"] = "markdown"
	}
	if text != "" {
		out["description"] = text
	}
}

func function(f *tfprotov6.Function) object {
	out := object{"description": f.Description, "summary": f.Summary, "return_type": f.Return.Type}
	if f.DeprecationMessage != "" {
		out["deprecation_message"] = f.DeprecationMessage
	}
	parameters := make([]object, 0, len(f.Parameters))
	for _, p := range f.Parameters {
		parameters = append(parameters, parameter(p))
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if f.VariadicParameter != nil {
		out["variadic_parameter"] = parameter(f.VariadicParameter)
	}
	return out
}

func parameter(p *tfprotov6.FunctionParameter) object {
	return object{"name": p.Name, "description": p.Description, "is_nullable": p.AllowNullValue, "type": p.Type}
}
