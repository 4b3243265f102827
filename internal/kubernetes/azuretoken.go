package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// ErrAzure means that Microsoft Entra ID gives no token.
var ErrAzure = errors.New("no token of Microsoft Entra ID")

const (
	// azureMargin is how long before its end a token is replaced.
	azureMargin = 5 * time.Minute
	// azureAudience is what a token to be exchanged must be meant for.
	azureAudience = "api://AzureADTokenExchange"
)

// credential makes what the way needs. It reads certificates but contacts nothing.
func (l *azureLogin) credential() (azcore.TokenCredential, error) {
	where, known := l.cloud()
	options := azcore.ClientOptions{Cloud: where}
	if l.HTTPClient != nil {
		options.Transport = l.HTTPClient
	}
	var made azcore.TokenCredential
	var err error
	attribute := string(l.way)
	switch l.way {
	case azureSecret:
		made, err = azidentity.NewClientSecretCredential(l.TenantID, l.ClientID, l.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: !known})
	case azureCertificate:
		return l.certificateCredential(options, !known)
	case azureOIDC, azureWorkload:
		made, err = azidentity.NewClientAssertionCredential(l.TenantID, l.ClientID, l.assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: !known})
	case azureMSI:
		o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if l.ClientID != "" {
			o.ID = azidentity.ClientID(l.ClientID)
		}
		made, err = azidentity.NewManagedIdentityCredential(o)
	default:
		made, err = azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: l.TenantID})
	}
	if err != nil {
		if strings.Contains(err.Error(), "tenant") {
			attribute = "tenant_id"
		}
		problem := azureProblem(attribute, "the values cannot be used: "+firstLine(err.Error()), "Correct them")
		problem.Err = err
		return nil, problem
	}
	return made, nil
}

func (l *azureLogin) certificateCredential(options azcore.ClientOptions, private bool) (azcore.TokenCredential, error) {
	data, attribute, err := l.certificate()
	if err != nil {
		return nil, err
	}
	unusable := func(err error) error {
		problem := azureProblem(attribute, "the certificate cannot be used: "+firstLine(err.Error()),
			"Use a PEM file with certificate and unencrypted key, or a PKCS#12 file and client_certificate_password")
		problem.Err = err
		return problem
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(l.ClientCertificatePassword))
	if err != nil {
		return nil, unusable(err)
	}
	made, err := azidentity.NewClientCertificateCredential(l.TenantID, l.ClientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: private})
	if err != nil {
		return nil, unusable(err)
	}
	return made, nil
}

// assertion is the token of another identity provider that is exchanged. Files are read each time: their tokens live
// for minutes and are replaced.
func (l *azureLogin) assertion(ctx context.Context) (string, error) {
	switch {
	case l.OIDCToken != "":
		return l.OIDCToken, nil
	case l.OIDCTokenFilePath != "":
		data, err := os.ReadFile(l.OIDCTokenFilePath)
		if err != nil {
			return "", fmt.Errorf("read the token to exchange: %w", err)
		}
		return strings.TrimSpace(string(data)), nil
	default:
		return l.requestAssertion(ctx)
	}
}

