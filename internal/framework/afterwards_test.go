package framework

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int32
		a := &Afterwards{}
		a.Finish() // of nothing
		a.Do(func(context.Context) { done.Add(1) })
		if done.Load() != 0 {
			t.Error("done before the call has returned")
		}
		time.Sleep(settleTime + time.Millisecond) // of the test's own clock
		if done.Load() != 1 {
			t.Error("not done after a while")
		}
		began := time.Now()
		a.Do(func(context.Context) { time.Sleep(time.Second); done.Add(1) })
		a.Finish()
		if took := time.Since(began); done.Load() != 2 || took != time.Second {
			t.Errorf("done %d times, the last at once in %s", done.Load(), took)
		}
		a.Finish()
		time.Sleep(time.Second)
		if done.Load() != 2 {
			t.Errorf("done %d times", done.Load())
		}
	})
}

// Terraform kills a provider that does not end within two seconds. What has been
// begun before counts too.
func TestFinishEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &Afterwards{}
		hang := func(until context.Context) { <-until.Done() }
		a.Do(hang)
		time.Sleep(settleTime + time.Millisecond)
		a.Do(hang)
		began := time.Now()
		a.Finish()
		if took := time.Since(began); took >= 2*time.Second || took < time.Second {
			t.Errorf("ended after %s", took)
		}
	})
}
