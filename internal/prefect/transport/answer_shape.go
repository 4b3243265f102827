package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Schema is the part of the Server's API whose answers are checked type by type.
type Schema struct{ types ast.DefinitionList }

// ParseSchema parses a schema in the GraphQL schema language. Its root types are Query and Mutation.
func ParseSchema(text string) (*Schema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: text})
	if err != nil {
		return nil, fmt.Errorf("%w: GraphQL schema: %w", ErrInvalid, err)
	}
	return &Schema{types: doc.Definitions}, nil
}

// A shape is the expected form of one field of an answer. An answer proves something, such as that an object
// does not exist, only if it has the complete shape.
type shape struct {
	// key is the field's name in the answer.
	key string
	// kind is the field's type in the schema; nil if the schema does not have it.
	kind *ast.Type
	// required is set if the field must not be null although the schema allows it.
	required bool
	fields   []*shape
}

// shapeOf returns the shapes of a selection of type of, which is "" if the schema does not have the type.
func (s *Schema) shapeOf(doc *ast.QueryDocument, selection ast.SelectionSet, of string) ([]*shape, error) {
	var shapes []*shape
	for _, selected := range selection {
		var inner ast.SelectionSet
		switch selected := selected.(type) {
		case *ast.Field:
			one, err := s.shapeOfField(doc, selected, of)
			if err != nil {
				return nil, err
			}
			shapes = append(shapes, one)
			continue
		case *ast.InlineFragment:
			inner = selected.SelectionSet
		case *ast.FragmentSpread:
			fragment := doc.Fragments.ForName(selected.Name)
			if fragment == nil {
				return nil, Invalid("a GraphQL document uses the fragment %s, which it does not define", selected.Name)
			}
			inner = fragment.SelectionSet
		}
		more, err := s.shapeOf(doc, inner, of)
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, more...)
	}
	return shapes, nil
}

func (s *Schema) shapeOfField(doc *ast.QueryDocument, field *ast.Field, of string) (*shape, error) {
	one := &shape{key: field.Alias, required: s.always(field.Name, of)}
	inner := ""
	if s != nil {
		if def := s.types.ForName(of); def != nil {
			if known := def.Fields.ForName(field.Name); known != nil {
				one.kind, inner = known.Type, known.Type.Name()
			}
		}
	}
	var err error
	one.fields, err = s.shapeOf(doc, field.SelectionSet, inner)
	return one, err
}

// always reports whether the Server fills a field that its schema allows to be null: every mutation has a
// payload, the payload says what happened, though not always in words, and a count is never null.
func (s *Schema) always(field, of string) bool {
	return of == "Mutation" || field == "aggregate" || strings.HasSuffix(of, "_payload") && field != "error" && field != "message"
}

// checkShape returns how an answer's data differs from the request, or nil.
func checkShape(fields []*shape, data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return err //nolint:wrapcheck // the caller says what was decoded
	}
	return checkFields("data", fields, value)
}

func checkFields(path string, fields []*shape, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %s where an object belongs", path, jsonType(value))
	}
	for _, f := range fields {
		at := path + "." + f.key
		inner, present := object[f.key]
		switch {
		case !present:
			return fmt.Errorf("%s is missing", at)
		case inner == nil && f.required:
			return fmt.Errorf("%s is null", at)
		}
		if err := f.check(at, f.kind, inner); err != nil {
			return err
		}
	}
	return nil
}

func (f *shape) check(path string, kind *ast.Type, value any) error {
	if value == nil {
		if kind != nil && kind.NonNull {
			return fmt.Errorf("%s is null", path)
		}
		return nil
	}
	list, isList := value.([]any)
	switch {
	case kind == nil && isList && len(f.fields) > 0:
		return f.checkAll(path, nil, list)
	case kind != nil && kind.Elem != nil:
		if !isList {
			return fmt.Errorf("%s is %s where a list belongs", path, jsonType(value))
		}
		return f.checkAll(path, kind.Elem, list)
	case len(f.fields) > 0:
		return checkFields(path, f.fields, value)
	case kind != nil:
		return checkScalar(path, kind.NamedType, value)
	}
	return nil
}

func (f *shape) checkAll(path string, kind *ast.Type, list []any) error {
	for i, one := range list {
		if err := f.check(fmt.Sprintf("%s[%d]", path, i), kind, one); err != nil {
			return err
		}
	}
	return nil
}

// checkScalar checks a value without fields. Dates are left to their decoder.
func checkScalar(path, kind string, value any) error {
	ok, want := true, ""
	switch kind {
	case "Boolean":
		_, ok = value.(bool)
		want = "a boolean"
	case "Int":
		number, isNumber := value.(json.Number)
		_, err := number.Int64()
		ok, want = isNumber && err == nil, "a whole number"
	case "uuid", "UUID":
		text, isText := value.(string)
		ok, want = isText && IsUUID(text), "a UUID"
	case "String", "timestamptz", "DateTime":
		_, ok = value.(string)
		want = "a string"
	}
	if !ok {
		return fmt.Errorf("%s is %s where %s belongs", path, jsonType(value), want)
	}
	return nil
}

// jsonType names the type of a decoded value; the value itself may be a secret.
func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}
