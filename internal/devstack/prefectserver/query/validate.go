package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// MaxDepth is the deepest that fields may nest below the root fields.
const MaxDepth = 7

// validationRules are the parser's own, except those whose messages differ from
// the gateway's, plus the gateway's depth limit.
func validationRules() *rules.Rules {
	set := rules.NewDefaultRules()
	set.RemoveRule(rules.MaxIntrospectionDepth.Name)
	set.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, valuesOfCorrectType)
	set.ReplaceRule(rules.KnownArgumentNamesRule.Name, knownArgumentNames)
	set.AddRule("ZDepthLimit", depthLimit) // rules run by name, and this one comes last
	return set
}

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = name(e)
	}
	return out
}

func knownArgumentNames(observers *validator.Events, addError validator.AddErrFunc) {
	observers.OnField(func(_ *validator.Walker, field *ast.Field) {
		if field.Definition == nil || field.ObjectDefinition == nil {
			return
		}
		for _, a := range field.Arguments {
			if field.Definition.Arguments.ForName(a.Name) != nil {
				continue
			}
			known := names(field.Definition.Arguments, func(d *ast.ArgumentDefinition) string { return d.Name })
			addError(
				core.Message(`Unknown argument "%s" on field "%s" of type "%s".`, a.Name, field.Name, field.ObjectDefinition.Name),
				core.SuggestListQuoted("Did you mean", a.Name, known),
				core.At(a.Position),
			)
		}
	})
	observers.OnDirective(func(_ *validator.Walker, directive *ast.Directive) {
		if directive.Definition == nil {
			return
		}
		for _, a := range directive.Arguments {
			if directive.Definition.Arguments.ForName(a.Name) == nil {
				addError(core.Message(`Unknown argument "%s" on directive "@%s".`, a.Name, directive.Name), core.At(a.Position))
			}
		}
	})
}

// valuesOfCorrectType checks literals. Scalars that the gateway does not know take
// anything: the service behind it decides.
func valuesOfCorrectType(observers *validator.Events, addError validator.AddErrFunc) {
	observers.OnValue(func(_ *validator.Walker, value *ast.Value) {
		if value.Definition == nil || value.ExpectedType == nil {
			return
		}
		switch value.Kind {
		case ast.Variable:
		case ast.NullValue:
			if value.ExpectedType.NonNull {
				badValue(addError, value)
			}
		case ast.ListValue:
			if value.ExpectedType.Elem == nil && !isCustomScalar(value.Definition) {
				badValue(addError, value)
			}
		case ast.ObjectValue:
			checkObject(addError, value)
		default:
			checkLeaf(addError, value)
		}
	})
}

func isCustomScalar(d *ast.Definition) bool {
	return d.Kind == ast.Scalar && !d.OneOf("Int", "Float", "String", "Boolean", "ID")
}

func badValue(addError validator.AddErrFunc, value *ast.Value) {
	addError(core.Message("Expected type %s, found %s.", value.ExpectedType.String(), value.String()), core.At(value.Position))
}

func checkObject(addError validator.AddErrFunc, value *ast.Value) {
	d := value.Definition
	if d.Kind != ast.InputObject {
		if !isCustomScalar(d) {
			badValue(addError, value)
		}
		return
	}
	for _, f := range d.Fields {
		if f.Type.NonNull && f.DefaultValue == nil && value.Children.ForName(f.Name) == nil {
			addError(
				core.Message("Field %s.%s of required type %s was not provided.", d.Name, f.Name, f.Type.String()),
				core.At(value.Position),
			)
		}
	}
	for _, child := range value.Children {
		if d.Fields.ForName(child.Name) == nil {
			known := names(d.Fields, func(f *ast.FieldDefinition) string { return f.Name })
			addError(
				core.Message(`Field "%s" is not defined by type %s.`, child.Name, d.Name),
				core.SuggestListUnquoted("Did you mean", child.Name, known),
				core.At(child.Position),
			)
		}
	}
}

func checkLeaf(addError validator.AddErrFunc, value *ast.Value) {
	d := value.Definition
	switch {
	case isCustomScalar(d):
	case d.Kind == ast.Enum:
		if value.Kind == ast.EnumValue && d.EnumValues.ForName(value.Raw) != nil {
			return
		}
		known := names(d.EnumValues, func(v *ast.EnumValueDefinition) string { return v.Name })
		expected := value.ExpectedType.String()
		if value.Kind == ast.EnumValue {
			expected = d.Name
		}
		addError(
			core.Message("Expected type %s, found %s.", expected, value.String()),
			core.SuggestListUnquoted("Did you mean the enum value", value.Raw, known),
			core.At(value.Position),
		)
	case !leafMatches(d.Name, value):
		badValue(addError, value)
	}
}

func leafMatches(scalar string, value *ast.Value) bool {
	switch scalar {
	case "Int":
		_, err := strconv.ParseInt(value.Raw, 10, 32)
		return value.Kind == ast.IntValue && err == nil
	case "Float":
		return value.Kind == ast.IntValue || value.Kind == ast.FloatValue
	case "Boolean":
		return value.Kind == ast.BooleanValue
	case "ID":
		return value.Kind == ast.IntValue || value.Kind == ast.StringValue || value.Kind == ast.BlockValue
	case "String":
		return value.Kind == ast.StringValue || value.Kind == ast.BlockValue
	default: // an input object given a scalar
		return false
	}
}

// depthLimit counts as the gateway's limiter does: the root fields are at depth 0,
// fragments do not count, and introspection is free.
func depthLimit(observers *validator.Events, addError validator.AddErrFunc) {
	observers.OnOperation(func(_ *validator.Walker, operation *ast.OperationDefinition) {
		if at := tooDeep(operation.SelectionSet, 0, &spreads{}); at != nil {
			message := fmt.Sprintf("'%s' exceeds maximum operation depth of %d", operation.Name, MaxDepth)
			addError(core.Message("%s", message), core.At(at))
		}
	})
}

// spreads remembers the fragments that a document has been followed into.
type spreads struct {
	open    []string       // those being followed: another rule reports cycles
	deepest map[string]int // how deep each has been entered so far
}

func (s *spreads) enter(name string, depth int) bool {
	if before, ok := s.deepest[name]; slices.Contains(s.open, name) || (ok && depth <= before) {
		return false
	}
	if s.deepest == nil {
		s.deepest = map[string]int{}
	}
	s.deepest[name] = depth
	s.open = append(s.open, name)
	return true
}

func (s *spreads) leave() { s.open = s.open[:len(s.open)-1] }

// tooDeep returns the position of a field below MaxDepth.
func tooDeep(set ast.SelectionSet, depth int, fragments *spreads) *ast.Position {
	for _, selection := range set {
		var found *ast.Position
		switch s := selection.(type) {
		case *ast.Field:
			if strings.HasPrefix(s.Name, "__") {
				continue
			}
			if depth > MaxDepth {
				return s.Position
			}
			found = tooDeep(s.SelectionSet, depth+1, fragments)
		case *ast.InlineFragment:
			found = tooDeep(s.SelectionSet, depth, fragments)
		case *ast.FragmentSpread:
			if s.Definition != nil && fragments.enter(s.Name, depth) {
				found = tooDeep(s.Definition.SelectionSet, depth, fragments)
				fragments.leave()
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}
