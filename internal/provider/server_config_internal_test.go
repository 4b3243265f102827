package provider

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestServerConfig(t *testing.T) {
	t.Parallel()
	auth := map[string]attr.Type{"username": types.StringType, "password": types.StringType}
	got, diags := serverConfig(t.Context(), model{
		Endpoint:       types.StringValue("https://prefect.example.com/graphql"),
		Tenant:         types.StringValue("default"),
		APIKey:         types.StringValue("key"),
		Headers:        types.MapValueMust(types.StringType, map[string]attr.Value{"X-A": types.StringValue("b")}),
		BasicAuth:      types.ObjectValueMust(auth, map[string]attr.Value{"username": types.StringValue("me"), "password": types.StringValue("hunter2")}),
		CACertificate:  types.StringValue("ca"),
		Insecure:       types.BoolValue(true),
		ProxyURL:       types.StringValue("http://proxy:3128"),
		RequestTimeout: types.StringValue("15s"),
		ReadyTimeout:   types.StringValue("5m"),
		MaxRetries:     types.Int64Value(7),
		PortForward:    types.ObjectNull(nil),
	}, nil)
	if diags.HasError() {
		t.Fatal(diags)
	}
	want := prefect.Config{
		Endpoint: "https://prefect.example.com/graphql", Tenant: "default", APIKey: "key",
		Headers: map[string]string{"X-A": "b"}, BasicAuth: &prefect.BasicAuth{Username: "me", Password: "hunter2"},
		CACertificate: "ca", Insecure: true, ProxyURL: "http://proxy:3128",
		RequestTimeout: 15 * time.Second, ReadyTimeout: 5 * time.Minute, MaxRetries: 7,
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		field := p.String()
		return field == "Logger" || field == "Sleep" || field == "Transport"
	}, cmp.Ignore())
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Error(diff)
	}
}

func TestServerConfigOfAnEmptyBlock(t *testing.T) {
	t.Parallel()
	got, diags := serverConfig(t.Context(), model{Headers: types.MapNull(types.StringType), BasicAuth: types.ObjectNull(nil), PortForward: types.ObjectNull(nil)}, nil)
	if diags.HasError() {
		t.Fatal(diags)
	}
	if got.Endpoint != "" || got.Headers != nil || got.BasicAuth != nil || got.MaxRetries != 0 || got.RequestTimeout != 0 {
		t.Errorf("%+v", got)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given types.Int64
		want  int
	}{
		"default": {types.Int64Null(), 0},
		"off":     {types.Int64Value(0), -1},
		"some":    {types.Int64Value(3), 3},
	} {
		if got := retries(test.given); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, s := range secrets(prefect.Config{
		APIKey: "key", BasicAuth: &prefect.BasicAuth{Username: "me", Password: "hunter2"},
		Headers: map[string]string{"X-A": "b", "X-C": "d"}, ClientKey: "pem",
	}) {
		got[s] = true
	}
	for _, want := range []string{"key", "hunter2", "b", "d", "pem"} {
		if !got[want] {
			t.Errorf("%q is not masked", want)
		}
	}
	if got["me"] {
		t.Error("the user name is masked")
	}
}
