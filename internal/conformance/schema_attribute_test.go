package conformance_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// attributes writes a line for each attribute. The schemas of resources, data
// sources, actions and so on have types of their own, which agree in the names
// of their fields and methods only; hence the reflection.
func (d *description) attributes(ctx context.Context, indent string, of any) {
	d.t.Helper()
	all := reflect.ValueOf(of)
	for _, key := range slices.SortedFunc(slices.Values(all.MapKeys()), func(a, b reflect.Value) int {
		return strings.Compare(a.String(), b.String())
	}) {
		attribute := all.MapIndex(key).Elem()
		d.line("%s%s: %s%s", indent, key, d.attributeType(ctx, attribute),
			flags(attribute.Interface(), "Required", "Optional", "Computed", "Sensitive", "WriteOnly")+deprecated(attribute)+planned(ctx, attribute))
		for _, nested := range []string{"Attributes", "NestedObject"} {
			inner := attribute.FieldByName(nested)
			if nested == "NestedObject" && inner.IsValid() {
				inner = inner.FieldByName("Attributes")
			}
			if inner.IsValid() {
				d.attributes(ctx, indent+"  ", inner.Interface())
			}
		}
	}
}

// attributeType is an attribute's type as HCL writes it, the collection's alone
// where lines for what is inside follow.
func (d *description) attributeType(ctx context.Context, attribute reflect.Value) string {
	d.t.Helper()
	switch strings.TrimSuffix(attribute.Type().Name(), "Attribute") {
	case "SingleNested":
		return "object"
	case "ListNested":
		return "list of objects"
	case "SetNested":
		return "set of objects"
	case "MapNested":
		return "map of objects"
	}
	typed, ok := attribute.Interface().(interface{ GetType() attr.Type })
	if !ok {
		d.t.Fatalf("%s has no type", attribute.Type())
	}
	return d.typeName(ctx, typed.GetType())
}

// typeName is a type as HCL writes it, with the name of a type that compares
// values in a way of its own.
func (d *description) typeName(ctx context.Context, t attr.Type) string {
	d.t.Helper()
	name := hclType(t.TerraformType(ctx))
	if own := reflect.TypeOf(t); !strings.HasSuffix(own.PkgPath(), "/basetypes") {
		name += " (" + own.Name() + ")"
	}
	return name
}

func hclType(t tftypes.Type) string {
	switch t := t.(type) {
	case tftypes.List:
		return "list(" + hclType(t.ElementType) + ")"
	case tftypes.Set:
		return "set(" + hclType(t.ElementType) + ")"
	case tftypes.Map:
		return "map(" + hclType(t.ElementType) + ")"
	case tftypes.Object:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(t.AttributeTypes)) {
			fields = append(fields, name+" = "+hclType(t.AttributeTypes[name]))
		}
		return "object({ " + strings.Join(fields, ", ") + " })"
	}
	if t.Is(tftypes.DynamicPseudoType) {
		return "any"
	}
	return strings.ToLower(strings.TrimPrefix(t.String(), "tftypes."))
}

// flags are the names of those boolean fields that are set.
func flags(of any, names ...string) string {
	value := reflect.Indirect(reflect.ValueOf(of))
	var set strings.Builder
	for _, name := range names {
		if field := value.FieldByName(name); field.IsValid() && field.Bool() {
			set.WriteString(", " + words(name))
		}
	}
	return set.String()
}

// words separates the words of a Go name: "WriteOnly" is "write only".
func words(name string) string {
	var out strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return strings.ToLower(out.String())
}

func deprecated(attribute reflect.Value) string {
	if field := attribute.FieldByName("DeprecationMessage"); field.IsValid() && field.String() != "" {
		return ", deprecated"
	}
	return ""
}

type described interface {
	Description(context.Context) string
}

// planned says how a change is planned: the default, and the plan modifiers in
// their order.
func planned(ctx context.Context, attribute reflect.Value) string {
	var all strings.Builder
	if field := attribute.FieldByName("Default"); field.IsValid() && !field.IsNil() {
		if value, ok := field.Interface().(described); ok {
			all.WriteString(", default " + strings.TrimPrefix(value.Description(ctx), "value defaults to "))
		}
	}
	if field := attribute.FieldByName("PlanModifiers"); field.IsValid() {
		for i := range field.Len() {
			if modifier, ok := field.Index(i).Interface().(described); ok {
				all.WriteString(", " + behaviour(modifier.Description(ctx)))
			}
		}
	}
	return all.String()
}

// behaviour shortens the framework's own descriptions.
func behaviour(description string) string {
	switch description {
	case "If the value of this attribute changes, Terraform will destroy and recreate the resource.":
		return "replaces"
	case "If the value of this attribute is configured and changes, Terraform will destroy and recreate the resource.":
		return "replaces if configured"
	case "Once set, the value of this attribute in state will not change.":
		return "kept"
	case "Once set to a non-null value, the value of this attribute in state will not change.":
		return "kept unless null"
	}
	return "planned: " + description
}
