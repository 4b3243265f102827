package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// introspector answers __schema and __type from the parsed schema.
type introspector struct {
	schema    *ast.Schema
	variables map[string]any
}

// object makes the response of a selection: a function says what each field is.
func (i *introspector) object(typ string, f selected, value func(f selected) any) any {
	out := &Object{}
	for _, child := range collect(f.children(), i.variables) {
		out.Keys = append(out.Keys, child.key)
		if child.name() == "__typename" {
			out.Values = append(out.Values, typ)
			continue
		}
		out.Values = append(out.Values, value(child))
	}
	return out
}

func objects[T any](items []T, object func(T) any) any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = object(item)
	}
	return out
}

func (e *Engine) introspect(f selected, variables map[string]any) any {
	i := &introspector{schema: e.schema, variables: variables}
	if f.name() == "__schema" {
		return i.schemaObject(f)
	}
	name, _ := e.arguments(f.fields[0], variables).Get("name")
	wanted, _ := name.(string)
	return i.definition(e.schema.Types[wanted], f)
}

func (i *introspector) schemaObject(f selected) any {
	return i.object("__Schema", f, func(f selected) any {
		switch f.name() {
		case "types":
			return objects(slices.Sorted(maps.Keys(i.schema.Types)), func(name string) any {
				return i.definition(i.schema.Types[name], f)
			})
		case "queryType":
			return i.definition(i.schema.Query, f)
		case "mutationType":
			return i.definition(i.schema.Mutation, f)
		case "directives":
			var list []*ast.DirectiveDefinition
			for _, name := range slices.Sorted(maps.Keys(i.schema.Directives)) {
				if name == "skip" || name == "include" || name == "deprecated" {
					list = append(list, i.schema.Directives[name])
				}
			}
			return objects(list, func(d *ast.DirectiveDefinition) any { return i.directive(d, f) })
		default: // description, subscriptionType
			return nil
		}
	})
}

func (i *introspector) directive(d *ast.DirectiveDefinition, f selected) any {
	return i.object("__Directive", f, func(f selected) any {
		switch f.name() {
		case "name":
			return d.Name
		case "isRepeatable":
			return d.IsRepeatable
		case "locations":
			return objects(d.Locations, func(l ast.DirectiveLocation) any { return string(l) })
		case "args":
			return objects(d.Arguments, func(a *ast.ArgumentDefinition) any { return i.argument(a, f) })
		default:
			return description(d.Description)
		}
	})
}

func description(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// reference describes the type of a field or argument, with its wrappers.
func (i *introspector) reference(t *ast.Type, f selected) any {
	if !t.NonNull && t.Elem == nil {
		return i.definition(i.schema.Types[t.NamedType], f)
	}
	kind, inner := "LIST", t.Elem
	if t.NonNull {
		bare := *t
		bare.NonNull = false
		kind, inner = "NON_NULL", &bare
	}
	return i.object("__Type", f, func(f selected) any {
		switch f.name() {
		case "kind":
			return kind
		case "ofType":
			return i.reference(inner, f)
		default:
			return nil
		}
	})
}

func (i *introspector) definition(d *ast.Definition, f selected) any {
	if d == nil {
		return nil
	}
	return i.object("__Type", f, func(f selected) any {
		switch f.name() {
		case "kind":
			return string(d.Kind)
		case "name":
			return d.Name
		case "description":
			return description(d.Description)
		case "fields":
			return i.fields(d, f)
		case "inputFields":
			if d.Kind != ast.InputObject {
				return nil
			}
			return objects(d.Fields, func(field *ast.FieldDefinition) any { return i.inputField(field, f) })
		case "enumValues":
			if d.Kind != ast.Enum {
				return nil
			}
			return objects(d.EnumValues, func(v *ast.EnumValueDefinition) any { return i.enumValue(v, f) })
		case "interfaces":
			if d.Kind != ast.Object {
				return nil
			}
			return []any{}
		default: // ofType, possibleTypes, specifiedByURL
			return nil
		}
	})
}

func (i *introspector) fields(d *ast.Definition, f selected) any {
	if d.Kind != ast.Object {
		return nil
	}
	var visible []*ast.FieldDefinition
	for _, field := range d.Fields {
		if !strings.HasPrefix(field.Name, "__") {
			visible = append(visible, field)
		}
	}
	return objects(visible, func(field *ast.FieldDefinition) any {
		return i.object("__Field", f, func(f selected) any {
			switch f.name() {
			case "name":
				return field.Name
			case "description":
				return description(field.Description)
			case "args":
				return objects(field.Arguments, func(a *ast.ArgumentDefinition) any { return i.argument(a, f) })
			case "type":
				return i.reference(field.Type, f)
			case "isDeprecated":
				return false
			default:
				return nil
			}
		})
	})
}

func (i *introspector) argument(a *ast.ArgumentDefinition, f selected) any {
	return i.inputValue(a.Name, a.Description, a.Type, a.DefaultValue, f)
}

func (i *introspector) inputField(field *ast.FieldDefinition, f selected) any {
	return i.inputValue(field.Name, field.Description, field.Type, field.DefaultValue, f)
}

func (i *introspector) inputValue(name, text string, t *ast.Type, defaultValue *ast.Value, f selected) any {
	return i.object("__InputValue", f, func(f selected) any {
		switch f.name() {
		case "name":
			return name
		case "description":
			return description(text)
		case "type":
			return i.reference(t, f)
		case "defaultValue":
			if defaultValue == nil {
				return nil
			}
			return defaultValue.String()
		case "isDeprecated":
			return false
		default:
			return nil
		}
	})
}

func (i *introspector) enumValue(v *ast.EnumValueDefinition, f selected) any {
	return i.object("__EnumValue", f, func(f selected) any {
		switch f.name() {
		case "name":
			return v.Name
		case "description":
			return description(v.Description)
		case "isDeprecated":
			return false
		default:
			return nil
		}
	})
}
