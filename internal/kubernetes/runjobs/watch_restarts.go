package runjobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errRestless reports a watch that does not last.
var errRestless = errors.New("the API server keeps ending the watch")

// An informer lists and watches again when a watch ends, and does so at once if the API server answers that
// its version is gone (410). A server that always answers 410 would be queried without pause.
const (
	freeStarts    = 3 // a list, a watch, and one retry
	firstPause    = 250 * time.Millisecond
	longestPause  = 30 * time.Second
	calmAfter     = time.Minute
	restlessAfter = 6
)

// restarts spaces the requests of one informer, which sends them one at a time.
type restarts struct {
	count int
	last  time.Time
}

// pause waits before the next request. The error is the context's.
func (r *restarts) pause(ctx context.Context) error {
	now := time.Now()
	if now.Sub(r.last) > calmAfter {
		r.count = 0
	}
	r.count++
	wait := time.Duration(0)
	if over := r.count - freeStarts; over > 0 {
		wait = min(firstPause<<min(over-1, 10), longestPause)
	}
	r.last = now.Add(wait)
	if wait == 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to ask again: %w", ctx.Err())
	}
}

// restless reports whether the requests follow each other too quickly.
func (r *restarts) restless() bool { return r.count >= restlessAfter }
