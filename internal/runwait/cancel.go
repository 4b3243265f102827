package runwait

import (
	"context"
	"errors"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// ErrNotEnded means that a cancelled run did not end in time.
var ErrNotEnded = errors.New("the run did not end in time after it was cancelled")

// Canceller is the part of the Server's API that Cancel needs.
type Canceller interface {
	CancelFlowRun(ctx context.Context, id string) (string, error)
	GetFlowRun(ctx context.Context, id string) (*prefect.FlowRun, error)
}

// Cancel cancels a run and waits until it has finished or idle reports that nothing executes it any more, for
// at most patience (0: no limit). It returns the run as last seen, or nil if its record is gone; ErrNotEnded
// after patience.
//
// A run that is being cancelled already is only waited for: the Server looks at the run and then sets its state, and would
// put Cancelling over the Cancelled that arrives in between. Nothing would end the run then but the Server's own clean-up.
func Cancel(ctx context.Context, server Canceller, id string, patience time.Duration, idle func(context.Context) bool) (*prefect.FlowRun, error) {
	began := time.Now()
	deadline := began.Add(patience)
	for asked := false; ; {
		run, err := server.GetFlowRun(ctx, id)
		switch {
		case errors.Is(err, prefect.ErrNotFound):
			return nil, nil //nolint:nilnil // a run without a record needs no cancelling
		case err != nil:
			return nil, err //nolint:wrapcheck // the client's errors name the request
		case states.IsFinished(run.State):
			return run, nil
		case !asked && !states.IsA(run.State, states.Cancelling):
			if _, err := server.CancelFlowRun(ctx, id); err != nil && !errors.Is(err, prefect.ErrNotFound) {
				return nil, err //nolint:wrapcheck // as above
			}
			asked = true
			continue
		case idle != nil && idle(ctx):
			return run, nil
		case patience > 0 && time.Now().After(deadline):
			return run, ErrNotEnded
		}
		timer := time.NewTimer(unforeseen(time.Since(began), 4*time.Second))
		select {
		case <-ctx.Done():
			timer.Stop()
			return run, ctx.Err() //nolint:wrapcheck // only makes the caller stop
		case <-timer.C:
		}
	}
}
