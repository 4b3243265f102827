package recent_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/recent"
)

func TestKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	results := recent.New[string, int](10)
	computed := 0
	get := func(key string, weight int) {
		t.Helper()
		if got := results.Get(key, weight, func() int { computed++; return len(key) }); got != len(key) {
			t.Errorf("%s: %d", key, got)
		}
		if results.Weight() > 10 {
			t.Errorf("%d are kept, above the limit", results.Weight())
		}
	}
	for _, step := range []struct {
		key    string
		weight int
		total  int
	}{
		{"a", 4, 1}, {"a", 4, 1}, {"bb", 4, 2}, {"a", 4, 2},
		{"ccc", 4, 3}, // bb goes
		{"a", 4, 3}, {"bb", 4, 4},
		{"heavy", 11, 5}, {"heavy", 11, 6}, {"bb", 4, 6}, // not kept, and displaces nothing
	} {
		if get(step.key, step.weight); computed != step.total {
			t.Errorf("%s: %d computations, want %d", step.key, computed, step.total)
		}
	}
}

func TestSharesAComputation(t *testing.T) {
	t.Parallel()
	results := recent.New[int, int](10)
	var computed atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { results.Get(1, 1, func() int { return int(computed.Add(1)) }) })
	}
	all.Wait()
	if computed.Load() != 1 {
		t.Errorf("computed %d times", computed.Load())
	}
}
