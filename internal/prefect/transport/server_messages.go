package transport

import (
	"errors"
	"strings"
)

// A messageRule maps what the Server says to a kind of failure.
type messageRule struct {
	// part occurs in the message.
	part string
	kind error
	// retryable says that another attempt may help, clean that nothing has happened.
	retryable, clean bool
}

// messageRules are tried in order; the first that fits counts.
var messageRules = []messageRule{ //nolint:gochecknoglobals // a constant table
	{part: "Uniqueness violation", kind: ErrUniqueness},
	{part: "Foreign key violation", kind: ErrForeignKey},
	{part: "is archived", kind: ErrArchived},
	{part: "has no unarchived flows", kind: ErrArchived},

	// The Server's own services answer before its database does, and the other way round.
	{part: "Unable to connect to postgres", kind: ErrUnavailable, retryable: true},
	{part: "connection to postgres", kind: ErrUnavailable, retryable: true},
	{part: "ECONNREFUSED", kind: ErrUnavailable, retryable: true, clean: true},
	{part: "ENOTFOUND", kind: ErrUnavailable, retryable: true, clean: true},
	{part: "EAI_AGAIN", kind: ErrUnavailable, retryable: true, clean: true},
	{part: "ECONNRESET", kind: ErrUnavailable, retryable: true},
	{part: "ETIMEDOUT", kind: ErrUnavailable, retryable: true},
	{part: "socket hang up", kind: ErrUnavailable, retryable: true},
	{part: "invalid json response body", kind: ErrUnavailable, retryable: true},
	{part: "An internal API error occurred", kind: ErrInternal, retryable: true},

	{part: "Invalid project.", kind: ErrNotFound},
	{part: "Invalid flow run ID", kind: ErrNotFound},
	{part: "Invalid flow ID", kind: ErrNotFound},
	{part: "Invalid flow or project ID", kind: ErrNotFound},
	{part: "Invalid flow group ID", kind: ErrNotFound},
	{part: "Invalid tenant id", kind: ErrNotFound},
	{part: "provided a running state but", kind: ErrInvalid}, // the task run is there, its flow run does not run
	{part: "State update failed for", kind: ErrNotFound},
	{part: "Update failed", kind: ErrNotFound},
	{part: "not found", kind: ErrNotFound},

	{part: "Unauthorized", kind: ErrUnauthorized},
	{part: "UNAUTHENTICATED", kind: ErrUnauthorized},
	{part: "Cannot query field", kind: ErrNotPrefect},
}

// graphQLFailure explains the errors of a GraphQL answer. The first decides the kind.
func graphQLFailure(errs []answerError) *failure {
	e := &Error{Kind: ErrInvalid, Code: errs[0].Extensions.Code}
	f := &failure{err: e}
	messages := make([]string, 0, len(errs))
	for _, one := range errs {
		messages = append(messages, one.Message)
	}
	e.Message = strings.Join(messages, "; ")
	switch e.Code {
	case "API_ERROR":
		e.Kind, e.Ambiguous, f.retryable = ErrInternal, true, true
		return f
	case "UNAUTHENTICATED", "FORBIDDEN", "access-denied":
		e.Kind = ErrUnauthorized
		return f
	}
	for _, rule := range messageRules {
		if strings.Contains(errs[0].Message, rule.part) {
			e.Kind, f.retryable = rule.kind, rule.retryable
			e.Ambiguous = rule.retryable && !rule.clean
			break
		}
	}
	if errors.Is(e.Kind, ErrNotPrefect) {
		e.Message += " (this may be another GraphQL service of the same installation: the API's port is 4200 by default)"
	}
	return f
}
