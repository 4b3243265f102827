package entra

import "errors"

// Kinds of Error, for errors.Is.
var (
	// ErrConfiguration means that a value is wrong or missing, or conflicts with another.
	ErrConfiguration = errors.New("wrong configuration of the sign-in to Microsoft Entra ID")
	// ErrNoToken means that Microsoft Entra ID issued no token.
	ErrNoToken = errors.New("no token from Microsoft Entra ID")
)

// Error is why there is no token. Its text never contains a secret.
type Error struct {
	Kind      error
	Attribute string // the invalid field of Config, such as "client_secret"; empty for the whole
	Problem   string // a sentence without its full stop, like Remedy
	Remedy    string
	Err       error
}

// Error formats problem and remedy.
func (e *Error) Error() string {
	s := e.Problem + ". " + e.Remedy + "."
	if e.Attribute != "" {
		s = e.Attribute + ": " + s
	}
	return s
}

// Unwrap returns kind and cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

func misconfigured(attribute, problem, remedy string) *Error {
	return &Error{Kind: ErrConfiguration, Attribute: attribute, Problem: problem, Remedy: remedy}
}
