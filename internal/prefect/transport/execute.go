package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxResponse limits the answer's size in bytes, in case something other than the Server answers without end.
const maxResponse = 64 << 20

var errAnswerTooLarge = errors.New("the answer exceeds the limit of 64 MiB")

// Execute sends one operation, retries it up to the given number of times where that is safe, and decodes the
// answer's data into out.
func (c *Client) Execute(
	ctx context.Context, document, name string, variables, out any, retries int,
) error {
	op, err := c.operation(document)
	if err != nil {
		return err
	}
	if name == "" {
		name = op.name
	}
	encoded, body, err := c.encode(document, op, variables)
	if err != nil {
		return &Error{Operation: name, Endpoint: c.endpoint, Kind: ErrInvalid, Message: c.redact(err.Error()), Err: err}
	}
	if op.mutation {
		// Answers read before this change must not be used afterwards; see refresher.
		c.writes.Add(1)
		defer c.writes.Add(1)
	}
	trace := tracedBy(ctx)
	for attempt := 1; ; attempt++ {
		data, failure := c.attempt(ctx, op, name, attempt, body)
		if failure == nil {
			return c.decode(op, name, data, out)
		}
		failure.err.Message = withoutInput(failure.err.Message, body, encoded)
		trace.add(failure.err.Ambiguous)
		if ctx.Err() != nil {
			c.log(ctx, failure.event)
			return c.interrupted(ctx, name, op, failure)
		}
		wait, again := retryWait(failure, attempt, attempt <= retries && op.mayRepeat(failure, encoded))
		if again {
			failure.event.RetryReason, failure.event.RetryIn = failure.err.reason(), wait
		}
		c.log(ctx, failure.event)
		if !again {
			return failure.err
		}
		if err := c.Sleep(ctx, wait); err != nil {
			return c.interrupted(ctx, name, op, failure)
		}
	}
}

// interrupted returns the error of a request whose context ended: errors.Is finds the context's error.
func (c *Client) interrupted(ctx context.Context, name string, op *operation, f *failure) error {
	note := ""
	if op.mutation && f.err.Ambiguous {
		note = " (the Server may still have executed the request)"
	}
	return fmt.Errorf("%s at %s%s: %w", name, c.endpoint, note, context.Cause(ctx))
}

// encode returns the variables as JSON and the request body that contains them.
func (c *Client) encode(document string, op *operation, variables any) (encoded, body []byte, err error) {
	if encoded, err = Marshal(variables); err != nil {
		return nil, nil, fmt.Errorf("encoding the variables: %w", err)
	}
	request := struct {
		Query     string `json:"query"`
		Operation string `json:"operationName,omitempty"`
		Variables any    `json:"variables"`
	}{Query: document, Variables: json.RawMessage(encoded)}
	if c.cfg.Encoding == VariablesAsString {
		request.Variables = string(encoded)
	}
	if op.named {
		request.Operation = op.name
	}
	if body, err = Marshal(request); err != nil {
		return nil, nil, fmt.Errorf("encoding the request: %w", err)
	}
	return encoded, body, nil
}

// Marshal encodes as JSON without HTML escapes, which would only make flows larger.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err //nolint:wrapcheck // the callers say what was encoded
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// failure is an attempt that did not succeed.
type failure struct {
	err *Error
	// retryable is set if another attempt may help.
	retryable bool
	// retryAfter is the wait that the answer requested, or 0.
	retryAfter time.Duration
	event      Event
}

// attempt sends the request once. It logs successes; the caller logs failures, because it knows if a retry
// follows.
func (c *Client) attempt(
	ctx context.Context, op *operation, name string, number int, body []byte,
) (json.RawMessage, *failure) {
	event := Event{Operation: name, Endpoint: c.endpoint, Attempt: number, RequestBytes: len(body)}
	limited, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	var sent atomic.Bool
	// A transport other than Go's own may not report its progress; then any failure counts as one after
	// sending.
	sent.Store(c.opaque)
	limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		// From here on the Server may have seen something.
		WroteHeaders: func() { sent.Store(true) },
	})
	started := time.Now()
	status, header, answer, err := c.post(limited, body)
	event.Duration, event.Status, event.ResponseBytes = time.Since(started), status, len(answer)
	var data json.RawMessage
	var f *failure
	if err != nil {
		f = c.networkFailure(limited, err, sent.Load())
	} else {
		c.clock.observe(header, started, time.Now())
		data, f = readAnswer(op, status, header, answer)
	}
	if f == nil {
		c.log(ctx, event)
		return data, nil
	}
	f.err.Operation, f.err.Endpoint, f.err.Status = name, c.endpoint, status
	f.err.Message = c.redact(f.err.Message)
	f.err.Permanent = !f.retryable
	event.Err = f.err
	f.event = event
	return nil, f
}

// post sends a body and reads the whole answer.
func (c *Client) post(ctx context.Context, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("building the request: %w", err)
	}
	c.setHeaders(req.Header)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, err //nolint:wrapcheck // networkFailure looks at it
	}
	defer func() { _ = resp.Body.Close() }() // the answer has been read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err == nil && len(answer) > maxResponse {
		err = errAnswerTooLarge
	}
	if err != nil {
		return resp.StatusCode, resp.Header, nil, fmt.Errorf("reading the answer: %w", err)
	}
	return resp.StatusCode, resp.Header, answer, nil
}

func (c *Client) setHeaders(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", c.cfg.UserAgent)
	switch {
	case c.cfg.APIKey != "":
		h.Set("Authorization", "Bearer "+c.cfg.APIKey)
		if IsUUID(c.cfg.Tenant) {
			h.Set("X-PREFECT-TENANT-ID", c.cfg.Tenant)
		}
	case c.cfg.BasicAuth != nil:
		r := http.Request{Header: h}
		r.SetBasicAuth(c.cfg.BasicAuth.Username, c.cfg.BasicAuth.Password)
	}
	for name, value := range c.cfg.Headers {
		h.Set(name, value)
	}
}

// decode reads an answer's data; numbers become json.Number where out does not give their type.
func (c *Client) decode(op *operation, name string, data json.RawMessage, out any) error {
	if out == nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(out); err != nil {
		return &Error{
			Operation: name, Endpoint: c.endpoint, Status: http.StatusOK, Kind: ErrNotPrefect, Err: err, Ambiguous: op.mutation,
			Message: "the answer does not have the form of a Prefect Server 1.x answer: " + c.redact(err.Error()),
		}
	}
	return nil
}
