package prefect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// clockSlack is how far the estimate of the Server's clock may be off.
const clockSlack = 5 * time.Second

// succeeded turns the usual answer of a mutation into an error: the Server says success: false, without an error, when
// the row does not exist.
func (c *Client) succeeded(operation, what string, s *graphql.Success, err error) error {
	switch {
	case err != nil:
		return err
	case s != nil && value(s.Success):
		return nil
	case s != nil && value(s.Error) != "":
		return &Error{Operation: operation, Endpoint: c.endpoint, Kind: ErrInvalid, Message: c.redact(value(s.Error))}
	default:
		return c.notFound(operation, what)
	}
}

// deleted is like succeeded for a removal that may have been repeated: a row that is not there any more after an attempt
// without answer was removed by that attempt.
func (c *Client) deleted(trace *requestTrace, operation, what string, s *graphql.Success, err error) error {
	err = c.succeeded(operation, what, s, err)
	if errors.Is(err, ErrNotFound) && trace.doubtful() {
		return nil
	}
	return err
}

// createOnce creates an object whose creation must not simply be repeated. When an attempt ends without a proper answer
// it looks for the result before it tries again: find returns the id of an object like the wanted one that was created
// not before since, by the Server's clock, or ErrNotFound.
func (c *Client) createOnce(
	ctx context.Context,
	create func(context.Context) (string, error),
	find func(ctx context.Context, since time.Time) (string, error),
) (string, error) {
	started := c.now()
	doubtful := false
	for attempt := 1; ; attempt++ {
		id, err := create(ctx)
		if err == nil {
			return id, nil
		}
		if ctx.Err() != nil || (!isAmbiguous(err) && (!doubtful || !errors.Is(err, ErrUniqueness))) {
			return "", err
		}
		doubtful = true
		if sleepErr := c.sleep(ctx, backoff(attempt)); sleepErr != nil {
			return "", fmt.Errorf("%w (%w)", sleepErr, err)
		}
		found, findErr := find(ctx, c.clock.at(started).Add(-clockSlack))
		switch {
		case findErr == nil:
			return found, nil
		case !errors.Is(findErr, ErrNotFound):
			return "", errors.Join(err, fmt.Errorf("looking for the result: %w", findErr))
		case attempt > c.cfg.MaxRetries || !isAmbiguous(err):
			return "", err
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
		Operation: operation, Endpoint: c.endpoint, Kind: ErrNotPrefect,
		Message: "the answer holds no id", Ambiguous: true,
	}
}
