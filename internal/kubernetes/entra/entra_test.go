package entra

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra/entratest"
)

const tenant = "11111111-2222-3333-4444-555555555555"

func yes() *bool { v := true; return &v }

func no() *bool { v := false; return &v }

func environ(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// TestWays signs in in each way, from the configuration and from the environment.
func TestWays(t *testing.T) {
	t.Parallel()
	certificate := rsaPair(t)
	// The SDK remembers the tokens of managed identities for the whole process.
	fresh := "api-" + time.Now().Format(time.RFC3339Nano)
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ids := Config{TenantID: tenant, ClientID: "app"}
	with := func(change func(*Config)) Config {
		c := ids
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		config Config
		env    func(string) string
		form   map[string]string // of the token request
	}{
		"secret":                {with(func(c *Config) { c.ClientSecret = "s" }), environ(), map[string]string{"client_secret": "s", "client_id": "app", "scope": ServerID + "/.default openid offline_access profile"}},
		"own server id":         {with(func(c *Config) { c.ClientSecret, c.ServerID = "s", "api" }), environ(), map[string]string{"scope": "api/.default openid offline_access profile"}},
		"certificate":           {with(func(c *Config) { c.ClientCertificate = certificate }), environ(), map[string]string{"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}},
		"certificate in base64": {with(func(c *Config) { c.ClientCertificate = base64.StdEncoding.EncodeToString([]byte(certificate)) }), environ(), map[string]string{"client_id": "app"}},
		"certificate file":      {with(func(c *Config) { c.ClientCertificatePath = file(certificate) }), environ(), map[string]string{"client_id": "app"}},
		"token":                 {with(func(c *Config) { c.OIDCToken = "other-token" }), environ(), map[string]string{"client_assertion": "other-token"}},
		"token file":            {with(func(c *Config) { c.OIDCTokenFilePath = file("filed-token\n") }), environ(), map[string]string{"client_assertion": "filed-token"}},
		"token request": {with(func(c *Config) {
			c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = yes(), "https://token.example/github", "request-token"
		}), environ(), map[string]string{"client_assertion": "github-token"}},
		"GitHub Actions": {with(func(c *Config) { c.UseOIDC = yes() }), environ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/github?x=y", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"), map[string]string{"client_assertion": "github-token"}},
		"Azure Pipelines": {
			with(func(c *Config) { c.UseOIDC = yes() }),
			environ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "connection", "SYSTEM_OIDCREQUESTURI", "https://dev.example/azure-devops", "SYSTEM_ACCESSTOKEN", "request-token"),
			map[string]string{"client_assertion": "pipeline-token"},
		},
		"Azure Pipelines, as azapi has it": {
			Config{TenantID: tenant},
			environ("ARM_USE_OIDC", "true", "ARM_CLIENT_ID", "app", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "connection",
				"SYSTEM_OIDCREQUESTURI", "https://dev.example/azure-devops", "SYSTEM_ACCESSTOKEN", "request-token"),
			map[string]string{"client_assertion": "pipeline-token"},
		},
		"service connection": {with(func(c *Config) {
			c.ADOPipelineServiceConnectionID, c.OIDCRequestURL, c.OIDCRequestToken = "connection", "https://dev.example/azure-devops?x=y", "request-token"
		}), environ(), map[string]string{"client_assertion": "pipeline-token"}},
		"HCP Terraform":     {Config{TenantID: tenant}, environ("ARM_USE_OIDC", "true", "ARM_CLIENT_ID", "app2", "ARM_OIDC_TOKEN", "hcp"), map[string]string{"client_assertion": "hcp", "client_id": "app2"}},
		"workload identity": {Config{UseWorkloadIdentity: yes()}, environ("AZURE_TENANT_ID", tenant, "AZURE_CLIENT_ID", "pod", "AZURE_FEDERATED_TOKEN_FILE", file("pod-token")), map[string]string{"client_assertion": "pod-token", "client_id": "pod"}},
		"a pod with it":     {Config{}, environ("AZURE_TENANT_ID", tenant, "AZURE_CLIENT_ID", "pod", "AZURE_FEDERATED_TOKEN_FILE", file("pod-token")), map[string]string{"client_assertion": "pod-token"}},
		"managed identity":  {Config{UseMSI: yes(), ServerID: fresh}, environ(), map[string]string{"resource": fresh}},
		"user-assigned":     {Config{UseMSI: yes(), ServerID: fresh, ClientID: "identity"}, environ(), map[string]string{"client_id": "identity"}},
		"azurerm's secret":  {Config{}, environ("ARM_TENANT_ID", tenant, "ARM_CLIENT_ID", "a", "ARM_CLIENT_SECRET", "from-arm", "AZURE_CLIENT_SECRET", "not-this"), map[string]string{"client_secret": "from-arm"}},
		"azurerm's files": {
			Config{TenantID: tenant}, environ("ARM_CLIENT_ID_FILE_PATH", file("filed\n"), "ARM_CLIENT_SECRET_FILE_PATH", file("filed-secret\n"), "AZURE_CLIENT_ID", "not-this"),
			map[string]string{"client_id": "filed", "client_secret": "filed-secret"},
		},
		"SDK's secret":           {Config{}, environ("AZURE_TENANT_ID", tenant, "AZURE_CLIENT_ID", "a", "AZURE_CLIENT_SECRET", "from-sdk"), map[string]string{"client_secret": "from-sdk"}},
		"configuration wins":     {with(func(c *Config) { c.ClientSecret = "mine" }), environ("ARM_USE_OIDC", "true", "ARM_OIDC_TOKEN", "x", "ARM_CLIENT_ID", "other"), map[string]string{"client_secret": "mine", "client_id": "app"}},
		"not by token, if false": {Config{UseOIDC: no(), ServerID: fresh + "-2"}, environ("ARM_USE_OIDC", "true", "ARM_USE_MSI", "true"), map[string]string{"resource": fresh + "-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := entratest.New(t)
			tt.config.HTTPClient, tt.config.AuthorityHost = fake.HTTPClient(), fake.URL
			tokens, err := NewTokens(tt.config, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second comes from memory
				if got, err := tokens.Token(t.Context()); err != nil || got != "entra-token" {
					t.Fatalf("%q, %v", got, err)
				}
			}
			sent := fake.Requests()
			if len(sent) != 1 {
				t.Fatalf("%d token requests", len(sent))
			}
			for field, want := range tt.form {
				if got := sent[0].Get(field); got != want && field != "scope" || field == "scope" && !strings.HasPrefix(got, strings.Fields(want)[0]) {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
			}
		})
	}
}

// TestCLI asks a stand-in for the az command.
func TestCLI(t *testing.T) {
	directory := t.TempDir()
	script := "#!/bin/sh\necho '{\"accessToken\": \"cli-token\", \"expires_on\": " +
		"4102444800}'\necho x >>" + filepath.Join(directory, "calls") + "\n"
	if err := os.WriteFile(filepath.Join(directory, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	tokens, err := NewTokens(Config{}, environ())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := tokens.Token(t.Context()); err != nil || got != "cli-token" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if calls, err := os.ReadFile(filepath.Join(directory, "calls")); err != nil || strings.Count(string(calls), "x") != 1 {
		t.Errorf("the command was called %d times: %v", strings.Count(string(calls), "x"), err)
	}
}

// TestRefresh replaces a token before it ends, keeps it while Entra ID fails, and says why when it has ended.
func TestRefresh(t *testing.T) {
	t.Parallel()
	fake := entratest.New(t)
	tokens, err := NewTokens(Config{
		TenantID: tenant, ClientID: "app", ClientSecret: "s3cret", AuthorityHost: fake.URL, HTTPClient: fake.HTTPClient(),
	}, environ())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	tokens.now = func() time.Time { return now }
	get := func(want string) {
		t.Helper()
		if got, err := tokens.Token(t.Context()); err != nil || got != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	fake.Set(func(e *entratest.Server) { e.Lifetime = 240 }) // less than the SDK's own margin: it asks each time
	get("entra-token")
	fake.Set(func(e *entratest.Server) { e.Token = "second" })
	get("second")
	fake.Set(func(e *entratest.Server) {
		e.Refuse = "AADSTS7000222: The provided client secret keys for app 'app' are expired. Trace ID: 1 Correlation ID: 2"
	})
	get("second") // still good
	now = now.Add(time.Hour)
	_, err = tokens.Token(t.Context())
	var problem *Error
	if !errors.Is(err, ErrNoToken) || !errors.As(err, &problem) || !strings.Contains(err.Error(), "AADSTS7000222") || !strings.Contains(err.Error(), "secrets expire") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "Trace ID") {
		t.Errorf("says too much: %v", err)
	}
	fake.Set(func(e *entratest.Server) { e.Refuse, e.Token, e.Lifetime = "", "third", 3600 })
	now = time.Now()
	tokens.Forget("second")
	get("third")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tokens.Forget("third")
	if _, err := tokens.Token(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestCheck names what is missing or one too many.
func TestCheck(t *testing.T) {
	t.Parallel()
	ids := func(c Config) Config { c.TenantID, c.ClientID = tenant, "app"; return c }
	for name, tt := range map[string]struct {
		config    Config
		env       func(string) string
		attribute string
		says      string
	}{
		"two ways":              {ids(Config{ClientSecret: "s", UseOIDC: yes()}), environ(), "use_oidc", "client_secret and use_oidc"},
		"two others":            {ids(Config{UseMSI: yes(), UseCLI: yes()}), environ(), "use_cli", "use_msi and use_cli"},
		"secret and file":       {ids(Config{ClientSecret: "s", ClientCertificatePath: "x"}), environ(), "client_secret", "cannot be combined"},
		"certificate twice":     {ids(Config{ClientCertificate: "a", ClientCertificatePath: "x"}), environ(), "client_certificate_path", "cannot be combined"},
		"token twice":           {ids(Config{OIDCToken: "a", OIDCTokenFilePath: "x"}), environ(), "oidc_token_file_path", "cannot be combined"},
		"no tenant":             {Config{ClientID: "app", ClientSecret: "s"}, environ(), "tenant_id", "ARM_TENANT_ID"},
		"no client":             {Config{TenantID: tenant, ClientSecret: "s"}, environ(), "client_id", "ARM_CLIENT_ID"},
		"no token":              {ids(Config{UseOIDC: yes()}), environ(), "oidc_token", "ARM_OIDC_TOKEN"},
		"no request token":      {ids(Config{OIDCRequestURL: "https://x"}), environ(), "oidc_request_token", "ARM_OIDC_REQUEST_TOKEN"},
		"not in a pod":          {ids(Config{UseWorkloadIdentity: yes()}), environ(), "use_workload_identity", "Run in a pod"},
		"no way":                {Config{UseCLI: no()}, environ(), "", "no way to sign in"},
		"no way by environment": {Config{}, environ("ARM_USE_CLI", "false"), "", "no way to sign in"},
		"no such file":          {Config{TenantID: tenant}, environ("ARM_CLIENT_ID_FILE_PATH", "/no/such"), "client_id", "ARM_CLIENT_ID_FILE_PATH"},
		"no such secret":        {ids(Config{}), environ("ARM_CLIENT_SECRET_FILE_PATH", "/no/such"), "client_secret", "ARM_CLIENT_SECRET_FILE_PATH"},
		"cloud":                 {Config{Environment: "moon"}, environ(), "environment", "usgovernment"},
		"cloud by environment":  {Config{}, environ("ARM_ENVIRONMENT", "moon"), "environment", "moon"},
		"authority":             {Config{AuthorityHost: "http://login"}, environ(), "authority_host", "https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.config.Check(tt.env)
			var problem *Error
			if !errors.Is(err, ErrConfiguration) || !errors.As(err, &problem) || problem.Attribute != tt.attribute || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, config := range map[string]Config{
		"no certificate": {ClientCertificatePath: "/no/such"}, "not a certificate": {ClientCertificate: "%"}, "empty certificate": {ClientCertificate: "YQ=="},
	} {
		_, err := NewTokens(ids(config), environ())
		var problem *Error
		if !errors.As(err, &problem) || !strings.HasPrefix(problem.Attribute, "client_certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rsaPair is a certificate and its RSA key in PEM form; Entra ID takes no other keys.
func rsaPair(t *testing.T) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}
