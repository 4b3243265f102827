package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// firstBackoff is the longest wait before the first retry; each further one may be twice as long.
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 10 * time.Second
	// maxRetryAfter is the longest wait that a Server may request. A longer request is reported as an error.
	maxRetryAfter = time.Minute
)

// retryWait reports whether to retry after a failure, and how long to wait first. allowed is true if a retry
// is harmless and the limit is not reached.
func retryWait(f *failure, attempt int, allowed bool) (time.Duration, bool) {
	if !allowed || !f.retryable || f.retryAfter > maxRetryAfter {
		return 0, false
	}
	return max(Backoff(attempt), f.retryAfter), true
}

// Backoff returns a random time between half and all of the wait after the given attempt, so that clients
// that failed together do not retry together.
func Backoff(attempt int) time.Duration {
	whole := maxBackoff
	if attempt < 10 {
		whole = min(maxBackoff, firstBackoff<<(attempt-1))
	}
	return whole/2 + rand.N(whole/2+1) //nolint:gosec // no secret depends on it
}

// retryAfter reads the Retry-After header: seconds or a date.
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
	// Relative to the answer's own date, if it has one: the two clocks may differ.
	now := time.Now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now))
}

// reason is why a request is retried, for the log.
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
