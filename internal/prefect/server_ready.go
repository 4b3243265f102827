package prefect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// readyInterval is how long WaitReady waits between two checks.
const readyInterval = 2 * time.Second

// readiness records if the Server was found ready, so that only the first request waits.
type readiness struct {
	// lock is held by the one request that waits; it guards the fields below.
	lock     chan struct{}
	done     bool
	deadline time.Time
}

// WaitReady returns once both the Server's database and its own services answer. It waits through the
// failures of a starting Server until ctx or the configuration's ReadyTimeout ends. Without a ReadyTimeout it
// checks once. It returns a failure that waiting does not cure (wrong URL, wrong credentials) immediately.
func (c *Client) WaitReady(ctx context.Context) error {
	select {
	case c.ready.lock <- struct{}{}:
		defer func() { <-c.ready.lock }()
	case <-ctx.Done():
		return fmt.Errorf("waiting for Prefect Server at %s: %w", c.Endpoint(), context.Cause(ctx))
	}
	if c.ready.done {
		return nil
	}
	if c.ready.deadline.IsZero() {
		c.ready.deadline = c.http.Now().Add(c.http.Config().ReadyTimeout)
	}
	for {
		err := c.looksReady(ctx)
		if err == nil {
			c.ready.done = true
			return nil
		}
		var e *Error
		if !errors.As(err, &e) || !starting(e) {
			return err
		}
		if !c.http.Now().Add(readyInterval).Before(c.ready.deadline) {
			// The time has run out for later requests too: they check once.
			if c.http.Config().ReadyTimeout > 0 {
				e.Message = fmt.Sprintf("not ready after %s: %s", c.http.Config().ReadyTimeout, e.Message)
			}
			return e
		}
		if err := c.http.Sleep(ctx, readyInterval); err != nil {
			return fmt.Errorf("waiting for Prefect Server at %s: %w", c.Endpoint(), err)
		}
	}
}

// awaitReady makes the first request wait for the Server when the configuration says so.
func (c *Client) awaitReady(ctx context.Context) error {
	if c.http.Config().ReadyTimeout == 0 {
		return nil
	}
	return c.WaitReady(ctx)
}

// looksReady checks once. The check changes nothing on the Server, and the request that waits for it has not
// been sent, so a failure is never ambiguous.
func (c *Client) looksReady(ctx context.Context) error {
	var out graphql.ReadyResponse
	err := c.http.Execute(transport.Untraced(ctx), graphql.Ready_Operation, "Ready", nil, &out, 0)
	var e *Error
	if errors.As(err, &e) {
		e.Ambiguous = false
	}
	return err
}

// starting reports whether a failure is typical of a starting Server. Apollo, the part that answers, listens
// only after it has read the other services' schemas, and those may restart later. A name that does not
// resolve is not worth an ordinary retry, but a newly installed Server gets its name during that time.
func starting(e *Error) bool {
	var dns *net.DNSError
	return errors.Is(e.Kind, ErrUnavailable) || errors.Is(e.Kind, ErrInternal) ||
		(errors.Is(e.Kind, ErrUnreachable) && (!e.Permanent || errors.As(e.Err, &dns)))
}

// ReadyWithin waits up to patience for the Server to be ready, like [Client.WaitReady] but anew at each call;
// zero checks once. It returns the last failure when time runs out, and a failure that waiting does not cure
// immediately; use [Starting] to distinguish them.
func (c *Client) ReadyWithin(ctx context.Context, patience time.Duration) error {
	deadline := c.http.Now().Add(patience)
	for {
		err := c.looksReady(ctx)
		if err == nil || !Starting(err) || !c.http.Now().Add(readyInterval).Before(deadline) {
			return err
		}
		if err := c.http.Sleep(ctx, readyInterval); err != nil {
			return fmt.Errorf("waiting for Prefect Server at %s: %w", c.Endpoint(), err)
		}
	}
}

// Starting reports whether an error is typical of a Server that is starting or stopped.
func Starting(err error) bool {
	var e *Error
	return errors.As(err, &e) && starting(e)
}

// ServerTime is the current time by the Server's clock, estimated from its answers to about a second.
func (c *Client) ServerTime() time.Time { return c.http.ServerTime(c.http.Now()) }
