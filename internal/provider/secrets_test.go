package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// secretMark is part of every secret of this file's test.
const secretMark = "s3cr3t"

// indiscreet is a gateway that refuses, and repeats in its answer, what it has not been sent before; when it is broken,
// whatever it is sent.
type indiscreet struct {
	*httptest.Server
	broken  atomic.Bool
	repeats atomic.Int64
}

func newIndiscreet(t *testing.T, next http.Handler) *indiscreet {
	t.Helper()
	g := &indiscreet{}
	var seen sync.Map
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if _, again := seen.LoadOrStore(string(body), true); again && !g.broken.Load() {
			next.ServeHTTP(w, r)
			return
		}
		g.repeats.Add(1)
		user, password, _ := r.BasicAuth()
		code := "API_ERROR" // which is worth another attempt
		if g.broken.Load() {
			code = "INTERNAL_SERVER_ERROR"
		}
		message := fmt.Sprintf("cannot forward %v of %s:%s with %s", r.Header, user, password, body)
		w.Header().Set("Content-Type", "application/json")
		answer := map[string]any{"errors": []any{map[string]any{"message": message, "extensions": map[string]any{"code": code}}}}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

type noSecret struct{}

// CheckState implements statecheck.StateCheck.
func (noSecret) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	text, err := json.Marshal(req.State)
	if err == nil && strings.Contains(string(text), secretMark) {
		err = errors.New("the state shows a secret")
	}
	resp.Error = err
}

// TestAccProvider_secrets looks for secrets in the whole log of Terraform and the provider, at its most talkative, in the
// state, and in errors, while everything that is sent comes back in error messages. It is not parallel, because it sets the
// environment of logs.
func TestAccProvider_secrets(t *testing.T) {
	server := acctest.Embedded(t, prefectserver.Options{})
	for name, credentials := range map[string]string{
		"api key":      `api_key = local.secrets.key`,
		"basic auth":   `basic_auth = { username = "me", password = local.secrets.password }`,
		"user in URL":  "",
		"in a cluster": `kubernetes = { host = local.secrets.nowhere, token = local.secrets.token, insecure = true }`,
	} {
		t.Run(name, func(t *testing.T) {
			gateway := newIndiscreet(t, server.Server.Handler())
			directory := t.TempDir()
			log := filepath.Join(directory, "log")
			t.Setenv("TF_LOG", "TRACE")
			t.Setenv("TF_ACC_LOG", "TRACE")
			t.Setenv("TF_ACC_LOG_PATH", log)
			endpoint := gateway.URL
			if credentials == "" {
				endpoint = strings.Replace(endpoint, "http://", "http://me:s3cr3t-%40-url@", 1)
			}
			secrets := filepath.Join(directory, "secrets.json")
			// In a file, because the test library logs configurations.
			text, err := json.Marshal(map[string]string{
				"key": "s3cr3t-key", "password": "s3cr3t \"password\"", "header": "s3cr3t-header", "token": "s3cr3t-token", "url": "https://example.com/s3cr3t-url",
				"api_token": "s3cr3t-api-token", "routing_key": "s3cr3t-routing-key", "auth_token": "s3cr3t-auth-token", "endpoint": endpoint, "nowhere": closedPort(t),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(secrets, text, 0o600); err != nil {
				t.Fatal(err)
			}
			config := fmt.Sprintf(`
locals { secrets = sensitive(jsondecode(file(%q))) }
provider "prefect" {
  endpoint    = local.secrets.endpoint
  tenant      = %q
  headers     = { X-Gate = local.secrets.header }
  max_retries = 1
  %s
}
resource "prefect_project" "test" { name = "secrets" }
resource "prefect_cloud_hook" "webhook" {
  states  = ["Failed"]
  webhook = { url_wo = local.secrets.url, url_wo_version = 1 }
}
resource "prefect_cloud_hook" "slack" {
  states = ["Failed"]
  slack  = { url_wo = local.secrets.url, url_wo_version = 1 }
}
resource "prefect_cloud_hook" "pagerduty" {
  states    = ["Failed"]
  pagerduty = {
    api_token_wo = local.secrets.api_token, api_token_wo_version = 1, routing_key_wo = local.secrets.routing_key, routing_key_wo_version = 1, severity = "info"
  }
}
resource "prefect_cloud_hook" "twilio" {
  states = ["Failed"]
  twilio = {
    account_sid = "a", auth_token_wo = local.secrets.auth_token, auth_token_wo_version = 1, messaging_service_sid = "m", to = ["+1"]
  }
}
`, secrets, server.TenantID, credentials)
			more := "data \"prefect_kubernetes_job\" \"none\" { name = \"none\" }\n" + strings.Replace(config, `"slack" {`, "\"slack\" {\n  name   = \"again\"", 1)
			failed := false
			resource.Test(t, resource.TestCase{
				TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{
					{Config: config, ConfigStateChecks: []statecheck.StateCheck{noSecret{}}},
					{PreConfig: func() { gateway.broken.Store(true) }, Config: more},
				},
				ErrorCheck: func(err error) error {
					// The last step; the destruction that follows finds the gateway mended.
					gateway.broken.Store(false)
					failed = true
					if strings.Contains(err.Error(), secretMark) || !strings.Contains(err.Error(), "Could not read") {
						t.Errorf("the error shows a secret, or too little: %v", err)
					}
					return nil
				},
			})
			if !failed || gateway.repeats.Load() < 5 {
				t.Errorf("the test shows nothing: it failed: %t; requests repeated: %d", failed, gateway.repeats.Load())
			}
			logged, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			for _, wanted := range []string{"[TRACE]", "Request to Prefect Server failed and will be retried", "cannot forward"} {
				if !bytes.Contains(logged, []byte(wanted)) {
					t.Errorf("the log of %d bytes lacks %q", len(logged), wanted)
				}
			}
			for line := range bytes.Lines(logged) {
				if bytes.Contains(line, []byte(secretMark)) {
					t.Errorf("the log shows a secret: %.600s", line)
				}
			}
		})
	}
}
