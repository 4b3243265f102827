package provider

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TestMocksAreLetPass validates what a mocked provider makes up, which is let pass
// until the provider is configured, and what a person may have written.
func TestMocksAreLetPass(t *testing.T) {
	t.Parallel()
	server, err := NewServer("test")
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(tenantID string) bool {
		config := block(t, schemas.ResourceSchemas["prefect_project"], map[string]string{"name": "etl", "tenant_id": tenantID})
		answer, err := server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "prefect_project", Config: config})
		if err != nil {
			t.Fatal(err)
		}
		return len(answer.Diagnostics) > 0
	}
	if refused("a1b2c3d4") || refused("1xIYb2a") || !refused("default") || !refused("my-project") {
		t.Error("before it is configured")
	}
	if _, err := server.ConfigureProvider(context.WithoutCancel(t.Context()), &tfprotov6.ConfigureProviderRequest{
		Config: block(t, schemas.Provider, map[string]string{"endpoint": "http://127.0.0.1:1"}),
	}); err != nil {
		t.Fatal(err)
	}
	if !refused("a1b2c3d4") {
		t.Error("after it was configured")
	}
}

// block is a block with some arguments that are strings.
func block(t *testing.T, schema *tfprotov6.Schema, given map[string]string) *tfprotov6.DynamicValue {
	t.Helper()
	kind, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		t.Fatalf("%s is not an object", schema.ValueType())
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
		if text, ok := given[name]; ok {
			values[name] = tftypes.NewValue(attribute, text)
		}
	}
	value, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}
