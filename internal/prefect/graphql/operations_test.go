package graphql_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// maxDepth is how many selections the Server lets a document nest.
const maxDepth = 8

type operation struct {
	Name  string `json:"operationName"`
	Query string `json:"query"`
}

func operations(t *testing.T) []operation {
	t.Helper()
	data, err := os.ReadFile("testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Operations []operation `json:"operations"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Operations) == 0 {
		t.Fatal("no operations")
	}
	return file.Operations
}

func parse(t *testing.T, o operation) *ast.OperationDefinition {
	t.Helper()
	server, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	doc, errs := gqlparser.LoadQuery(server, o.Query) //nolint:staticcheck // the rules that the Server applies
	if len(errs) > 0 {
		t.Fatalf("the Server would refuse it: %v", errs)
	}
	return doc.Operations[0]
}

// Our schema.graphql is our own account of the API: the Server must agree with it.
func TestOperationsAreValidForTheServer(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t) {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			def := parse(t, o)
			if got := depth(def.SelectionSet); got > maxDepth {
				t.Errorf("depth %d, the Server takes %d", got, maxDepth)
			}
		})
	}
}

func depth(set ast.SelectionSet) int {
	deepest := 0
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			deepest = max(deepest, 1+depth(s.SelectionSet))
		case *ast.FragmentSpread:
			deepest = max(deepest, depth(s.Definition.SelectionSet))
		case *ast.InlineFragment:
			deepest = max(deepest, depth(s.SelectionSet))
		}
	}
	return deepest
}

// The Server keeps tenants apart in no way: a query that forgets the filter shows other tenants' objects.
func TestEveryReadIsFilteredByTenant(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t) {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			def := parse(t, o)
			if def.Operation != ast.Query {
				return
			}
			for _, selection := range def.SelectionSet {
				field, ok := selection.(*ast.Field)
				if !ok {
					t.Fatalf("a root that is not a field: %v", selection)
				}
				if field.Name == "api" || field.Name == "tenant" || field.Name == "tenant_aggregate" {
					continue
				}
				where := field.Arguments.ForName("where")
				if where == nil || !strings.Contains(where.Value.String(), "tenant_id:{_eq:$tenant}") {
					t.Errorf("%s is not filtered by tenant", field.Name)
				}
			}
		})
	}
}
