package kubeclient

import (
	"errors"
	"net/http"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

// entraTransport adds an Entra ID token to requests for one host.
type entraTransport struct {
	tokens *entra.Tokens
	host   string
	next   http.RoundTripper
}

// WrappedRoundTripper lets client-go find the wrapped transport.
func (t *entraTransport) WrappedRoundTripper() http.RoundTripper { return t.next }

// RoundTrip implements http.RoundTripper.
func (t *entraTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != t.host {
		return t.next.RoundTrip(req) //nolint:wrapcheck // a redirect to another host must not get our token
	}
	token, err := t.tokens.Token(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, atAzure(err)
	}
	authorized := req.Clone(req.Context())
	authorized.Header.Set("Authorization", "Bearer "+token)
	resp, err := t.next.RoundTrip(authorized)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		t.tokens.Forget(token)
	}
	return resp, err //nolint:wrapcheck // as of any transport
}

// atAzure attributes a sign-in error to the azure attribute; other errors are unchanged.
func atAzure(err error) error {
	var failed *entra.Error
	if !errors.As(err, &failed) {
		return err
	}
	out := &ConfigError{Kind: failed.Kind, Attribute: "azure", Problem: failed.Problem, Remedy: failed.Remedy, Err: failed.Err}
	if failed.Attribute != "" {
		out.Attribute += "." + failed.Attribute
	}
	if errors.Is(failed.Kind, entra.ErrConfiguration) {
		out.Kind = ErrConfigValue
	}
	return out
}
