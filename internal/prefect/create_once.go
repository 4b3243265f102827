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
	// clockSlack is how far the estimate of the Server's clock may be off.
	clockSlack = 5 * time.Second
	// interruptedSearch is how long the result of an interrupted creation is looked for.
	interruptedSearch = 5 * time.Second
	// interruptedLooks is how often: a Server that is slow may carry the request out only after it was given up.
	interruptedLooks = 4
)

// succeeded turns the usual answer of a mutation into an error: the Server says success: false, without an error, when
// the row does not exist.
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
			Message: "the answer does not say whether it succeeded",
		}
	}
}

// deleted is like succeeded for a removal that may have been repeated: a row that is not there any more after an attempt
// without answer was removed by that attempt.
func (c *Client) deleted(trace *transport.Doubt, operation, what string, s *graphql.Success, err error) error {
	err = c.succeeded(operation, what, s, err)
	if errors.Is(err, ErrNotFound) && trace.Doubtful() {
		return nil
	}
	return err
}

// createOnce creates an object whose creation must not simply be repeated. When an attempt ends without a proper answer
// it looks for the result before it tries again: find returns the id of an object like the wanted one that was created
// not before since, by the Server's clock, or ErrNotFound.
//
// When ctx ends while the Server may be at it, the result is looked for as well, for a few seconds, so that the caller
// can keep the object. If that is not possible either, the error is ErrUncertain as well as the context's.
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

// findInterrupted looks for the result of a creation although ctx has ended; interrupted is the error of that.
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

// newID returns the id in the answer of a creation.
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
		Message: "the answer holds no id", Ambiguous: true,
	}
}
