package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	prefectprovider "github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// TestSchemas lets the framework check the schemas of everything that is served.
func TestSchemas(t *testing.T) {
	t.Parallel()
	server := providerserver.NewProtocol6(prefectprovider.New("test")())()
	resp, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	described := func(kind, name string, block *tfprotov6.SchemaBlock) {
		if block.Description == "" {
			t.Errorf("%s %s has no description", kind, name)
		}
		undescribed(t, kind+" "+name, block.Attributes)
	}
	described("provider", "prefect", resp.Provider.Block)
	for name, s := range resp.ResourceSchemas {
		described("resource", name, s.Block)
	}
	for name, s := range resp.DataSourceSchemas {
		described("data source", name, s.Block)
	}
	for name, s := range resp.ListResourceSchemas {
		described("list resource", name, s.Block)
		if _, managed := resp.ResourceSchemas[name]; !managed {
			t.Errorf("list resource %s has no managed resource of the same name", name)
		}
	}
	for name, s := range resp.ActionSchemas {
		described("action", name, s.Schema.Block)
	}
	for _, want := range []string{"prefect_tenant", "prefect_project"} {
		if resp.ResourceSchemas[want] == nil || resp.DataSourceSchemas[want] == nil || resp.ListResourceSchemas[want] == nil {
			t.Errorf("%s is not a resource, data source and list resource", want)
		}
	}
}

func undescribed(t *testing.T, of string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, attribute := range attributes {
		// The timeouts library describes only what is inside.
		if attribute.Description == "" && attribute.Name != "timeouts" {
			t.Errorf("%s: %s has no description", of, attribute.Name)
		}
		if attribute.NestedType != nil {
			undescribed(t, of+"."+attribute.Name, attribute.NestedType.Attributes)
		}
	}
}

// TestIdentities checks that every resource has an identity, by id at least.
func TestIdentities(t *testing.T) {
	t.Parallel()
	server := providerserver.NewProtocol6(prefectprovider.New("test")())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range schemas.ResourceSchemas {
		if identities.IdentitySchemas[name] == nil {
			t.Errorf("%s has no identity", name)
		}
	}
}

// TestEverythingImplementsConfigure catches a noun that would get no client.
func TestEverythingImplementsConfigure(t *testing.T) {
	t.Parallel()
	p := prefectprovider.New("test")()
	for _, construct := range p.Resources(t.Context()) {
		if r := construct(); r != nil {
			if _, ok := r.(resource.ResourceWithConfigure); !ok {
				t.Errorf("%T has no Configure", r)
			}
			if _, ok := r.(resource.ResourceWithImportState); !ok {
				t.Errorf("%T has no ImportState", r)
			}
		}
	}
	for _, construct := range p.DataSources(t.Context()) {
		if d, ok := construct().(datasource.DataSourceWithConfigure); !ok {
			t.Errorf("%T has no Configure", d)
		}
	}
}

// configure runs the provider's Configure with some attributes set.
func configure(t *testing.T, set map[string]tftypes.Value) *provider.ConfigureResponse {
	t.Helper()
	p := prefectprovider.New("test")()
	var s provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &s)
	object, ok := s.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the provider's schema is not an object")
	}
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
		if v, given := set[name]; given {
			values[name] = v
		}
	}
	var resp provider.ConfigureResponse
	p.Configure(t.Context(), provider.ConfigureRequest{
		TerraformVersion: "1.11.4",
		Config:           tfsdk.Config{Schema: s.Schema, Raw: tftypes.NewValue(object, values)},
	}, &resp)
	return &resp
}

// data checks that all five kinds got the same provider data, and returns it.
func data(t *testing.T, resp *provider.ConfigureResponse) *framework.ProviderData {
	t.Helper()
	if resp.Diagnostics.HasError() {
		t.Fatal(resp.Diagnostics)
	}
	data, ok := resp.ResourceData.(*framework.ProviderData)
	if !ok || data == nil {
		t.Fatalf("resource data: %T", resp.ResourceData)
	}
	for kind, given := range map[string]any{
		"data source": resp.DataSourceData, "ephemeral": resp.EphemeralResourceData,
		"action": resp.ActionData, "list": resp.ListResourceData,
	} {
		if given != any(data) {
			t.Errorf("%s data: %v", kind, given)
		}
	}
	return data
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	got := data(t, configure(t, map[string]tftypes.Value{
		"endpoint": tftypes.NewValue(tftypes.String, "http://prefect.example.com:4200"),
		"tenant":   tftypes.NewValue(tftypes.String, "default"),
	}))
	if !got.Ready() || got.HasCluster() {
		t.Errorf("ready %t, cluster %t", got.Ready(), got.HasCluster())
	}
	if got.Prefect.Endpoint() != "http://prefect.example.com:4200" {
		t.Errorf("endpoint %q", got.Prefect.Endpoint())
	}
}

func TestConfigureWithUnknownValues(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	headers := tftypes.Map{ElementType: tftypes.String}

	got := data(t, configure(t, map[string]tftypes.Value{"endpoint": unknown}))
	if got.Ready() {
		t.Error("ready although the endpoint is unknown")
	}
	got = data(t, configure(t, map[string]tftypes.Value{
		"endpoint": tftypes.NewValue(tftypes.String, "http://localhost:4200"),
		"headers":  tftypes.NewValue(headers, map[string]tftypes.Value{"x-token": unknown}),
	}))
	if got.Ready() {
		t.Error("ready although a header is unknown")
	}
	if len(got.Unknown) != 1 || got.Unknown[0] != "headers" {
		t.Errorf("unknown: %v", got.Unknown)
	}
}

func TestConfigureWithUnknownCluster(t *testing.T) {
	t.Parallel()
	p := prefectprovider.New("test")()
	var s provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &s)
	object := s.Schema.Attributes["kubernetes"].GetType().TerraformType(t.Context())

	got := data(t, configure(t, map[string]tftypes.Value{
		"endpoint":   tftypes.NewValue(tftypes.String, "http://localhost:4200"),
		"kubernetes": tftypes.NewValue(object, tftypes.UnknownValue),
	}))
	if !got.Ready() || got.HasCluster() {
		t.Errorf("ready %t, cluster %t; want the Server without the cluster", got.Ready(), got.HasCluster())
	}
	client, err := got.Kubernetes()
	if client != nil || err != nil {
		t.Errorf("client %v, error %v", client, err)
	}
}

func TestConfigureReportsKubeconfigOnlyWhenNeeded(t *testing.T) {
	t.Parallel()
	p := prefectprovider.New("test")()
	var s provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &s)
	object, ok := s.Schema.Attributes["kubernetes"].GetType().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("kubernetes is not an object")
	}
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
	}
	values["config_path"] = tftypes.NewValue(tftypes.String, t.TempDir()+"/not-written-yet")

	got := data(t, configure(t, map[string]tftypes.Value{
		"endpoint":   tftypes.NewValue(tftypes.String, "http://localhost:4200"),
		"kubernetes": tftypes.NewValue(object, values),
	}))
	if !got.HasCluster() {
		t.Fatal("no cluster")
	}
	if _, err := got.Kubernetes(); err == nil {
		t.Error("a missing kubeconfig gave a client")
	}
}
