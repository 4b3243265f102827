package framework_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p framework.Progress
		expect := func(since time.Time, want time.Duration) {
			t.Helper()
			if got := p.Idle(since); got != want {
				t.Errorf("idle for %s, want %s", got, want)
			}
		}
		began := time.Now()
		time.Sleep(2 * time.Second)
		expect(began, 2*time.Second)
		p.Made()
		expect(began, 0)
		time.Sleep(time.Second)
		expect(began, time.Second)
		expect(time.Now(), 0) // what succeeded before does not count
	})
}
