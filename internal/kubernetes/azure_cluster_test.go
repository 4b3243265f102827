package kubernetes_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

// TestClusterAzure signs in to a real API server with tokens that a stand-in for Microsoft Entra ID gives out. They are
// tokens that this API server takes, so that everything but Entra ID itself is real, the port-forward included.
func TestClusterAzure(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	token := acctest.ServiceAccountToken(t, cluster, []rbacv1.PolicyRule{
		rule("batch", "jobs", "list"), rule("", "services", "get"), rule("", "pods", "list"), rule("", "pods/portforward", "create"),
	})
	var refuse atomic.Bool
	var login *httptest.Server
	login = httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		base := login.URL + "/" + strings.Split(in.URL.Path, "/")[1]
		answer := map[string]any{
			"issuer": base + "/v2.0", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token",
		}
		if in.Method == http.MethodPost {
			secret, scope := in.PostFormValue("client_secret"), in.PostFormValue("scope")
			if answer = map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token}; refuse.Load() {
				out.WriteHeader(http.StatusUnauthorized)
				answer = map[string]any{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 1"}
			}
			if secret != "s3cret" || !strings.HasPrefix(scope, entra.ServerID+"/.default") {
				t.Errorf("asked with secret %q, scope %q", secret, scope)
			}
		}
		_ = json.NewEncoder(out).Encode(answer)
	}))
	t.Cleanup(login.Close)
	config := kubeclient.Config{
		// The kubeconfig's own credentials are an administrator's; they must not be used.
		ConfigPath: cluster.Kubeconfig, Namespace: cluster.Namespace,
		Azure: &entra.Config{
			TenantID: "11111111-2222-3333-4444-555555555555", ClientID: "app", ClientSecret: "s3cret", AuthorityHost: login.URL, HTTPClient: login.Client(),
		},
		Environment: func(string) string { return "" },
	}
	client, err := kubeclient.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runjobs.List(t.Context(), client, "", "none"); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t.Context(), tunnelled(t, client, tunnel.Target{Service: exposed.Name}), "x"); err != nil || got != "x" {
		t.Errorf("through the Service: %q, %v", got, err)
	}
	var access *kubeclient.AccessError
	if err := runjobs.Delete(t.Context(), client, "kube-system", "none"); !errors.As(err, &access) || !errors.Is(err, kubeclient.ErrForbidden) {
		t.Errorf("the administrator's credentials were used: %v", err)
	}
	refuse.Store(true)
	if client, err = kubeclient.NewClient(config); err != nil {
		t.Fatal(err)
	}
	_, err = runjobs.List(t.Context(), client, "", "none")
	if !errors.Is(err, entra.ErrNoToken) || !errors.Is(err, kubeclient.ErrUnauthorized) || !strings.Contains(err.Error(), "AADSTS7000215") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("refused by Entra ID: %v", err)
	}
	if _, err := ask(t.Context(), tunnelled(t, client, tunnel.Target{Service: exposed.Name}), "x"); !errors.Is(err, entra.ErrNoToken) {
		t.Errorf("through the Service, refused by Entra ID: %v", err)
	}
}
