package transport

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of failure, for errors.Is.
var (
	// ErrNotFound: the object does not exist (in this tenant).
	ErrNotFound = errors.New("not found")
	// ErrUniqueness: another object already has this name, slug or key.
	ErrUniqueness = errors.New("already exists")
	// ErrForeignKey: an object that the request refers to does not exist.
	ErrForeignKey = errors.New("refers to an object that does not exist")
	// ErrInvalid: the Server, or this client beforehand, rejects the input.
	ErrInvalid = errors.New("invalid input")
	// ErrArchived: the flow version is archived, or its group has only archived versions.
	ErrArchived = errors.New("archived")
	// ErrTooLarge: the request is larger than the Server, or a gateway in front of it, accepts.
	ErrTooLarge = errors.New("request too large")
	// ErrUnreachable: no connection to the Server, or it broke before the answer.
	ErrUnreachable = errors.New("unreachable")
	// ErrNotPrefect: something answers at the endpoint, but not the API of Prefect Server 1.x.
	ErrNotPrefect = errors.New("not the API of Prefect Server")
	// ErrUnauthorized: the Server, or a gateway in front of it, rejects the credentials.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrUnavailable: the Server is starting, overloaded, or cannot reach its own database.
	ErrUnavailable = errors.New("unavailable")
	// ErrInternal: the Server had an internal error.
	ErrInternal = errors.New("internal error of Prefect Server")
)

// Error is the error of every method, unless its context ended: then the error is the context's.
type Error struct {
	// Operation is the requested operation, such as "CreateProject".
	Operation string
	// Endpoint is the API's URL without credentials.
	Endpoint string
	// Message is the cause as the Server or the network reports it, without secrets.
	Message string
	// Code is extensions.code of a GraphQL error, if there was one.
	Code string
	// Status is the HTTP status, or 0 when no answer came.
	Status int
	// Kind is one of the kinds above.
	Kind error
	// Err is the underlying error, if there is one.
	Err error
	// Ambiguous is set if the Server may have executed the request although no proper answer came.
	Ambiguous bool
	// Permanent is set if another attempt would fail in the same way.
	Permanent bool
}

// Error names the operation, the endpoint, the kind and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	if e.Endpoint != "" {
		fmt.Fprintf(&b, " at %s", e.Endpoint)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %s", e.Kind)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Ambiguous {
		b.WriteString(" (the Server may still have executed the request)")
	}
	return b.String()
}

// Unwrap lets errors.Is and errors.As see the kind and the underlying error.
func (e *Error) Unwrap() []error {
	var out []error
	if e.Kind != nil {
		out = append(out, e.Kind)
	}
	if e.Err != nil {
		out = append(out, e.Err)
	}
	return out
}

// IsAmbiguous reports whether the request behind an error may have been executed.
func IsAmbiguous(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Ambiguous
}
