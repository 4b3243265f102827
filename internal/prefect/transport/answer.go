package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// answer is a GraphQL response.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []answerError   `json:"errors"`
}

type answerError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// readAnswer returns an answer's data, or why there is none. For a mutation, only a proper answer shows what
// happened: after any other answer with a success status, the Server may have executed it.
func readAnswer(op *operation, status int, header http.Header, body []byte) (json.RawMessage, *failure) {
	if f := statusFailure(status, header); f != nil {
		return nil, f
	}
	data, f := parseAnswer(op, status, header, body)
	if f != nil && op.mutation && status/100 == 2 && errors.Is(f.err.Kind, ErrNotPrefect) {
		f.err.Ambiguous, f.retryable = true, true
	}
	return data, f
}

func parseAnswer(op *operation, status int, header http.Header, body []byte) (json.RawMessage, *failure) {
	var a answer
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 || trimmed[0] != '{' || !utf8.Valid(trimmed) || json.Unmarshal(trimmed, &a) != nil ||
		(a.Data == nil && a.Errors == nil) {
		return nil, oddAnswer(status, header, trimmed)
	}
	if len(a.Errors) > 0 {
		f := graphQLFailure(op, a)
		if status >= http.StatusInternalServerError && errors.Is(f.err.Kind, ErrInvalid) {
			f.err.Kind, f.err.Ambiguous, f.retryable = ErrInternal, true, true
		}
		return nil, f
	}
	if status != http.StatusOK {
		return nil, oddAnswer(status, header, trimmed)
	}
	if err := checkShape(op.shape, a.Data); err != nil {
		return nil, &failure{err: &Error{
			Kind: ErrNotPrefect, Err: err,
			Message: "the answer does not have the form of a Prefect Server 1.x answer: " + err.Error(),
		}}
	}
	return a.Data, nil
}

// statusFailure explains the statuses whose meaning does not depend on the body.
func statusFailure(status int, header http.Header) *failure {
	e := &Error{}
	f := &failure{err: e, retryAfter: retryAfter(header)}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		e.Kind = ErrUnauthorized
		e.Message = fmt.Sprintf("HTTP status %s from the Server or a gateway in front of it", statusText(status))
		if challenge := header.Get("WWW-Authenticate"); challenge != "" {
			e.Message += "; it asks for: " + challenge
		}
	case http.StatusRequestEntityTooLarge:
		e.Kind = ErrTooLarge
		e.Message = "HTTP status 413: the request body is larger than the Server or a gateway in front of it accepts"
	case http.StatusTooManyRequests:
		// The request was rejected, so nothing has happened.
		e.Kind, e.Message, f.retryable = ErrUnavailable, "HTTP status 429: too many requests", true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout,
		http.StatusTooEarly:
		// A gateway answers 502 and 503 both when it could not connect to the Server and when the connection
		// broke after the request was sent, so neither proves that nothing has happened.
		e.Kind, f.retryable, e.Ambiguous = ErrUnavailable, true, true
		e.Message = fmt.Sprintf("HTTP status %s: the Server is starting, stopped or overloaded", statusText(status))
	default:
		return nil
	}
	return f
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// oddAnswer explains an answer that is not a GraphQL response.
func oddAnswer(status int, header http.Header, body []byte) *failure {
	e := &Error{Kind: ErrNotPrefect}
	f := &failure{err: e}
	html := bytes.HasPrefix(body, []byte("<")) || strings.HasPrefix(header.Get("Content-Type"), "text/html")
	location := header.Get("Location")
	switch {
	case location != "" && status/100 == 3:
		e.Message = fmt.Sprintf("HTTP status %s redirects to %s, which may be a login page or the right URL",
			statusText(status), stripURL(location))
	case status == http.StatusNotImplemented:
		e.Message = "HTTP status 501: what listens there does not accept POST requests; it may be a static web server or the UI " +
			"(the UI's port is 8080 by default, the API's is 4200)"
	case status >= 500:
		e.Kind, f.retryable, e.Ambiguous = ErrInternal, true, true
		e.Message = fmt.Sprintf("HTTP status %s", statusText(status))
	case html && status == http.StatusOK:
		e.Message = "the answer is a web page: this may be the UI (port 8080 by default; the API's is 4200) or a login page"
	case html:
		e.Message = fmt.Sprintf("HTTP status %s with a web page: this may be the UI (port 8080 by default; "+
			"the API's is 4200) or a wrong path", statusText(status))
	case len(body) == 0:
		e.Message = fmt.Sprintf("HTTP status %s with an empty answer", statusText(status))
	default:
		e.Message = fmt.Sprintf("HTTP status %s with an answer that is not GraphQL", statusText(status))
	}
	return f
}

// stripURL removes the parts of a URL that may contain secrets.
func stripURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "another place"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
