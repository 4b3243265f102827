package transport

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// A messageRule maps a Server message to a kind of failure.
type messageRule struct {
	// part occurs in the message.
	part string
	kind error
	// retryable: another attempt may help. clean: nothing has happened.
	retryable, clean bool
}

// messageRules are tried in order; the first match wins.
var messageRules = []messageRule{ //nolint:gochecknoglobals // a constant table
	{part: "Uniqueness violation.", kind: ErrUniqueness},
	{part: "Foreign key violation.", kind: ErrForeignKey},

	// The Server's services may answer before its database does, and the reverse.
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

	{part: "Unauthorized", kind: ErrUnauthorized},
	{part: "UNAUTHENTICATED", kind: ErrUnauthorized},
	{part: "Cannot query field", kind: ErrNotPrefect},
	{part: "not found in type: 'query_root'", kind: ErrNotPrefect}, // Hasura without the table, or asked directly
	{part: "not found in type: 'mutation_root'", kind: ErrNotPrefect},
	{part: "no mutations exist", kind: ErrNotPrefect}, // Hasura again
}

// A sentence is a Server message for a mutation whose object is missing or archived.
type sentence struct {
	text *regexp.Regexp
	kind error
}

// sentences are the exact Server messages, per mutation. The same words elsewhere, or from something in
// between, prove nothing: if an object is wrongly considered gone, it is created a second time.
var sentences = func() map[string][]sentence { //nolint:gochecknoglobals // a constant table
	missing := func(texts ...string) []sentence {
		out := make([]sentence, 0, len(texts))
		for _, text := range texts {
			out = append(out, sentence{regexp.MustCompile("^" + text + "$"), ErrNotFound})
		}
		return out
	}
	const id = `[0-9a-f-]{36}`
	group := missing(`Invalid flow group ID`)
	flow := missing(`Invalid flow ID\.`, `Invalid flow group ID`)
	run := append(missing(`Flow `+id+` not found`),
		sentence{regexp.MustCompile(`^Flow ` + id + ` is archived\.$`), ErrArchived},
		sentence{regexp.MustCompile(`^Version group (?s:.*) has no unarchived flows\.$`), ErrArchived})
	tenant := missing(`Update failed\.`, `Invalid tenant id\.`)
	return map[string][]sentence{
		"cancel_flow_run":                    missing(`Invalid flow run ID: ` + id + `\.`),
		"create_flow":                        missing(`Invalid project\.`),
		"create_flow_from_compressed_string": missing(`Invalid project\.`),
		"create_flow_run":                    run,
		"delete_tenant":                      missing(`Invalid tenant id\.`),
		"disable_flow_heartbeat":             flow,
		"disable_flow_lazarus_process":       flow,
		"enable_flow_heartbeat":              flow,
		"enable_flow_lazarus_process":        flow,
		"set_flow_group_schedule":            group,
		"set_flow_run_states":                missing(`State update failed for flow run ID ` + id),
		"set_project_description":            missing(`Update failed`),
		"set_project_name":                   missing(`Update failed`),
		"set_task_run_states":                missing(`State update failed for task run ID ` + id),
		"update_flow_project":                missing(`Invalid flow or project ID\.`),
		"update_tenant_name":                 tenant,
		"update_tenant_slug":                 tenant,
	}
}()

// saysMissing returns the error kind if the Server reports the mutation's object as missing or archived, or
// nil. e must be the answer to the mutation.
func (o *operation) saysMissing(e answerError) error {
	if !o.mutation || len(o.roots) != 1 || len(e.Path) != 1 || e.Path[0] != o.shape[0].key {
		return nil
	}
	for _, known := range sentences[o.roots[0]] {
		if known.text.MatchString(e.Message) {
			return known.kind
		}
	}
	return nil
}

// partial reports whether part of the data came with the errors.
func (o *operation) partial(data json.RawMessage) bool {
	var roots map[string]json.RawMessage
	if json.Unmarshal(data, &roots) != nil {
		return len(data) > 0
	}
	for _, root := range roots {
		if string(root) != "null" {
			return true
		}
	}
	return false
}

// graphQLFailure explains the errors of a GraphQL answer. The first one decides the kind.
func graphQLFailure(op *operation, a answer) *failure {
	first := a.Errors[0]
	e := &Error{Kind: ErrInvalid, Code: first.Extensions.Code}
	f := &failure{err: e}
	messages := make([]string, 0, len(a.Errors))
	for _, one := range a.Errors {
		messages = append(messages, one.Message)
	}
	e.Message = strings.Join(messages, "; ")
	if op.mutation && (e.Code == "" || op.partial(a.Data)) {
		// The Server gives each of its errors a code, and a mutation that failed has no result.
		e.Kind, e.Ambiguous, f.retryable = ErrNotPrefect, true, true
		return f
	}
	switch e.Code {
	case "API_ERROR":
		e.Kind, e.Ambiguous, f.retryable = ErrInternal, true, true
		return f
	case "UNAUTHENTICATED", "FORBIDDEN", "access-denied":
		e.Kind = ErrUnauthorized
		return f
	}
	if kind := op.saysMissing(first); kind != nil {
		e.Kind = kind
		return f
	}
	for _, rule := range messageRules {
		if strings.Contains(first.Message, rule.part) {
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
