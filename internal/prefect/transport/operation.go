package transport

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// operation is what the transport needs to know about a GraphQL document.
type operation struct {
	// name is for messages: the operation's name, or its root fields.
	name  string
	named bool
	// mutation is set for a mutation, and not for a query.
	mutation bool
	// roots are the names of the root fields.
	roots []string
	// shape is the expected shape of the answer's data.
	shape []*shape
}

// parseOperation parses a document that contains one operation.
func parseOperation(document string, schema *Schema) (*operation, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		return nil, fmt.Errorf("%w: GraphQL document: %w", ErrInvalid, err)
	}
	if len(doc.Operations) != 1 {
		return nil, Invalid("a GraphQL document must contain one operation, this one contains %d", len(doc.Operations))
	}
	def := doc.Operations[0]
	op := &operation{name: def.Name, named: def.Name != "", mutation: def.Operation == ast.Mutation}
	for _, selection := range def.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok {
			return nil, Invalid("a GraphQL document's root must contain fields, not fragments")
		}
		op.roots = append(op.roots, field.Name)
	}
	of := "Query"
	if op.mutation {
		of = "Mutation"
	}
	if op.shape, err = schema.shapeOf(doc, def.SelectionSet, of); err != nil {
		return nil, err
	}
	if !op.named {
		op.name = strings.Join(op.roots, "+")
	}
	return op, nil
}
