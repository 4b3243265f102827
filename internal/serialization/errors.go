package serialization

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of error, for errors.Is.
var (
	// ErrSyntax means the text is not JSON.
	ErrSyntax = errors.New("not valid JSON")
	// ErrDocument means the JSON is neither a serialised flow nor a build document.
	ErrDocument = errors.New("not a Prefect build document")
	// ErrDocumentVersion means the build document has a version other than 1.
	ErrDocumentVersion = errors.New("unsupported build document version")
	// ErrFlowNotFound means the build document contains no flow with the requested name.
	ErrFlowNotFound = errors.New("flow not found in the build document")
	// ErrAmbiguousFlow means the build document contains several flows and the request does not select one.
	ErrAmbiguousFlow = errors.New("several flows in the build document")
	// ErrInvalidFlow means a Prefect Server would reject or misunderstand the flow.
	ErrInvalidFlow = errors.New("invalid flow")
	// ErrInvalidRunConfig means the agent or Kubernetes would reject the run configuration.
	ErrInvalidRunConfig = errors.New("invalid run configuration")
)

// Error is one problem in a document: where it is, what it is and what to do about it.
type Error struct {
	Kind    error  // one of the Err values of this package
	Path    string // JSON path of the offending value, such as `tasks[3].slug`; empty for the whole document
	Problem string // what is wrong, as a sentence without its full stop
	Remedy  string // what the author of the document can do, as a sentence without its full stop
}

// Error formats the problem as "path: problem. Remedy."
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	b.WriteString(".")
	if e.Remedy != "" {
		b.WriteString(" ")
		b.WriteString(e.Remedy)
		b.WriteString(".")
	}
	return b.String()
}

// Unwrap returns the kind, so that errors.Is(err, ErrInvalidFlow) works.
func (e *Error) Unwrap() error { return e.Kind }

// SyntaxError is where a text stops being JSON. Line and Column start at 1 and count bytes; Offset starts at
// 0.
type SyntaxError struct {
	Offset, Line, Column int
	Problem              string
}

// Error describes the problem and its position.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not valid JSON: %s at line %d, column %d", e.Problem, e.Line, e.Column)
}

// Unwrap makes errors.Is(err, ErrSyntax) true.
func (e *SyntaxError) Unwrap() error { return ErrSyntax }

// Problems returns the individual problems in an error of this package, in order. Any other error yields nil.
func Problems(err error) []*Error {
	if err == nil {
		return nil
	}
	//nolint:errorlint // the tree is walked node by node; errors.As would stop at the first problem
	switch e := err.(type) {
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, inner := range e.Unwrap() {
			all = append(all, Problems(inner)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Problems(e.Unwrap())
	}
	return nil
}
