package kubeclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// How long the API server may take to start its answer. A watch or port-forward may then last indefinitely;
// any other request must complete within the same time again.
const (
	readTimeout   = 10 * time.Second
	writeTimeout  = 35 * time.Second // admission webhooks may take up to 30 seconds
	silentTimeout = 2 * time.Second  // after an unanswered request
	silentFor     = time.Minute
)

// OperationTimeout limits an operation of several requests, including the pauses that the API server
// requests.
const OperationTimeout = 20 * time.Second

// NoAnswerError means that a cluster did not answer in time, or could not even be connected to. It does not
// match a context's error.
type NoAnswerError struct {
	Host  string // "" for an operation of several requests
	After time.Duration
}

// Error says how long the wait was.
func (e *NoAnswerError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("the API server did not complete its answer within %s", e.After)
	}
	return fmt.Sprintf("the API server at %s did not answer within %s", e.Host, e.After)
}

// Within runs an operation for at most limit, or until ctx ends if that is earlier. Reaching the limit is an
// error of kind ErrUnreachable, unlike the end of ctx.
func Within(ctx context.Context, limit time.Duration, operation func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := operation(bounded)
	if err == nil || ctx.Err() != nil || bounded.Err() == nil {
		return err
	}
	var access *AccessError
	if !errors.As(err, &access) {
		return err
	}
	late := *access
	late.Kind, late.Err = ErrUnreachable, &NoAnswerError{After: limit}
	return &late
}

// patience limits how long a client waits for its API server.
type patience struct {
	read, write, silent time.Duration
	mu                  sync.Mutex
	until               time.Time // when the API server stops counting as silent
}

func newPatience() *patience {
	return &patience{read: readTimeout, write: writeTimeout, silent: silentTimeout}
}

func (p *patience) limit(method string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case time.Now().Before(p.until):
		return p.silent
	case method == http.MethodGet:
		return p.read
	default:
		return p.write
	}
}

func (p *patience) heard(answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Time{}
	if !answered {
		p.until = time.Now().Add(silentFor)
	}
}

func (p *patience) wrap(next http.RoundTripper) http.RoundTripper {
	return &patientTransport{patience: p, next: next}
}

// patientTransport cancels requests that are not answered in time.
type patientTransport struct {
	patience *patience
	next     http.RoundTripper
}

// WrappedRoundTripper lets client-go find the wrapped transport.
func (t *patientTransport) WrappedRoundTripper() http.RoundTripper { return t.next }

// RoundTrip implements http.RoundTripper.
func (t *patientTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	began, limit := time.Now(), t.patience.limit(req.Method)
	late := &NoAnswerError{Host: req.URL.Host, After: limit}
	ctx, cancel := context.WithCancel(req.Context())
	var expired atomic.Bool
	timer := time.AfterFunc(limit, func() { expired.Store(true); cancel() })
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		timer.Stop()
		cancel()
		gaveUp := errors.Is(req.Context().Err(), context.DeadlineExceeded) && time.Since(began) >= t.patience.silent
		if expired.Load() || gaveUp {
			t.patience.heard(false)
		}
		if expired.Load() && req.Context().Err() == nil {
			return nil, late
		}
		return nil, err //nolint:wrapcheck // as of any transport
	}
	t.patience.heard(true)
	switch {
	case isUpgrade(req): // the connection outlives the response
		timer.Stop()
		return resp, nil
	case isStream(req):
		timer.Stop()
	default:
		timer.Reset(limit)
	}
	resp.Body = &patientBody{ReadCloser: resp.Body, expired: &expired, late: late, done: func() { timer.Stop(); cancel() }}
	return resp, nil
}

func isUpgrade(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/portforward") }

func isStream(req *http.Request) bool {
	watch := req.URL.Query().Get("watch")
	return watch == "true" || watch == "1" || strings.HasSuffix(req.URL.Path, "/log")
}

// patientBody is an answer that must be complete in time.
type patientBody struct {
	io.ReadCloser
	expired *atomic.Bool
	late    error
	done    func()
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && b.expired.Load() {
		err = b.late
	}
	return n, err //nolint:wrapcheck // as of any body
}

// Close implements io.Closer.
func (b *patientBody) Close() error {
	b.done()
	return b.ReadCloser.Close() //nolint:wrapcheck // as of any body
}
