package azure

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The identities that the simulation knows. They are made up.
const (
	SubscriptionID = "11111111-1111-4111-8111-111111111111"
	TenantID       = "22222222-2222-4222-8222-222222222222"
	ClientID       = "33333333-3333-4333-8333-333333333333"
	ObjectID       = "44444444-4444-4444-8444-444444444444"
)

// Options are what a simulation is started with.
type Options struct {
	// Kubeconfig is what AKS hands out as the user's credentials.
	Kubeconfig []byte
	// Dir is where the certificate authority's file is written.
	Dir string
	// Polls is how often a long-running operation is answered "in progress"
	// before it succeeds.
	Polls int
	// Logger gets every request; nil for none.
	Logger *slog.Logger
	// Now tells the time; nil for the machine's.
	Now func() time.Time
}

// Request is one request that was answered.
type Request struct {
	Method, Path string
	Status       int
}

// Simulation is a running simulation.
type Simulation struct {
	options Options
	secure  *httptest.Server // https: azurerm only asks a metadata host that way, azapi only talks that way
	arm     *http.Server
	base    string
	caFile  string
	serving sync.WaitGroup

	mu         sync.Mutex
	resources  map[string]*resource // by lower-case path
	operations map[string]*operation
	requests   []Request
	// clock is the simulated time that decides when roles take effect; granted is when each assignment was created,
	// by lower-case path.
	clock   time.Duration
	granted map[string]grant
	// registered are the resource providers that were registered, in lower case.
	registered map[string]bool
}

// Start starts a simulation on free ports of the loopback interface.
func Start(ctx context.Context, options Options) (*Simulation, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Simulation{options: options, resources: map[string]*resource{}, operations: map[string]*operation{}, granted: map[string]grant{}, registered: map[string]bool{}}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the simulated Azure: %w", err)
	}
	s.base = "http://" + listener.Addr().String()
	s.arm = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	s.serving.Go(func() {
		if err := s.arm.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			options.Logger.Error("simulated Azure ended", "error", err)
		}
	})
	s.secure = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	if s.caFile, err = writeCA(options.Dir, s.secure.Certificate()); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// writeCA writes the certificate to trust, along with the system's, to a file.
func writeCA(dir string, certificate *x509.Certificate) (string, error) {
	file := filepath.Join(dir, "azure-ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		return "", fmt.Errorf("write the simulated Azure's certificate: %w", err)
	}
	return file, nil
}

// Endpoint is the URL of the simulated resource manager.
func (s *Simulation) Endpoint() string { return s.base }

// SecureEndpoint is the same by https.
func (s *Simulation) SecureEndpoint() string { return s.secure.URL }

// AzapiEnvironment is the environment that the azapi provider needs, besides a provider block with the resource
// manager's SecureEndpoint and use_msi. Over http, azapi only accepts the login of a managed identity.
func (s *Simulation) AzapiEnvironment() []string {
	return []string{
		"SSL_CERT_FILE=" + s.caFile,
		"ARM_SUBSCRIPTION_ID=" + SubscriptionID,
		"ARM_TENANT_ID=" + TenantID,
		"ARM_SKIP_PROVIDER_REGISTRATION=true",
		"ARM_USE_CLI=false",
		"IDENTITY_ENDPOINT=" + s.base + identityPath,
		"IDENTITY_HEADER=simulated",
	}
}

// Environment is the environment that the azurerm provider needs.
func (s *Simulation) Environment() []string {
	return []string{
		"ARM_METADATA_HOSTNAME=" + strings.TrimPrefix(s.secure.URL, "https://"),
		"SSL_CERT_FILE=" + s.caFile,
		"ARM_SUBSCRIPTION_ID=" + SubscriptionID,
		"ARM_TENANT_ID=" + TenantID,
		"ARM_CLIENT_ID=" + ClientID,
		"ARM_CLIENT_SECRET=" + secret,
		// These are for clients that sign in to a cluster without asking the metadata host.
		"AZURE_AUTHORITY_HOST=" + s.secure.URL,
		"ARM_RESOURCE_PROVIDER_REGISTRATIONS=none",
		"ARM_USE_CLI=false",
		"GO_AZURE_SDK_SKIP_POLLING_DELAY=true",
	}
}

// Close stops the simulation.
func (s *Simulation) Close() error {
	if s.secure != nil {
		s.secure.Close()
	}
	err := s.arm.Close()
	s.serving.Wait()
	if err != nil {
		return fmt.Errorf("stop the simulated Azure: %w", err)
	}
	return nil
}

// Requests are all requests so far.
func (s *Simulation) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// serveMetadata describes the cloud: where to sign in, and where the resource manager is.
func (s *Simulation) serveMetadata(out http.ResponseWriter) {
	writeJSON(out, http.StatusOK, object{
		"name":                     "simulated",
		"portal":                   s.base + "/portal",
		"resourceManager":          s.base + "/",
		"graph":                    s.base + "/graph",
		"microsoftGraphResourceId": s.base + "/graph/",
		"authentication": object{
			"loginEndpoint":    s.base + "/",
			"audiences":        []any{s.base + "/"},
			"tenant":           "common",
			"identityProvider": "AAD",
		},
		"suffixes": object{
			"keyVaultDns":       "vault.simulated.invalid",
			"storage":           "core.simulated.invalid",
			"acrLoginServer":    "azurecr.io",
			"sqlServerHostname": "database.simulated.invalid",
		},
	})
}

// serve answers the resource manager's requests and those for tokens.
func (s *Simulation) serve(out http.ResponseWriter, in *http.Request) {
	recorder := &statusRecorder{ResponseWriter: out, status: http.StatusOK}
	switch {
	case in.URL.Path == "/metadata/endpoints":
		s.serveMetadata(recorder)
	case strings.HasSuffix(in.URL.Path, "/.well-known/openid-configuration"):
		s.serveAuthority(recorder, in)
	case strings.HasSuffix(in.URL.Path, "/oauth2/v2.0/token"), in.URL.Path == identityPath:
		s.serveToken(recorder, in)
	default:
		s.serveARM(recorder, in)
	}
	s.options.Logger.Debug("request", "method", in.Method, "url", in.URL.String(), "status", recorder.status)
	s.mu.Lock()
	s.requests = append(s.requests, Request{Method: in.Method, Path: in.URL.Path, Status: recorder.status})
	s.mu.Unlock()
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func writeJSON(out http.ResponseWriter, status int, v any) {
	out.Header().Set("Content-Type", "application/json; charset=utf-8")
	out.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(out).Encode(v)
	}
}

func writeError(out http.ResponseWriter, status int, code, format string, args ...any) {
	writeJSON(out, status, object{"error": object{"code": code, "message": fmt.Sprintf(format, args...)}})
}

func readBody(in *http.Request) (object, error) {
	data, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	body := object{}
	if len(data) == 0 {
		return body, nil
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	return body, nil
}

// query returns a parameter, ignoring the case of its name.
func query(values url.Values, name string) string {
	for key := range values {
		if strings.EqualFold(key, name) {
			return values.Get(key)
		}
	}
	return ""
}
