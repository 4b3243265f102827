package transport

import (
	"fmt"
	"net/url"
	"strings"
)

// parseEndpoint checks the API's URL. It returns the URL to send requests to, without credentials, and the credentials
// that the URL held, if any.
func parseEndpoint(raw string) (string, *BasicAuth, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		raw = DefaultEndpoint
	}
	if !strings.Contains(raw, "://") {
		return "", nil, Invalid("endpoint %q has no scheme: write http://%s or https://%s", hideUser(raw), hideUser(raw), hideUser(raw))
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's own message repeats the URL, and with it any password.
		return "", nil, Invalid("the endpoint is not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, Invalid("endpoint %q: the scheme must be http or https, not %q", u.Redacted(), u.Scheme)
	}
	if u.Hostname() == "" {
		return "", nil, Invalid("endpoint %q names no host", u.Redacted())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", nil, Invalid("endpoint %q: a query or fragment makes no sense here", u.Redacted())
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

// hideUser removes what stands before an @, which may be a password.
func hideUser(s string) string {
	if i := strings.LastIndex(s, "@"); i >= 0 {
		return s[i+1:]
	}
	return s
}

// Invalid is the error of an input that this client refuses by itself.
func Invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// SettingError says which field of a [Config] is wrong. It is of kind ErrInvalid, and its text shows no value of a
// secret field.
type SettingError struct {
	// Field is the name of the field.
	Field string
	Err   error
}

// Error is the text of the error within.
func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap gives the error within.
func (e *SettingError) Unwrap() error { return e.Err }
