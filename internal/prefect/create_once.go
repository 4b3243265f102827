package prefect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

const (
	// clockSlack is the largest error expected in the estimate of the Server's clock.
	clockSlack = 5 * time.Second
	// interruptedSearch is how long to look for the result of an interrupted creation.
	interruptedSearch = 5 * time.Second
	// interruptedLooks is how many times to look: a slow Server may execute the request only after the client
	// has given up.
	interruptedLooks = 4
)

// succeeded turns the usual answer of a mutation into an error: when the row does not exist, the Server
// answers success: false without an error.
func (c *Client) succeeded(operation, what string, s *graphql.Success, err error) error {
	switch {
	case err != nil:
		return err
	case s != nil && value(s.Success):
		return nil
	case s != nil && value(s.Error) != "":
		return &Error{Operation: operation, Endpoint: c.Endpoint(), Kind: ErrInvalid, Message: c.http.Redact(value(s.Error))}
	case s != nil && s.Success != nil:
		return c.http.NotFound(operation, what)
	default:
		return &Error{
			Operation: operation, Endpoint: c.Endpoint(), Kind: ErrNotPrefect, Ambiguous: true,
			Message: "the answer does not say if it succeeded",
		}
	}
}

// deleted is succeeded for a deletion that may have been retried: if an earlier attempt got no answer and the
// row is gone, that attempt deleted it.
func (c *Client) deleted(trace *transport.Doubt, operation, what string, s *graphql.Success, err error) error {
	err = c.succeeded(operation, what, s, err)
	if errors.Is(err, ErrNotFound) && trace.Doubtful() {
		return nil
	}
	return err
}

// createOnce creates an object whose creation is not safe to repeat. When an attempt ends without a proper
// answer, it looks for the result before it tries again. find returns the id of a matching object created at
// or after since, by the Server's clock, or ErrNotFound.
//
// When ctx ends while the Server may be executing the request, createOnce still looks for the result for a
// few seconds, so that the caller can keep the object. If that fails as well, the error is both ErrUncertain
// and the context's error.
func (c *Client) createOnce(
	ctx context.Context,
	create func(context.Context) (string, error),
	find func(ctx context.Context, since time.Time) (string, error),
) (string, error) {
	started := c.http.Now()
	look := func(ctx context.Context) (string, error) {
		return find(ctx, c.http.ServerTime(started).Add(-clockSlack))
	}
	doubtful := false
	for attempt := 1; ; attempt++ {
		watched, trace := transport.Traced(ctx)
		id, err := create(watched)
		if err == nil {
			return id, nil
		}
		if ctx.Err() != nil {
			if !doubtful && !trace.Doubtful() {
				return "", err
			}
			return c.findInterrupted(ctx, err, look)
		}
		if !transport.IsAmbiguous(err) && (!doubtful || !errors.Is(err, ErrUniqueness)) {
			return "", err
		}
		doubtful = true
		if sleepErr := c.http.Sleep(ctx, transport.Backoff(attempt)); sleepErr != nil {
			return c.findInterrupted(ctx, fmt.Errorf("%w (%w)", sleepErr, err), look)
		}
		found, findErr := look(ctx)
		switch {
		case findErr == nil:
			return found, nil
		case ctx.Err() != nil:
			return c.findInterrupted(ctx, findErr, look)
		case !errors.Is(findErr, ErrNotFound):
			return "", errors.Join(err, fmt.Errorf("looking for the result: %w", findErr))
		case attempt > c.http.Config().MaxRetries || !transport.IsAmbiguous(err):
			return "", err
		}
	}
}

// findInterrupted looks for the result of a creation after ctx has ended; interrupted is that error.
func (c *Client) findInterrupted(ctx context.Context, interrupted error, find func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedSearch)
	defer cancel()
	for looks := 1; ; looks++ {
		id, err := find(ctx)
		switch {
		case err == nil:
			return id, nil
		case !errors.Is(err, ErrNotFound):
			return "", fmt.Errorf("%w: %w", ErrUncertain, interrupted)
		case looks == interruptedLooks:
			return "", interrupted
		}
		if err := c.http.Sleep(ctx, transport.Backoff(looks)); err != nil {
			return "", fmt.Errorf("%w: %w", ErrUncertain, interrupted)
		}
	}
}

// newID returns the id in a creation's answer.
func newID[T any, P interface {
	*T
	GetId() *string
}](c *Client, operation string, payload P) (string, error) {
	if payload != nil {
		if id := payload.GetId(); value(id) != "" {
			return *id, nil
		}
	}
	return "", &Error{
		Operation: operation, Endpoint: c.Endpoint(), Kind: ErrNotPrefect,
		Message: "the answer contains no id", Ambiguous: true,
	}
}
