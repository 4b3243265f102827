package entra

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenTimeout is how long Entra ID may take, retries included.
const tokenTimeout = 30 * time.Second

// Tokens caches a token while it is valid.
type Tokens struct {
	login      *login
	credential azcore.TokenCredential
	now        func() time.Time
	lock       chan struct{}
	current    azcore.AccessToken
}

// NewTokens resolves a configuration together with the environment (nil for the process's). It reads
// certificates but contacts nothing. Errors are *Error.
func NewTokens(config Config, env func(string) string) (*Tokens, error) {
	login, err := config.resolve(env)
	if err != nil {
		return nil, err
	}
	credential, err := login.credential()
	if err != nil {
		return nil, err
	}
	return &Tokens{login: login, credential: credential, now: time.Now, lock: make(chan struct{}, 1)}, nil
}

// Token returns a valid token, a new one if the current one is about to expire. Errors are *Error, or the
// context's.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	token, _, err := t.TokenUntil(ctx)
	return token, err
}

// TokenUntil is Token, also returning the expiry.
func (t *Tokens) TokenUntil(ctx context.Context) (token string, ends time.Time, err error) {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return "", time.Time{}, fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	}
	if ctx.Err() != nil { // both cases above were ready
		return "", time.Time{}, fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	}
	if t.fresh() {
		return t.current.Token, t.current.ExpiresOn, nil
	}
	asking, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	got, err := t.credential.GetToken(asking, policy.TokenRequestOptions{Scopes: []string{t.login.ServerID + "/.default"}})
	switch {
	case err == nil:
		t.current = got
		return got.Token, got.ExpiresOn, nil
	case ctx.Err() != nil:
		return "", time.Time{}, fmt.Errorf("wait for a token of Microsoft Entra ID: %w", context.Cause(ctx))
	case t.current.Token != "" && t.now().Before(t.current.ExpiresOn):
		return t.current.Token, t.current.ExpiresOn, nil // still valid; the next request tries again
	case asking.Err() != nil:
		out := t.login.refused(err)
		out.Problem = fmt.Sprintf("Microsoft Entra ID issued no token within %s (%s)", tokenTimeout, t.login.way)
		out.Remedy = "Check that this machine can reach it. " + out.Remedy
		return "", time.Time{}, out
	default:
		return "", time.Time{}, t.login.refused(err)
	}
}

func (t *Tokens) fresh() bool {
	if t.current.Token == "" || t.now().Add(renewBefore).After(t.current.ExpiresOn) {
		return false
	}
	return t.current.RefreshOn.IsZero() || t.now().Before(t.current.RefreshOn)
}

// Forget makes the next request get a new token, if token is still the current one.
func (t *Tokens) Forget(token string) {
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if t.current.Token == token {
		t.current = azcore.AccessToken{}
	}
}
