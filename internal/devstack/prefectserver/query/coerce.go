package query

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// Fields is an input object: the given fields in their order. Fields left out are
// not in it, unlike those given as null.
type Fields []NamedValue

// NamedValue is a field of an input object.
type NamedValue struct {
	Name  string
	Value any
}

// Get returns a field's value and whether it was given.
func (f Fields) Get(name string) (any, bool) {
	for _, v := range f {
		if v.Name == name {
			return v.Value, true
		}
	}
	return nil, false
}

// coerceVariables checks the variables of a request against their declared types
// and fills in defaults. The messages are the gateway's.
func (e *Engine) coerceVariables(op *ast.OperationDefinition, given map[string]any) (map[string]any, []Error) {
	out := map[string]any{}
	var errs []Error
	for _, d := range op.VariableDefinitions {
		c := coercion{schema: e.schema, variable: d.Variable}
		value, ok := given[d.Variable]
		switch {
		case !ok && d.DefaultValue != nil:
			out[d.Variable] = e.literal(d.DefaultValue, d.Type, nil)
		case !ok && d.Type.NonNull:
			c.errors = []string{fmt.Sprintf(`Variable "$%s" of required type "%s" was not provided.`, d.Variable, d.Type)}
		case ok && value == nil && d.Type.NonNull:
			c.errors = []string{fmt.Sprintf(`Variable "$%s" of non-null type "%s" must not be null.`, d.Variable, d.Type)}
		case ok:
			out[d.Variable] = c.value(value, d.Type, "")
		}
		for _, message := range c.errors {
			errs = append(errs, Error{
				Message: message, Locations: at(d.Position), Extensions: map[string]any{"code": CodeInternal},
			})
		}
	}
	return out, errs
}

func at(p *ast.Position) []Location {
	if p == nil {
		return nil
	}
	return []Location{{Line: p.Line, Column: p.Column}}
}

// coercion checks the value of one variable.
type coercion struct {
	schema   *ast.Schema
	variable string
	errors   []string
}

func (c *coercion) fail(value any, path, message string) any {
	where := ""
	if path != "" {
		where = fmt.Sprintf(` at "%s%s"`, c.variable, path)
	}
	c.errors = append(c.errors,
		fmt.Sprintf(`Variable "$%s" got invalid value %s%s; %s`, c.variable, inspect(value), where, message))
	return nil
}

func (c *coercion) value(v any, t *ast.Type, path string) any {
	if v == nil {
		if t.NonNull {
			return c.fail(v, path, fmt.Sprintf("Expected non-nullable type %s not to be null.", t))
		}
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			return []any{c.value(v, t.Elem, path)}
		}
		out := make([]any, len(list))
		for i, e := range list {
			out[i] = c.value(e, t.Elem, fmt.Sprintf("%s[%d]", path, i))
		}
		return out
	}
	d := c.schema.Types[t.NamedType]
	switch {
	case d == nil:
		return nil
	case d.Kind == ast.InputObject:
		return c.object(v, d, path)
	case d.Kind == ast.Enum:
		if s, ok := v.(string); ok && d.EnumValues.ForName(s) != nil {
			return s
		}
		known := names(d.EnumValues, func(v *ast.EnumValueDefinition) string { return v.Name })
		return c.fail(v, path, fmt.Sprintf("Expected type %s.", d.Name)+suggest(fmt.Sprint(v), known))
	default:
		return c.scalar(v, d, path)
	}
}

func suggest(typed string, known []string) string {
	if similar := core.SuggestionList(typed, known); len(similar) > 0 {
		return " Did you mean " + core.OrList(similar...) + "?"
	}
	return ""
}

