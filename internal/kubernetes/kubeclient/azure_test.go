package kubeclient

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra/entratest"
)

// TestRESTConfigAzure takes the cluster from a kubeconfig and nothing else, and sends the token to no other host.
func TestRESTConfigAzure(t *testing.T) {
	t.Parallel()
	fake := entratest.New(t)
	azure := &entra.Config{TenantID: "11111111-2222-3333-4444-555555555555", ClientID: "app", ClientSecret: "s", AuthorityHost: fake.URL, HTTPClient: fake.HTTPClient()}
	got, _, err := Config{ConfigPath: write(t, kubeconfig), Azure: azure, Environment: noEnvironment}.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	if got.BearerToken != "" || got.ExecProvider != nil || got.Host != "https://a.example:6443" || got.WrapTransport == nil {
		t.Errorf("%+v", got)
	}
	var seen []string
	transport := got.WrapTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.URL.Host+" "+req.Header.Get("Authorization"))
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody, Request: req}, nil
	}))
	for _, address := range []string{"https://a.example:6443/api", "https://elsewhere.example/api"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if want := []string{"a.example:6443 Bearer entra-token", "elsewhere.example "}; !slices.Equal(seen, want) {
		t.Errorf("sent %q", seen)
	}
	for attribute, config := range map[string]Config{
		"token": {Host: "https://x", Token: "t", Azure: azure}, "exec": {Host: "https://x", Exec: &ExecConfig{Command: "sh"}, Azure: azure},
		"no cluster": {Azure: azure},
	} {
		config.Environment = noEnvironment
		if _, _, err := config.RESTConfig(); err == nil || !strings.Contains(err.Error(), attribute) {
			t.Errorf("azure and %s: %v", attribute, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
