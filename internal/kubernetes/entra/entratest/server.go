// Package entratest simulates Microsoft Entra ID in tests.
package entratest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server simulates Microsoft Entra ID, the managed identity service, GitHub's token service and Azure
// Pipelines' token service.
type Server struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	forms    []url.Values // of the token requests
	Token    string
	Lifetime int    // seconds
	Refuse   string // error_description of every answer; "" for tokens
}

// New starts a Server that stops with the test.
func New(t *testing.T) *Server {
	t.Helper()
	e := &Server{t: t, Token: "entra-token", Lifetime: 3600}
	e.Server = httptest.NewTLSServer(e)
	t.Cleanup(e.Close)
	return e
}

// HTTPClient returns a client that sends every request to the Server, whatever the address.
func (e *Server) HTTPClient() *http.Client {
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

// Requests returns the forms of the token requests so far.
func (e *Server) Requests() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.forms)
}

// Set changes the answers.
func (e *Server) Set(change func(*Server)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

// ServeHTTP implements http.Handler.
func (e *Server) ServeHTTP(out http.ResponseWriter, in *http.Request) {
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
		if e.Refuse != "" {
			answer(http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": e.Refuse})
			return
		}
		answer(http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": e.Lifetime, "access_token": e.Token, "resource": in.Form.Get("resource"),
			"expires_on": time.Now().Add(time.Duration(e.Lifetime) * time.Second).Unix(),
		})
	case in.URL.Path == "/github":
		if in.Header.Get("Authorization") != "Bearer request-token" || in.URL.Query().Get("audience") != "api://AzureADTokenExchange" {
			answer(http.StatusForbidden, map[string]any{})
			return
		}
		answer(http.StatusOK, map[string]any{"value": "github-token"})
	case in.URL.Path == "/azure-devops":
		query := in.URL.Query()
		if in.Method != http.MethodPost || in.Header.Get("Authorization") != "Bearer request-token" || query.Get("audience") != "api://AzureADTokenExchange" ||
			query.Get("api-version") != "7.1" || query.Get("serviceConnectionId") != "connection" {
			answer(http.StatusForbidden, map[string]any{})
			return
		}
		answer(http.StatusOK, map[string]any{"oidcToken": "pipeline-token"})
	default:
		e.t.Logf("not expected: %s", in.URL)
		http.NotFound(out, in)
	}
}