// requestAssertion asks for a token in the way of GitHub Actions.
func (l *azureLogin) requestAssertion(ctx context.Context) (string, error) {
	address, err := url.Parse(l.OIDCRequestURL)
	if err != nil {
		return "", errors.New("oidc_request_url is not a URL")
	}
	query := address.Query()
	if query.Get("audience") == "" {
		query.Set("audience", azureAudience)
	}
	address.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return "", fmt.Errorf("ask for the token to exchange: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+l.OIDCRequestToken)
	req.Header.Set("Accept", "application/json")
	client := l.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask for the token to exchange: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ Value string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK || answer.Value == "" {
		return "", fmt.Errorf("ask for the token to exchange: %s answers with HTTP status %d and no token", address.Host, resp.StatusCode)
	}
	return answer.Value, nil
}

// azureTokens keeps a token as long as it is good.
type azureTokens struct {
	login      *azureLogin
	credential azcore.TokenCredential
	now        func() time.Time
	lock       chan struct{}
	current    azcore.AccessToken
}

func newAzureTokens(config AzureConfig, env func(string) string) (*azureTokens, error) {
	login, err := config.resolve(env)
	if err != nil {
		return nil, err
	}
	credential, err := login.credential()
	if err != nil {
		return nil, err
	}
	return &azureTokens{login: login, credential: credential, now: time.Now, lock: make(chan struct{}, 1)}, nil
}

// token returns a good token, a new one when the last is about to end. Errors are *ConfigError, or the context's.
func (t *azureTokens) token(ctx context.Context) (string, error) {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	}
	if ctx.Err() != nil { // both could be had above
		return "", fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	}
	if t.fresh() {
		return t.current.Token, nil
	}
	got, err := t.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.login.ServerID + "/.default"}})
	switch {
	case err == nil:
		t.current = got
		return got.Token, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	case t.current.Token != "" && t.now().Before(t.current.ExpiresOn):
		return t.current.Token, nil // it is still good; the next request tries again
	default:
		return "", t.login.refused(err)
	}
}

func (t *azureTokens) fresh() bool {
	if t.current.Token == "" || t.now().Add(azureMargin).After(t.current.ExpiresOn) {
		return false
	}
	return t.current.RefreshOn.IsZero() || t.now().Before(t.current.RefreshOn)
}

// forget makes the next request get a new token, if this one is still the current one.
func (t *azureTokens) forget(token string) {
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if t.current.Token == token {
		t.current = azcore.AccessToken{}
	}
}

// wrap adds the token to requests for one host.
func (t *azureTokens) wrap(host string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &azureTransport{tokens: t, host: host, next: next}
	}
}

type azureTransport struct {
	tokens *azureTokens
	host   string
	next   http.RoundTripper
}

// WrappedRoundTripper lets client-go find what is underneath.
func (t *azureTransport) WrappedRoundTripper() http.RoundTripper { return t.next }

// RoundTrip implements http.RoundTripper.
func (t *azureTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != t.host {
		return t.next.RoundTrip(req) //nolint:wrapcheck // a redirect to elsewhere; not with our token
	}
	token, err := t.tokens.token(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	authorized := req.Clone(req.Context())
	authorized.Header.Set("Authorization", "Bearer "+token)
	resp, err := t.next.RoundTrip(authorized)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		t.tokens.forget(token)
	}
	return resp, err //nolint:wrapcheck // as of any transport
}

// refused explains why there is no token, without secrets.
func (l *azureLogin) refused(err error) error {
	out := &ConfigError{Kind: ErrAzure, Attribute: "azure", Err: err}
	out.Problem = "Microsoft Entra ID gives no token (" + string(l.way) + "): " + azureReason(err)
	switch l.way {
	case azureSecret:
		out.Remedy = "Check tenant_id, client_id and client_secret; secrets expire"
	case azureCertificate:
		out.Remedy = "Check tenant_id and client_id, and that the application has this certificate"
	case azureOIDC, azureWorkload:
		out.Remedy = "Check tenant_id and client_id, and that the application has a federated credential for the token's issuer and subject, with the audience " + azureAudience
	case azureMSI:
		out.Remedy = "Check that this machine has a managed identity, and client_id if it has several"
	default:
		out.Remedy = "Run az login, or choose another way to sign in"
	}
	return out
}

// azureReason is the description that Entra ID gives, without its trace ids, or else the error's first line.
func azureReason(err error) string {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		var answer struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		body, readErr := runtime.Payload(failed.RawResponse)
		if readErr == nil && json.Unmarshal(body, &answer) == nil && (answer.Description != "" || answer.Error != "") {
			description, _, _ := strings.Cut(firstLine(fallback(answer.Description, answer.Error)), " Trace ID:")
			return strings.TrimRight(description, ". ")
		}
		return fmt.Sprintf("HTTP status %d", failed.RawResponse.StatusCode)
	}
	return strings.TrimRight(firstLine(err.Error()), ". ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}