func (c *coercion) object(v any, d *ast.Definition, path string) any {
	given, ok := v.(map[string]any)
	if !ok {
		return c.fail(v, path, fmt.Sprintf("Expected type %s to be an object.", d.Name))
	}
	var out Fields
	for _, f := range d.Fields {
		if _, ok := given[f.Name]; !ok && f.Type.NonNull && f.DefaultValue == nil {
			c.fail(v, path, fmt.Sprintf("Field %s of required type %s was not provided.", f.Name, f.Type))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		f := d.Fields.ForName(name)
		if f == nil {
			c.fail(v, path, fmt.Sprintf(`Field "%s" is not defined by type %s.`, name, d.Name))
			continue
		}
		out = append(out, NamedValue{Name: name, Value: c.value(given[name], f.Type, path+"."+name)})
	}
	return out
}

func (c *coercion) scalar(v any, d *ast.Definition, path string) any {
	number, isNumber := v.(json.Number)
	switch d.Name {
	case "Int":
		f, err := number.Float64()
		switch {
		case !isNumber || err != nil || f != math.Trunc(f):
			return c.fail(v, path, fmt.Sprintf("Expected type Int. Int cannot represent non-integer value: %s", inspect(v)))
		case f != float64(int32(f)):
			return c.fail(v, path, fmt.Sprintf("Expected type Int. Int cannot represent non 32-bit signed integer value: %s", inspect(v)))
		}
		return int64(f)
	case "Float":
		if f, err := number.Float64(); isNumber && err == nil {
			return f
		}
		return c.fail(v, path, fmt.Sprintf("Expected type Float. Float cannot represent non numeric value: %s", inspect(v)))
	case "Boolean":
		if b, ok := v.(bool); ok {
			return b
		}
		return c.fail(v, path, fmt.Sprintf("Expected type Boolean. Boolean cannot represent a non boolean value: %s", inspect(v)))
	case "String":
		if s, ok := v.(string); ok {
			return s
		}
		return c.fail(v, path, fmt.Sprintf("Expected type String. String cannot represent a non string value: %s", inspect(v)))
	default:
		return v
	}
}

// literal turns a literal, already validated, into what coercion makes of
// variables, and puts those in.
func (e *Engine) literal(v *ast.Value, t *ast.Type, variables map[string]any) any {
	if v == nil || v.Kind == ast.NullValue {
		return nil
	}
	if v.Kind == ast.Variable {
		value := variables[v.Raw]
		if _, isList := value.([]any); value != nil && t != nil && t.Elem != nil && !isList {
			return []any{value}
		}
		return value
	}
	if t != nil && t.Elem != nil {
		if v.Kind != ast.ListValue {
			return []any{e.literal(v, t.Elem, variables)}
		}
		out := make([]any, len(v.Children))
		for i, child := range v.Children {
			out[i] = e.literal(child.Value, t.Elem, variables)
		}
		return out
	}
	var d *ast.Definition
	if t != nil {
		d = e.schema.Types[t.NamedType]
	}
	if d != nil && d.Kind == ast.InputObject && v.Kind == ast.ObjectValue {
		var out Fields
		for _, child := range v.Children {
			if unset(child.Value, variables) {
				continue
			}
			if f := d.Fields.ForName(child.Name); f != nil {
				out = append(out, NamedValue{Name: child.Name, Value: e.literal(child.Value, f.Type, variables)})
			}
		}
		return out
	}
	return plain(v, variables)
}

// unset reports whether a value is a variable that was not given: such a field or
// argument counts as left out.
func unset(v *ast.Value, variables map[string]any) bool {
	if v.Kind != ast.Variable {
		return false
	}
	_, given := variables[v.Raw]
	return !given
}

// plain is a literal as JSON, with integers of type Int as int64.
func plain(v *ast.Value, variables map[string]any) any {
	switch v.Kind {
	case ast.Variable:
		return variables[v.Raw]
	case ast.IntValue:
		if v.Definition != nil && v.Definition.Name == "Int" {
			if n, err := strconv.ParseInt(v.Raw, 10, 64); err == nil {
				return n
			}
		}
		return json.Number(v.Raw)
	case ast.FloatValue:
		return json.Number(v.Raw)
	case ast.BooleanValue:
		return v.Raw == "true"
	case ast.NullValue:
		return nil
	case ast.ListValue:
		out := make([]any, len(v.Children))
		for i, child := range v.Children {
			out[i] = plain(child.Value, variables)
		}
		return out
	case ast.ObjectValue:
		out := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			out[child.Name] = plain(child.Value, variables)
		}
		return out
	default:
		return v.Raw
	}
}

// arguments evaluates a field's arguments. Those left out are not in the result.
func (e *Engine) arguments(field *ast.Field, variables map[string]any) Fields {
	var out Fields
	for _, a := range field.Arguments {
		d := field.Definition.Arguments.ForName(a.Name)
		if d == nil || unset(a.Value, variables) {
			continue
		}
		out = append(out, NamedValue{Name: a.Name, Value: e.literal(a.Value, d.Type, variables)})
	}
	return out
}
