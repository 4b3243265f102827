package kubernetes

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// entra is a stand-in for Microsoft Entra ID, for the managed identity service and for GitHub's token service.
type entra struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	forms    []url.Values // of the token requests
	token    string
	lifetime int
	refuse   string // error_description
}

func newEntra(t *testing.T) *entra {
	t.Helper()
	e := &entra{t: t, token: "entra-token", lifetime: 3600}
	e.Server = httptest.NewTLSServer(e)
	t.Cleanup(e.Close)
	return e
}

// client sends every request to the stand-in, whatever the address.
func (e *entra) client() *http.Client {
	client := e.Client()
	next := client.Transport
	client.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
		there := req.Clone(req.Context())
		there.URL.Scheme, there.URL.Host = "https", strings.TrimPrefix(e.URL, "https://")
		return next.RoundTrip(there)
	})
	return client
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func (e *entra) requests() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.forms)
}

func (e *entra) set(change func(*entra)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *entra) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	answer := func(status int, v any) {
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(status)
		_ = json.NewEncoder(out).Encode(v)
	}
	if err := in.ParseForm(); err != nil {
		e.t.Error(err)
	}
	switch {
	case strings.HasSuffix(in.URL.Path, "/openid-configuration"):
		tenant := strings.Split(in.URL.Path, "/")[1]
		answer(http.StatusOK, map[string]any{
			"issuer": e.URL + "/" + tenant + "/v2.0", "authorization_endpoint": e.URL + "/" + tenant + "/oauth2/v2.0/authorize",
			"token_endpoint": e.URL + "/" + tenant + "/oauth2/v2.0/token",
		})
	case strings.HasSuffix(in.URL.Path, "/oauth2/v2.0/token"), strings.HasSuffix(in.URL.Path, "/metadata/identity/oauth2/token"):
		e.forms = append(e.forms, in.Form)
		if e.refuse != "" {
			answer(http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": e.refuse})
			return
		}
		answer(http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": e.lifetime, "access_token": e.token, "resource": in.Form.Get("resource"),
			"expires_on": time.Now().Add(time.Duration(e.lifetime) * time.Second).Unix(),
		})
	case in.URL.Path == "/github":
		if in.Header.Get("Authorization") != "Bearer request-token" || in.URL.Query().Get("audience") != azureAudience {
			answer(http.StatusForbidden, map[string]any{})
			return
		}
		answer(http.StatusOK, map[string]any{"value": "github-token"})
	default:
		e.t.Logf("not expected: %s", in.URL)
		http.NotFound(out, in)
	}
}

const azureTenant = "11111111-2222-3333-4444-555555555555"

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

