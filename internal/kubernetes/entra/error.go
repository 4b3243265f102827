package entra

import "errors"

// Kinds of Error, for errors.Is.
var (
	// ErrConfiguration means that a value is wrong or missing, or does not go with another.
	ErrConfiguration = errors.New("wrong configuration of the sign-in to Microsoft Entra ID")
	// ErrNoToken means that Microsoft Entra ID gives no token.
	ErrNoToken = errors.New("no token of Microsoft Entra ID")
)

// Error says why there is no token. Its text never holds a secret.
type Error struct {
	Kind      error
	Attribute string // the value of Config that is wrong, such as "client_secret"; empty for the whole
	Problem   string // a sentence without its full stop, as is Remedy
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
