package query

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// The gateway passes operations on to the GraphQL service, which reads UUID,
// DateTime and JSON itself. What it refuses is an error of that field, not of the
// request.

// origin is where a value stands in a request: in a variable, or in the document.
type origin struct {
	variable string
	path     string
	literal  *ast.Value
	expected *ast.Type
}

func (o origin) at(step string) origin {
	o.path += step
	return o
}

func (o origin) refuse(value any, scalar, reason string) error {
	if o.literal != nil {
		return &ClientError{Message: fmt.Sprintf("Expected type %s, found %s; %s", o.expected, o.literal, reason)}
	}
	where := ""
	if o.path != "" {
		where = fmt.Sprintf(" at '%s%s'", o.variable, o.path)
	}
	return &ClientError{Message: fmt.Sprintf("Variable '$%s' got invalid value %s%s; Expected type %s. %s",
		o.variable, repr(value), where, scalar, reason)}
}

// serviceInput evaluates an operation's arguments as the service receives them.
func (e *Engine) serviceInput(field *ast.Field, variables map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for _, a := range field.Arguments {
		d := field.Definition.Arguments.ForName(a.Name)
		if d == nil || unset(a.Value, variables) {
			continue
		}
		v, err := e.serviceLiteral(a.Value, d.Type, variables)
		if err != nil {
			return nil, err
		}
		out[a.Name] = v
	}
	return out, nil
}

// serviceLiteral reads a value of the document.
func (e *Engine) serviceLiteral(v *ast.Value, t *ast.Type, variables map[string]any) (any, error) {
	switch {
	case v.Kind == ast.NullValue:
		return nil, nil
	case v.Kind == ast.Variable:
		return e.serviceValue(variables[v.Raw], t, origin{variable: v.Raw})
	case t.Elem != nil:
		items := ast.ChildValueList{{Value: v}}
		if v.Kind == ast.ListValue {
			items = v.Children
		}
		out := make([]any, len(items))
		for i, item := range items {
			element, err := e.serviceLiteral(item.Value, t.Elem, variables)
			if err != nil {
				return nil, err
			}
			out[i] = element
		}
		return out, nil
	}
	d := e.schema.Types[t.NamedType]
	if d.Kind == ast.InputObject {
		out := map[string]any{}
		for _, child := range v.Children {
			f := d.Fields.ForName(child.Name)
			if f == nil || unset(child.Value, variables) {
				continue
			}
			value, err := e.serviceLiteral(child.Value, f.Type, variables)
			if err != nil {
				return nil, err
			}
			out[child.Name] = value
		}
		return out, nil
	}
	o := origin{literal: v, expected: t}
	if t.NamedType == "JSON" {
		return jsonLiteral(v, o)
	}
	return serviceScalar(plain(v, variables), t.NamedType, o)
}

// jsonLiteral reads JSON written into the document: the service takes a string
// that holds JSON, and cannot read objects and lists.
func jsonLiteral(v *ast.Value, o origin) (any, error) {
	switch v.Kind {
	case ast.ObjectValue:
		return nil, o.refuse(nil, "JSON", "'ObjectValueNode' object has no attribute 'value'")
	case ast.ListValue:
		return nil, o.refuse(nil, "JSON", "'ListValueNode' object has no attribute 'value'")
	}
	decoder := json.NewDecoder(strings.NewReader(v.Raw))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		return nil, o.refuse(nil, "JSON", "Expecting value: line 1 column 1 (char 0)")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, o.refuse(nil, "JSON", "Extra data")
	}
	return out, nil
}

// serviceValue reads the value of a variable, which the gateway has checked.
func (e *Engine) serviceValue(v any, t *ast.Type, o origin) (any, error) {
	if v == nil {
		return nil, nil
	}
	if t.Elem != nil {
		items, ok := v.([]any)
		if !ok {
			items = []any{v}
		}
		out := make([]any, len(items))
		for i, item := range items {
			element, err := e.serviceValue(item, t.Elem, o.at(fmt.Sprintf("[%d]", i)))
			if err != nil {
				return nil, err
			}
			out[i] = element
		}
		return out, nil
	}
	fields, ok := v.(Fields)
	if !ok {
		return serviceScalar(v, t.NamedType, o)
	}
	out := map[string]any{}
	for _, given := range fields {
		f := e.schema.Types[t.NamedType].Fields.ForName(given.Name)
		value, err := e.serviceValue(given.Value, f.Type, o.at("."+given.Name))
		if err != nil {
			return nil, err
		}
		out[given.Name] = value
	}
	return out, nil
}

func serviceScalar(v any, scalar string, o origin) (any, error) {
	switch scalar {
	case "UUID":
		if s, ok := v.(string); ok {
			if id, err := uuid.Parse(s); err == nil {
				return id.String(), nil
			}
		}
		return nil, o.refuse(v, scalar, fmt.Sprintf("Could not parse UUID: %s", pythonText(v)))
	case "DateTime":
		s, ok := v.(string)
		if !ok {
			return nil, o.refuse(v, scalar, fmt.Sprintf("argument of type '%s' is not iterable", pythonType(v)))
		}
		moment, err := store.ParseTime(s)
		switch {
		case err == nil:
			return moment, nil
		case s == "":
			return nil, o.refuse(v, scalar, "year 0 is out of range")
		}
		return nil, o.refuse(v, scalar, fmt.Sprintf("Unable to parse string [%s]", s))
	default:
		return v, nil
	}
}

// pythonText is Python's str() of a JSON value.
func pythonText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return repr(v)
}

// pythonType is the name of the type that Python reads a JSON value as.
func pythonType(v any) string {
	switch x := v.(type) {
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(x.String(), ".eE") {
			return "float"
		}
		return "int"
	case int64:
		return "int"
	default:
		return "float"
	}
}

// repr is Python's repr() of a JSON value.
func repr(v any) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		if x {
			return "True"
		}
		return "False"
	case string:
		quoted := strconv.Quote(x)
		if strings.Contains(x, "'") && !strings.Contains(x, `"`) {
			return quoted
		}
		inner := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
		return "'" + strings.ReplaceAll(inner, "'", `\'`) + "'"
	case []any:
		var b bytes.Buffer
		for i, e := range x {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(repr(e))
		}
		return "[" + b.String() + "]"
	case map[string]any:
		var b bytes.Buffer
		for i, k := range slices.Sorted(maps.Keys(x)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(repr(k) + ": " + repr(x[k]))
		}
		return "{" + b.String() + "}"
	default:
		return fmt.Sprint(x)
	}
}
