package keyedlock_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/keyedlock"
)

func TestOneHolderPerKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lock keyedlock.Lock[string]
		var holders [2]int
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				release, err := lock.Acquire(t.Context(), []string{"a", "b"}[i%2])
				if err != nil {
					t.Error(err)
					return
				}
				holders[i%2]++
				if holders[i%2] != 1 {
					t.Errorf("%d holders of one key", holders[i%2])
				}
				time.Sleep(time.Second) // everybody else who can get on does
				holders[i%2]--
				release()
			})
		}
		all.Wait()
	})
}

func TestOtherKeysDoNotWait(t *testing.T) {
	t.Parallel()
	var lock keyedlock.Lock[string]
	for _, key := range []string{"a", "b"} {
		release, err := lock.Acquire(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lock keyedlock.Lock[string]
		release, err := lock.Acquire(t.Context(), "flow a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() {
			_, err := lock.Acquire(ctx, "flow a")
			done <- err
		}()
		synctest.Wait()
		cause := errors.New("enough")
		cancel(cause)
		if err := <-done; !errors.Is(err, cause) || !strings.Contains(err.Error(), "flow a") {
			t.Errorf("error: %v", err)
		}
		release()
		again, err := lock.Acquire(t.Context(), "flow a")
		if err != nil {
			t.Fatal(err)
		}
		again()
	})
}
