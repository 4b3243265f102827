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

// readyInterval is how long WaitReady waits between two looks.
const readyInterval = 2 * time.Second

// readiness remembers whether the Server was found ready, so that only the first request waits for it.
type readiness struct {
	// lock is held by the one request that waits, with the fields below.
	lock     chan struct{}
	done     bool
	deadline time.Time
}

// WaitReady returns once the Server answers both from its database and from its own services, waiting through the
// failures of a Server that is starting, until ctx or the configuration's ReadyTimeout ends. Without a ReadyTimeout it
// looks once. A failure that waiting does not cure (wrong URL, wrong credentials) is returned at once.
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
			// The time is over for later requests too: they look once.
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

// looksReady asks once. The question changes nothing on the Server, so a failure leaves no doubt about the request that
// waits for the answer: that has not been sent.
func (c *Client) looksReady(ctx context.Context) error {
	var out graphql.ReadyResponse
	err := c.http.Execute(transport.Untraced(ctx), graphql.Ready_Operation, "Ready", nil, &out, 0)
	var e *Error
	if errors.As(err, &e) {
		e.Ambiguous = false
	}
	return err
}

// starting says whether a failure is one that a Server shows while it starts. Apollo, the part that answers, begins to
// listen only after it has read the other parts' schemas, and those parts may be restarted later. A name that does not
// resolve is not worth a repetition a moment later, but a Server that was only just installed gets its name meanwhile.
func starting(e *Error) bool {
	var dns *net.DNSError
	return errors.Is(e.Kind, ErrUnavailable) || errors.Is(e.Kind, ErrInternal) ||
		(errors.Is(e.Kind, ErrUnreachable) && (!e.Permanent || errors.As(e.Err, &dns)))
}

// ReadyWithin looks whether the Server is ready, as [Client.WaitReady] does, but each time anew and with a patience of
// its own: zero looks once. It returns the last failure when the time is over, and a failure that waiting does not cure
// at once; [Starting] tells them apart.
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

// Starting says whether an error is one that a Server gives while it starts, or is stopped.
func Starting(err error) bool {
	var e *Error
	return errors.As(err, &e) && starting(e)
}

// ServerTime is the present moment by the Server's clock, as far as its answers have shown it; exact to about a second.
func (c *Client) ServerTime() time.Time { return c.http.ServerTime(c.http.Now()) }
