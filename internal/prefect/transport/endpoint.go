package transport

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// parseEndpoint checks the API's URL. It returns the URL for requests, without credentials, and the
// credentials in the URL, if any.
func parseEndpoint(raw string) (string, *BasicAuth, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		raw = DefaultEndpoint
	}
	shown := withoutSecrets(raw)
	if !strings.Contains(raw, "://") {
		return "", nil, Invalid("endpoint %q has no scheme: write http://%s or https://%s", shown, shown, shown)
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's own message repeats the URL, and with it any password.
		return "", nil, Invalid("the endpoint is not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, Invalid("endpoint %q: the scheme must be http or https, not %q", shown, u.Scheme)
	}
	if u.Hostname() == "" {
		return "", nil, Invalid("endpoint %q has no host", shown)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", nil, Invalid("endpoint %q: remove the query or fragment", shown)
	}
	var auth *BasicAuth
	if u.User != nil {
		password, _ := u.User.Password()
		auth = &BasicAuth{Username: u.User.Username(), Password: password}
		u.User = nil
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u.String(), auth, nil
}

// withoutSecrets returns what is safe to show of a URL that may be malformed: neither the part before an @
// nor a query. If it is unclear what a part is, that part is omitted.
func withoutSecrets(raw string) string {
	at, query := strings.LastIndex(raw, "@"), strings.IndexAny(raw, "?#")
	switch {
	case at >= 0 && query >= 0:
		return "***"
	case at >= 0:
		scheme := ""
		if i := strings.Index(raw, "://"); i >= 0 && i < at && strings.IndexFunc(raw[:i], func(r rune) bool { return !unicode.IsLetter(r) }) < 0 {
			scheme = raw[:i+3]
		}
		return scheme + raw[at+1:]
	case query >= 0:
		return raw[:query]
	}
	return raw
}

// Invalid returns the error for an input that this client rejects itself.
func Invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// SettingError reports which field of a [Config] is wrong. It is of kind ErrInvalid, and its text shows no
// value of a secret field.
type SettingError struct {
	// Field is the name of the field.
	Field string
	Err   error
}

// Error is the text of the wrapped error.
func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *SettingError) Unwrap() error { return e.Err }
