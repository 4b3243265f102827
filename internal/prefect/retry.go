package prefect

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// firstBackoff is the longest wait before the first repetition; each further one may be twice as long.
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 10 * time.Second
	// maxRetryAfter is the longest wait that a Server may ask for. One that asks for more is reported instead.
	maxRetryAfter = time.Minute
)

// retryWait says whether to repeat after a failure, and how long to wait before. allowed says that a repetition would be
// harmless and is not one too many.
func retryWait(f *failure, attempt int, allowed bool) (time.Duration, bool) {
	if !allowed || !f.retryable || f.retryAfter > maxRetryAfter {
		return 0, false
	}
	return max(backoff(attempt), f.retryAfter), true
}

// backoff is a random time between half of and the whole wait that follows the given attempt, so that many clients that
// failed together do not come back together.
func backoff(attempt int) time.Duration {
	whole := maxBackoff
	if attempt < 10 {
		whole = min(maxBackoff, firstBackoff<<(attempt-1))
	}
	return whole/2 + rand.N(whole/2+1) //nolint:gosec // no secret depends on it
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	// Against the answer's own date, if it has one: the two clocks may differ.
	now := time.Now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now))
}

// reason is why a request is repeated, for the log.
func (e *Error) reason() string {
	switch {
	case errors.Is(e.Kind, ErrUnreachable), errors.Is(e.Kind, ErrUnavailable), errors.Is(e.Kind, ErrInternal):
		return e.Message
	default:
		return e.Kind.Error()
	}
}

// sleepTimer is the default of Config.Sleep.
func sleepTimer(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// requestTrace remembers whether any attempt of a request may have been carried out unnoticed.
type requestTrace struct {
	mu        sync.Mutex
	ambiguous bool
}

type traceKey struct{}

// traced returns a context that makes requests report to the trace.
func traced(ctx context.Context) (context.Context, *requestTrace) {
	t := &requestTrace{}
	return context.WithValue(ctx, traceKey{}, t), t
}

// untraced returns a context whose requests report to no trace.
func untraced(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, (*requestTrace)(nil))
}

// tracedBy returns the context's trace, or nil.
func tracedBy(ctx context.Context) *requestTrace {
	t, _ := ctx.Value(traceKey{}).(*requestTrace)
	return t
}

func (t *requestTrace) add(ambiguous bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ambiguous = t.ambiguous || ambiguous
}

// doubtful says whether an attempt before the last may have been carried out.
func (t *requestTrace) doubtful() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ambiguous
}

// serverClock estimates the Server's clock from the Date of its answers.
type serverClock struct {
	mu     sync.Mutex
	offset time.Duration
}

// observe learns from an answer that came between the two moments.
func (s *serverClock) observe(header http.Header, started, ended time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = date.Sub(started.Add(ended.Sub(started) / 2))
}

// at converts a moment of this machine's clock to the Server's, exact to about a second.
func (s *serverClock) at(t time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.Add(s.offset)
}
