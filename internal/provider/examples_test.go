package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// TestExamplesOfActionsAndLists compares the examples of actions and list
// resources, which Terraform reads from 1.14 on, with the grammar of their blocks
// and the provider's schemas.
func TestExamplesOfActionsAndLists(t *testing.T) {
	t.Parallel()
	schemas, err := providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configs := map[string]map[string]*tfprotov6.SchemaBlock{"action": {}, "list": {}}
	for name, s := range schemas.ActionSchemas {
		configs["action"][name] = s.Schema.Block
	}
	for name, s := range schemas.ListResourceSchemas {
		configs["list"][name] = s.Block
	}
	for kind, file := range map[string]string{"action": "actions/%s/action.tf", "list": "list-resources/%s/list-resource.tfquery.hcl"} {
		for name, schema := range configs[kind] {
			path := filepath.Join("..", "..", "examples", fmt.Sprintf(file, name))
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				for _, wrong := range checkExample(t, path, kind, name, schema) {
					t.Errorf("%s: %s", path, wrong)
				}
			})
		}
	}
}

// checkExample says what is wrong with the blocks of a kind in an example.
func checkExample(t *testing.T, path, kind, name string, schema *tfprotov6.SchemaBlock) []string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return wrongExample(string(source), kind, name, schema)
}

// blockArguments are what a block of Terraform itself takes beside config.
func blockArguments(kind string) []string {
	if kind == "list" {
		return []string{"provider", "include_resource", "limit", "count", "for_each"}
	}
	return []string{"provider", "count", "for_each"}
}

func wrongExample(source, kind, name string, schema *tfprotov6.SchemaBlock) (wrong []string) {
	file, diags := hclsyntax.ParseConfig([]byte(source), "example", hcl.InitialPos)
	if diags.HasErrors() {
		return []string{diags.Error()}
	}
	body, _ := file.Body.(*hclsyntax.Body)
	shown := false
	for _, block := range body.Blocks {
		if block.Type != kind {
			continue
		}
		if len(block.Labels) != 2 || block.Labels[0] != name {
			wrong = append(wrong, fmt.Sprintf("a block of %s", strings.Join(block.Labels, ".")))
			continue
		}
		shown = true
		for argument := range block.Body.Attributes {
			if !slices.Contains(blockArguments(kind), argument) {
				wrong = append(wrong, "no argument of Terraform: "+argument)
			}
		}
		if _, given := block.Body.Attributes["provider"]; kind == "list" && !given {
			wrong = append(wrong, "a list block needs its provider")
		}
		given := map[string]hclsyntax.Expression{}
		for _, inner := range block.Body.Blocks {
			if inner.Type != "config" {
				wrong = append(wrong, "no block of Terraform: "+inner.Type)
			}
			for argument, attribute := range inner.Body.Attributes {
				given[argument] = attribute.Expr
			}
		}
		wrong = append(wrong, wrongArguments(given, schema.Attributes)...)
	}
	if !shown {
		wrong = append(wrong, "shows no "+kind+" of "+name)
	}
	return wrong
}

// wrongArguments compares arguments with a schema, and those inside objects too.
func wrongArguments(given map[string]hclsyntax.Expression, schema []*tfprotov6.SchemaAttribute) (wrong []string) {
	known := map[string]*tfprotov6.SchemaAttribute{}
	for _, a := range schema {
		known[a.Name] = a
		if _, is := given[a.Name]; a.Required && !is {
			wrong = append(wrong, "required, but missing: "+a.Name)
		}
	}
	for name, expression := range given {
		a := known[name]
		if a == nil {
			wrong = append(wrong, "not in the schema: "+name)
			continue
		}
		object, is := expression.(*hclsyntax.ObjectConsExpr)
		if a.NestedType == nil || !is {
			continue
		}
		members := map[string]hclsyntax.Expression{}
		for _, item := range object.Items {
			members[hcl.ExprAsKeyword(item.KeyExpr)] = item.ValueExpr
		}
		wrong = append(wrong, wrongArguments(members, a.NestedType.Attributes)...)
	}
	return wrong
}

// TestWrongExamples has the check find mistakes.
func TestWrongExamples(t *testing.T) {
	t.Parallel()
	schema := &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "id", Required: true}, {Name: "timeouts", NestedType: &tfprotov6.SchemaObject{Attributes: []*tfprotov6.SchemaAttribute{{Name: "total"}}}},
	}}
	for source, want := range map[string]string{
		`list "x" "a" {`: "Unclosed",
		"list \"x\" \"a\" {\n config {\n id = 1\n }\n}":                                         "needs its provider",
		"list \"x\" \"a\" {\n provider = p\n config {}\n}":                                      "missing: id",
		"list \"x\" \"a\" {\n provider = p\n id = 1\n config {\n id = 1\n }\n}":                 "no argument of Terraform: id",
		"list \"x\" \"a\" {\n provider = p\n config {\n id = 1\n name = 2\n }\n}":               "not in the schema: name",
		"list \"y\" \"a\" {\n provider = p\n config {\n id = 1\n }\n}":                          "shows no list of x",
		"list \"x\" \"a\" {\n provider = p\n filter {}\n config {\n id = 1\n }\n}":              "no block of Terraform: filter",
		"list \"x\" \"a\" {\n provider = p\n config {\n id = 1\n timeouts = { all = 1 }\n }\n}": "not in the schema: all",
	} {
		if got := strings.Join(wrongExample(source, "list", "x", schema), "; "); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}
