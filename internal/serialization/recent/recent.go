// Package recent caches the most recently used results of pure functions, up to a limit.
package recent

import (
	"container/list"
	"sync"
)

// Results is a cache by key. The sum of the weights stays within a limit; the least recently used results are
// evicted first.
type Results[K comparable, V any] struct {
	limit int

	mu     sync.Mutex
	weight int
	order  *list.List // of *entry, most recently used first
	byKey  map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key    K
	weight int
	once   sync.Once
	value  V
}

// New returns a cache for results with a total weight of at most limit.
func New[K comparable, V any](limit int) *Results[K, V] {
	return &Results[K, V]{limit: limit, order: list.New(), byKey: map[K]*list.Element{}}
}

// Get returns the result for a key, and computes it if it is not cached. Concurrent callers for one key share
// a computation. A result heavier than the limit is not cached.
func (r *Results[K, V]) Get(key K, weight int, compute func() V) V {
	e := r.entry(key, weight)
	e.once.Do(func() { e.value = compute() })
	return e.value
}

func (r *Results[K, V]) entry(key K, weight int) *entry[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, found := r.byKey[key]; found {
		r.order.MoveToFront(kept)
		return kept.Value.(*entry[K, V]) //nolint:forcetypeassert,errcheck // only entries are stored
	}
	e := &entry[K, V]{key: key, weight: weight}
	if weight > r.limit {
		return e
	}
	r.byKey[key] = r.order.PushFront(e)
	r.weight += weight
	for r.weight > r.limit {
		last := r.order.Back()
		gone := r.order.Remove(last).(*entry[K, V]) //nolint:forcetypeassert,errcheck // as above
		delete(r.byKey, gone.key)
		r.weight -= gone.weight
	}
	return e
}

// Weight is the total weight of the cached results.
func (r *Results[K, V]) Weight() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.weight
}
