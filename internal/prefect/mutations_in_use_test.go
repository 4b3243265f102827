package prefect_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// mutationsInUse are the root fields of all mutations that this client sends.
func mutationsInUse(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("graphql/testdata/operations.json")
	check(t, err)
	var file struct {
		Operations []struct{ Query string }
	}
	check(t, json.Unmarshal(data, &file))
	var fields []string
	for _, o := range file.Operations {
		doc, err := parser.ParseQuery(&ast.Source{Input: o.Query})
		check(t, err)
		for _, def := range doc.Operations {
			if def.Operation != ast.Mutation {
				continue
			}
			for _, s := range def.SelectionSet {
				if f, ok := s.(*ast.Field); ok {
					fields = append(fields, f.Name)
				}
			}
		}
	}
	if len(fields) == 0 {
		t.Fatal("no mutations")
	}
	return fields
}
