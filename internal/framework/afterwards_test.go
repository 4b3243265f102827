package framework

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int32
		a := &afterwards{}
		a.add(func() { done.Add(1) })
		if done.Load() != 0 {
			t.Error("done before the call has returned")
		}
		time.Sleep(settleTime + time.Millisecond) // of the test's own clock
		if done.Load() != 1 {
			t.Error("not done after a while")
		}
		began := time.Now()
		a.add(func() { time.Sleep(time.Second); done.Add(1) })
		a.finish()
		if took := time.Since(began); done.Load() != 2 || took != time.Second {
			t.Errorf("done %d times, the last at once in %s", done.Load(), took)
		}
		a.finish()
		time.Sleep(time.Second)
		if done.Load() != 2 {
			t.Errorf("done %d times", done.Load())
		}
	})
}
