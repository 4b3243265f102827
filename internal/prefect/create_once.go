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
	// lateCreation is how long after it was given up the Server may still carry a creation out.
	lateCreation = time.Minute
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

// createOnce creates an object whose creation must not simply be repeated. When an attempt ends without a proper answer
// it looks for the result before it tries again: find returns the id of an object like the wanted one that was created
// in the period, or ErrNotFound.
//
// When ctx ends while the Server may be at it, the result is looked for as well, for a few seconds, so that the caller
// can keep the object. If the Server cannot be asked, the error is an [*UncertainError].
func (c *Client) createOnce(
	ctx context.Context,
	create func(context.Context) (string, error),
	find func(context.Context, Period) (string, error),
) (string, error) {
	n := creation{Client: c, started: c.http.Now(), find: find}
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
			return n.findInterrupted(ctx, err)
		}
		if !transport.IsAmbiguous(err) && (!doubtful || !errors.Is(err, ErrUniqueness)) {
			if doubtful {
				// Whatever this attempt met, an earlier one may have been carried out since the last look.
				return n.findRefused(ctx, err)
			}
			return "", err
		}
		doubtful = true
		if sleepErr := c.http.Sleep(ctx, transport.Backoff(attempt)); sleepErr != nil {
			return n.findInterrupted(ctx, fmt.Errorf("%w (%w)", sleepErr, err))
		}
		found, findErr := n.look(ctx)
		switch {
		case findErr == nil:
			return found, nil
		case ctx.Err() != nil:
			return n.findInterrupted(ctx, findErr)
		case !errors.Is(findErr, ErrNotFound):
			return "", n.uncertain(fmt.Errorf("%w (looking for the result: %w)", err, findErr))
		case attempt > c.http.Config().MaxRetries || !transport.IsAmbiguous(err):
			return "", err
		}
	}
}

// creation is a creation that is under way.
type creation struct {
	*Client
	started time.Time
	find    func(context.Context, Period) (string, error)
}

// look looks for the result.
func (n *creation) look(ctx context.Context) (string, error) {
	return n.find(ctx, Period{From: n.http.ServerTime(n.started).Add(-clockSlack)})
}

// uncertain is the error of a creation whose result could not be looked for.
func (n *creation) uncertain(err error) error {
	return &UncertainError{Err: err, Period: Period{
		From: n.http.ServerTime(n.started).Add(-clockSlack), To: n.http.ServerTime(n.http.Now()).Add(lateCreation),
	}}
}

// findRefused looks for the result of attempts without a proper answer, after the last one was refused.
func (n *creation) findRefused(ctx context.Context, refused error) (string, error) {
	id, err := n.look(ctx)
	switch {
	case err == nil:
		return id, nil
	case errors.Is(err, ErrNotFound):
		return "", refused
	}
	return "", n.uncertain(fmt.Errorf("%w (looking for the result: %w)", refused, err))
}

// findInterrupted looks for the result of a creation although ctx has ended; interrupted is the error of that.
func (n *creation) findInterrupted(ctx context.Context, interrupted error) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedSearch)
	defer cancel()
	for looks := 1; ; looks++ {
		id, err := n.look(ctx)
		switch {
		case err == nil:
			return id, nil
		case !errors.Is(err, ErrNotFound):
			return "", n.uncertain(interrupted)
		case looks == interruptedLooks:
			return "", interrupted
		}
		if err := n.http.Sleep(ctx, transport.Backoff(looks)); err != nil {
			return "", n.uncertain(interrupted)
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