// TestAzureWays signs in in each way, from the configuration and from the environment.
func TestAzureWays(t *testing.T) {
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
	ids := AzureConfig{TenantID: azureTenant, ClientID: "app"}
	with := func(change func(*AzureConfig)) AzureConfig {
		c := ids
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		config AzureConfig
		env    func(string) string
		form   map[string]string // of the token request
	}{
		"secret":                {with(func(c *AzureConfig) { c.ClientSecret = "s" }), environ(), map[string]string{"client_secret": "s", "client_id": "app", "scope": AzureServerID + "/.default openid offline_access profile"}},
		"own server id":         {with(func(c *AzureConfig) { c.ClientSecret, c.ServerID = "s", "api" }), environ(), map[string]string{"scope": "api/.default openid offline_access profile"}},
		"certificate":           {with(func(c *AzureConfig) { c.ClientCertificate = certificate }), environ(), map[string]string{"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}},
		"certificate in base64": {with(func(c *AzureConfig) { c.ClientCertificate = base64.StdEncoding.EncodeToString([]byte(certificate)) }), environ(), map[string]string{"client_id": "app"}},
		"certificate file":      {with(func(c *AzureConfig) { c.ClientCertificatePath = file(certificate) }), environ(), map[string]string{"client_id": "app"}},
		"token":                 {with(func(c *AzureConfig) { c.OIDCToken = "other-token" }), environ(), map[string]string{"client_assertion": "other-token"}},
		"token file":            {with(func(c *AzureConfig) { c.OIDCTokenFilePath = file("filed-token\n") }), environ(), map[string]string{"client_assertion": "filed-token"}},
		"token request": {with(func(c *AzureConfig) {
			c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = yes(), "https://token.example/github", "request-token"
		}), environ(), map[string]string{"client_assertion": "github-token"}},
		"GitHub Actions":    {with(func(c *AzureConfig) { c.UseOIDC = yes() }), environ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/github?x=y", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"), map[string]string{"client_assertion": "github-token"}},
		"HCP Terraform":     {AzureConfig{TenantID: azureTenant}, environ("ARM_USE_OIDC", "true", "ARM_CLIENT_ID", "app2", "ARM_OIDC_TOKEN", "hcp"), map[string]string{"client_assertion": "hcp", "client_id": "app2"}},
		"workload identity": {AzureConfig{UseWorkloadIdentity: yes()}, environ("AZURE_TENANT_ID", azureTenant, "AZURE_CLIENT_ID", "pod", "AZURE_FEDERATED_TOKEN_FILE", file("pod-token")), map[string]string{"client_assertion": "pod-token", "client_id": "pod"}},
		"a pod with it":     {AzureConfig{}, environ("AZURE_TENANT_ID", azureTenant, "AZURE_CLIENT_ID", "pod", "AZURE_FEDERATED_TOKEN_FILE", file("pod-token")), map[string]string{"client_assertion": "pod-token"}},
		"managed identity":  {AzureConfig{UseMSI: yes(), ServerID: fresh}, environ(), map[string]string{"resource": fresh}},
		"user-assigned":     {AzureConfig{UseMSI: yes(), ServerID: fresh, ClientID: "identity"}, environ(), map[string]string{"client_id": "identity"}},
		"azurerm's secret":  {AzureConfig{}, environ("ARM_TENANT_ID", azureTenant, "ARM_CLIENT_ID", "a", "ARM_CLIENT_SECRET", "from-arm", "AZURE_CLIENT_SECRET", "not-this"), map[string]string{"client_secret": "from-arm"}},
		"azurerm's files": {
			AzureConfig{TenantID: azureTenant}, environ("ARM_CLIENT_ID_FILE_PATH", file("filed\n"), "ARM_CLIENT_SECRET_FILE_PATH", file("filed-secret\n"), "AZURE_CLIENT_ID", "not-this"),
			map[string]string{"client_id": "filed", "client_secret": "filed-secret"},
		},
		"SDK's secret":           {AzureConfig{}, environ("AZURE_TENANT_ID", azureTenant, "AZURE_CLIENT_ID", "a", "AZURE_CLIENT_SECRET", "from-sdk"), map[string]string{"client_secret": "from-sdk"}},
		"configuration wins":     {with(func(c *AzureConfig) { c.ClientSecret = "mine" }), environ("ARM_USE_OIDC", "true", "ARM_OIDC_TOKEN", "x", "ARM_CLIENT_ID", "other"), map[string]string{"client_secret": "mine", "client_id": "app"}},
		"not by token, if false": {AzureConfig{UseOIDC: no(), ServerID: fresh + "-2"}, environ("ARM_USE_OIDC", "true", "ARM_USE_MSI", "true"), map[string]string{"resource": fresh + "-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newEntra(t)
			tt.config.HTTPClient, tt.config.AuthorityHost = fake.client(), fake.URL
			tokens, err := newAzureTokens(tt.config, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second comes from memory
				if got, err := tokens.token(t.Context()); err != nil || got != "entra-token" {
					t.Fatalf("%q, %v", got, err)
				}
			}
			sent := fake.requests()
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

// TestAzureCLI asks a stand-in for the az command.
func TestAzureCLI(t *testing.T) {
	directory := t.TempDir()
	script := "#!/bin/sh\necho '{\"accessToken\": \"cli-token\", \"expires_on\": " +
		"4102444800}'\necho x >>" + filepath.Join(directory, "calls") + "\n"
	if err := os.WriteFile(filepath.Join(directory, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	tokens, err := newAzureTokens(AzureConfig{}, environ())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := tokens.token(t.Context()); err != nil || got != "cli-token" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if calls, err := os.ReadFile(filepath.Join(directory, "calls")); err != nil || strings.Count(string(calls), "x") != 1 {
		t.Errorf("the command was called %d times: %v", strings.Count(string(calls), "x"), err)
	}
}

// TestAzureRefresh replaces a token before it ends, keeps it while Entra ID fails, and says why when it has ended.
func TestAzureRefresh(t *testing.T) {
	t.Parallel()
	fake := newEntra(t)
	tokens, err := newAzureTokens(AzureConfig{
		TenantID: azureTenant, ClientID: "app", ClientSecret: "s3cret", AuthorityHost: fake.URL, HTTPClient: fake.client(),
	}, environ())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	tokens.now = func() time.Time { return now }
	get := func(want string) {
		t.Helper()
		if got, err := tokens.token(t.Context()); err != nil || got != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	fake.set(func(e *entra) { e.lifetime = 240 }) // less than the SDK's own margin: it asks each time
	get("entra-token")
	fake.set(func(e *entra) { e.token = "second" })
	get("second")
	fake.set(func(e *entra) {
		e.refuse = "AADSTS7000222: The provided client secret keys for app 'app' are expired. Trace ID: 1 Correlation ID: 2"
	})
	get("second") // still good
	now = now.Add(time.Hour)
	_, err = tokens.token(t.Context())
	var problem *ConfigError
	if !errors.Is(err, ErrAzure) || !errors.As(err, &problem) || !strings.Contains(err.Error(), "AADSTS7000222") || !strings.Contains(err.Error(), "secrets expire") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "Trace ID") {
		t.Errorf("says too much: %v", err)
	}
	fake.set(func(e *entra) { e.refuse, e.token, e.lifetime = "", "third", 3600 })
	now = time.Now()
	tokens.forget("second")
	get("third")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tokens.forget("third")
	if _, err := tokens.token(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestAzureCheck names what is missing or one too many.
func TestAzureCheck(t *testing.T) {
	t.Parallel()
	ids := func(c AzureConfig) AzureConfig { c.TenantID, c.ClientID = azureTenant, "app"; return c }
	for name, tt := range map[string]struct {
		config    AzureConfig
		env       func(string) string
		attribute string
		says      string
	}{
		"two ways":              {ids(AzureConfig{ClientSecret: "s", UseOIDC: yes()}), environ(), "azure.use_oidc", "client_secret and use_oidc"},
		"two others":            {ids(AzureConfig{UseMSI: yes(), UseCLI: yes()}), environ(), "azure.use_cli", "use_msi and use_cli"},
		"secret and file":       {ids(AzureConfig{ClientSecret: "s", ClientCertificatePath: "x"}), environ(), "azure.client_secret", "exclude"},
		"certificate twice":     {ids(AzureConfig{ClientCertificate: "a", ClientCertificatePath: "x"}), environ(), "azure.client_certificate_path", "exclude"},
		"token twice":           {ids(AzureConfig{OIDCToken: "a", OIDCTokenFilePath: "x"}), environ(), "azure.oidc_token_file_path", "exclude"},
		"no tenant":             {AzureConfig{ClientID: "app", ClientSecret: "s"}, environ(), "azure.tenant_id", "ARM_TENANT_ID"},
		"no client":             {AzureConfig{TenantID: azureTenant, ClientSecret: "s"}, environ(), "azure.client_id", "ARM_CLIENT_ID"},
		"no token":              {ids(AzureConfig{UseOIDC: yes()}), environ(), "azure.oidc_token", "ARM_OIDC_TOKEN"},
		"no request token":      {ids(AzureConfig{OIDCRequestURL: "https://x"}), environ(), "azure.oidc_request_token", "ARM_OIDC_REQUEST_TOKEN"},
		"not in a pod":          {ids(AzureConfig{UseWorkloadIdentity: yes()}), environ(), "azure.use_workload_identity", "Run in a pod"},
		"no way":                {AzureConfig{UseCLI: no()}, environ(), "azure", "nothing says how"},
		"no way by environment": {AzureConfig{}, environ("ARM_USE_CLI", "false"), "azure", "nothing says how"},
		"no such file":          {AzureConfig{TenantID: azureTenant}, environ("ARM_CLIENT_ID_FILE_PATH", "/no/such"), "azure.client_id", "ARM_CLIENT_ID_FILE_PATH"},
		"no such secret":        {ids(AzureConfig{}), environ("ARM_CLIENT_SECRET_FILE_PATH", "/no/such"), "azure.client_secret", "ARM_CLIENT_SECRET_FILE_PATH"},
		"cloud":                 {AzureConfig{Environment: "moon"}, environ(), "azure.environment", "usgovernment"},
		"cloud by environment":  {AzureConfig{}, environ("ARM_ENVIRONMENT", "moon"), "azure.environment", "moon"},
		"authority":             {AzureConfig{AuthorityHost: "http://login"}, environ(), "azure.authority_host", "https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.config.Check(tt.env)
			var problem *ConfigError
			if !errors.Is(err, ErrConfigValue) || !errors.As(err, &problem) || problem.Attribute != tt.attribute || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, config := range map[string]AzureConfig{
		"no certificate": {ClientCertificatePath: "/no/such"}, "not a certificate": {ClientCertificate: "%"}, "empty certificate": {ClientCertificate: "YQ=="},
	} {
		_, err := newAzureTokens(ids(config), environ())
		var problem *ConfigError
		if !errors.As(err, &problem) || !strings.HasPrefix(problem.Attribute, "azure.client_certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAzureConfig takes the cluster from a kubeconfig and nothing else, and sends the token to no other host.
func TestAzureConfig(t *testing.T) {
	t.Parallel()
	fake := newEntra(t)
	azure := &AzureConfig{TenantID: azureTenant, ClientID: "app", ClientSecret: "s", AuthorityHost: fake.URL, HTTPClient: fake.client()}
	got, _, err := Config{ConfigPath: write(t, kubeconfig), Azure: azure, Environment: noEnvironment}.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	if got.BearerToken != "" || got.ExecProvider != nil || got.Host != "https://a.example:6443" || got.WrapTransport == nil {
		t.Errorf("%+v", got)
	}
	var seen []string
	transport := got.WrapTransport(transportFunc(func(req *http.Request) (*http.Response, error) {
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
		"which cluster": {Azure: azure},
	} {
		config.Environment = noEnvironment
		if _, _, err := config.RESTConfig(); err == nil || !strings.Contains(err.Error(), attribute) {
			t.Errorf("azure and %s: %v", attribute, err)
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
