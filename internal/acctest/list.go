package acctest

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Listed is one object that a list resource found.
type Listed struct {
	// DisplayName is what `terraform query` shows.
	DisplayName string
	// ID is the identity's id.
	ID string
	// Attributes are those of the resource that are strings and not null; nil
	// unless the resource was asked for.
	Attributes map[string]string
}

// Query asks a list resource over the plugin protocol, as `terraform query`
// does, which needs Terraform 1.14 and therefore cannot be relied on in tests.
// Config gives the list block's arguments: strings, and lists of strings. A limit
// of 0 means none. Errors come back as text.
func Query(t *testing.T, server *PrefectServer, resource string, config map[string]any, full bool, limit int64) (found []Listed, failures string) {
	t.Helper()
	q := query{T: t}
	q.start(server)
	lister, ok := q.server.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider serves no list resources")
	}
	block := q.schemas.ListResourceSchemas[resource]
	if block == nil {
		t.Fatalf("there is no list resource %s", resource)
	}
	given := q.object(block, config)
	valid, err := lister.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: resource, Config: given})
	q.check(err)
	if text := describe(valid.Diagnostics); text != "" {
		return nil, text
	}
	stream, err := lister.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: resource, Config: given, IncludeResource: full, Limit: limit,
	})
	q.check(err)
	var failed []*tfprotov6.Diagnostic
	for result := range stream.Results {
		if len(result.Diagnostics) > 0 {
			failed = append(failed, result.Diagnostics...)
			continue
		}
		found = append(found, q.listed(resource, result))
	}
	return found, describe(failed)
}

// query is one conversation with the provider.
type query struct {
	*testing.T
	server     tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]*tfprotov6.ResourceIdentitySchema
}

func (q *query) check(err error) {
	q.Helper()
	if err != nil {
		q.Fatal(err)
	}
}

// start makes the provider and configures it for the Server.
func (q *query) start(server *PrefectServer) {
	q.Helper()
	q.server = serve(q.T)
	var err error
	q.schemas, err = q.server.GetProviderSchema(q.Context(), &tfprotov6.GetProviderSchemaRequest{})
	q.check(err)
	identities, err := q.server.GetResourceIdentitySchemas(q.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	q.check(err)
	q.identities = identities.IdentitySchemas
	arguments := map[string]any{"endpoint": server.API}
	if server.TenantID != "" {
		arguments["tenant"] = server.TenantID
	}
	configured, err := q.server.ConfigureProvider(q.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: q.object(q.schemas.Provider, arguments),
	})
	q.check(err)
	if text := describe(configured.Diagnostics); text != "" {
		q.Fatal(text)
	}
}

// object is a block with some arguments, strings and lists of them; the rest is null.
func (q *query) object(schema *tfprotov6.Schema, set map[string]any) *tfprotov6.DynamicValue {
	q.Helper()
	kind, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		q.Fatalf("%s is not an object", schema.ValueType())
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
		switch given := set[name].(type) {
		case string:
			values[name] = tftypes.NewValue(attribute, given)
		case []string:
			elements := make([]tftypes.Value, 0, len(given))
			for _, element := range given {
				elements = append(elements, tftypes.NewValue(tftypes.String, element))
			}
			values[name] = tftypes.NewValue(attribute, elements)
		}
	}
	value, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	q.check(err)
	return &value
}

func (q *query) listed(resource string, result tfprotov6.ListResourceResult) Listed {
	q.Helper()
	found := Listed{DisplayName: result.DisplayName}
	found.ID = q.texts(result.Identity.IdentityData, q.identities[resource].ValueType())["id"]
	if result.Resource != nil {
		found.Attributes = q.texts(result.Resource, q.schemas.ResourceSchemas[resource].ValueType())
	}
	return found
}

// texts are the attributes of an object that are known strings.
func (q *query) texts(data *tfprotov6.DynamicValue, kind tftypes.Type) map[string]string {
	q.Helper()
	value, err := data.Unmarshal(kind)
	q.check(err)
	attributes := map[string]tftypes.Value{}
	if value.IsNull() {
		return nil
	}
	q.check(value.As(&attributes))
	texts := map[string]string{}
	for name, attribute := range attributes {
		var text string
		if attribute.Type().Is(tftypes.String) && attribute.IsKnown() && !attribute.IsNull() {
			q.check(attribute.As(&text))
			texts[name] = text
		}
	}
	return texts
}

// describe is the text of diagnostics, "" if there are none.
func describe(diagnostics []*tfprotov6.Diagnostic) string {
	var b strings.Builder
	for _, d := range diagnostics {
		b.WriteString(d.Summary + "\n" + d.Detail + "\n")
	}
	return b.String()
}
