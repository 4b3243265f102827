package query

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Document is a parsed and validated query.
type Document struct {
	ast *ast.QueryDocument
}

// Parse parses and validates a query. The errors are those with which the gateway
// answers 400.
func (e *Engine) Parse(source string) (*Document, []Error) {
	document, err := parser.ParseQuery(&ast.Source{Input: source})
	if err != nil {
		return nil, []Error{syntaxError(err)}
	}
	if len(document.Operations) == 0 && len(document.Fragments) == 0 {
		return nil, []Error{{
			Message: "Syntax Error: Unexpected <EOF>", Locations: []Location{{1, 1}},
			Extensions: map[string]any{"code": CodeParse},
		}}
	}
	var out []Error
	for _, found := range validator.ValidateWithRules(e.schema, document, validationRules()) {
		out = append(out, Error{
			Message:    found.Message,
			Locations:  locations(found),
			Extensions: map[string]any{"code": CodeValidation},
		})
	}
	if len(out) > 0 {
		return nil, out
	}
	return &Document{ast: document}, nil
}

func syntaxError(err error) Error {
	out := Error{Message: "Syntax Error: " + err.Error(), Extensions: map[string]any{"code": CodeParse}}
	var located *gqlerror.Error
	if errors.As(err, &located) {
		out.Message = "Syntax Error: " + strings.Replace(located.Message, "expected at least one definition", "Expected Name", 1)
		out.Locations = locations(located)
	}
	return out
}

func locations(err *gqlerror.Error) []Location {
	out := make([]Location, 0, len(err.Locations))
	for _, l := range err.Locations {
		out = append(out, Location{Line: l.Line, Column: l.Column})
	}
	return out
}

// operation finds the operation to execute.
func (d *Document) operation(name string) (*ast.OperationDefinition, string) {
	switch {
	case name == "" && len(d.ast.Operations) == 1:
		return d.ast.Operations[0], ""
	case name == "" && len(d.ast.Operations) == 0:
		return nil, "Must provide an operation."
	case name == "":
		return nil, "Must provide operation name if query contains multiple operations."
	}
	if found := d.ast.Operations.ForName(name); found != nil {
		return found, ""
	}
	return nil, `Unknown operation named "` + name + `".`
}

// IsMutation reports whether the operation of that name is a mutation. The name may
// be empty if there is only one.
func (d *Document) IsMutation(name string) bool {
	found, _ := d.operation(name)
	return found != nil && found.Operation == ast.Mutation
}

// Operation is the name of the operation that would be executed.
func (d *Document) Operation(name string) string {
	if found, _ := d.operation(name); found != nil {
		return found.Name
	}
	return name
}

// RootFields are the names of the fields at the top of the operation, in order
// and without regard to directives.
func (d *Document) RootFields(name string) []string {
	found, _ := d.operation(name)
	if found == nil {
		return nil
	}
	var out []string
	var visit func(ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				out = append(out, s.Name)
			case *ast.InlineFragment:
				visit(s.SelectionSet)
			case *ast.FragmentSpread:
				if s.Definition != nil {
					visit(s.Definition.SelectionSet)
				}
			}
		}
	}
	visit(found.SelectionSet)
	return out
}
