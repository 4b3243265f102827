package prefect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
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
		return fmt.Errorf("waiting for Prefect Server at %s: %w", c.endpoint, context.Cause(ctx))
	}
	if c.ready.done {
		return nil
	}
	if c.ready.deadline.IsZero() {
		c.ready.deadline = c.now().Add(c.cfg.ReadyTimeout)
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
		if !c.now().Add(readyInterval).Before(c.ready.deadline) {
			// The time is over for later requests too: they look once.
			if c.cfg.ReadyTimeout > 0 {
				e.Message = fmt.Sprintf("not ready after %s: %s", c.cfg.ReadyTimeout, e.Message)
			}
			return e
		}
		if err := c.sleep(ctx, readyInterval); err != nil {
			return fmt.Errorf("waiting for Prefect Server at %s: %w", c.endpoint, err)
		}
	}
}

// awaitReady makes the first request wait for the Server when the configuration says so.
func (c *Client) awaitReady(ctx context.Context) error {
	if c.cfg.ReadyTimeout == 0 {
		return nil
	}
	return c.WaitReady(ctx)
}

// looksReady asks once. The question changes nothing on the Server, so a failure leaves no doubt about the request that
// waits for the answer: that has not been sent.
func (c *Client) looksReady(ctx context.Context) error {
	var out graphql.ReadyResponse
	err := c.execute(untraced(ctx), graphql.Ready_Operation, "Ready", nil, &out, 0)
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
		(errors.Is(e.Kind, ErrUnreachable) && (!e.permanent || errors.As(e.Err, &dns)))
}
