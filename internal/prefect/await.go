package prefect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ReadyWithin looks whether the Server is ready, as [Client.WaitReady] does, but each time anew and with a patience of
// its own: zero looks once. It returns the last failure when the time is over, and a failure that waiting does not cure
// at once; [Starting] tells them apart.
func (c *Client) ReadyWithin(ctx context.Context, patience time.Duration) error {
	deadline := c.now().Add(patience)
	for {
		err := c.looksReady(ctx)
		if err == nil || !Starting(err) || !c.now().Add(readyInterval).Before(deadline) {
			return err
		}
		if err := c.sleep(ctx, readyInterval); err != nil {
			return fmt.Errorf("waiting for Prefect Server at %s: %w", c.endpoint, err)
		}
	}
}

// Starting says whether an error is one that a Server gives while it starts, or is stopped.
func Starting(err error) bool {
	var e *Error
	return errors.As(err, &e) && starting(e)
}

// ServerTime is the present moment by the Server's clock, as far as its answers have shown it; exact to about a second.
func (c *Client) ServerTime() time.Time { return c.clock.at(c.now()) }
