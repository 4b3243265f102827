package framework

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestForEach works on 95 items, each of which takes a second, or half of one if it fails.
func TestForEach(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for name, test := range map[string]struct {
		patience time.Duration // until the context ends; 0: it does not
		fails    int           // the item that fails, from 1
		want     error
		begun    int
		took     time.Duration
	}{
		"all":         {begun: 95, took: 10 * time.Second},
		"one fails":   {fails: 15, want: wrong, begun: 20, took: 2 * time.Second},
		"context end": {patience: 2500 * time.Millisecond, want: context.DeadlineExceeded, begun: 30, took: 3 * time.Second},
		"no time":     {patience: -1, want: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.patience != 0 {
					var stop context.CancelFunc
					ctx, stop = context.WithTimeout(ctx, test.patience)
					defer stop()
				}
				began, begun, finished := time.Now(), atomic.Int64{}, atomic.Int64{}
				err := ForEach(ctx, make([]int, 95), func(*int) error {
					n := begun.Add(1)
					defer finished.Add(1)
					if n == int64(test.fails) {
						time.Sleep(time.Second / 2) // of the test's own clock
						return wrong
					}
					time.Sleep(time.Second)
					return nil
				})
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if took := time.Since(began); took != test.took || begun.Load() != int64(test.begun) || finished.Load() != begun.Load() {
					t.Errorf("begun %d, finished %d in %s; want %d in %s", begun.Load(), finished.Load(), took, test.begun, test.took)
				}
			})
		})
	}
}
