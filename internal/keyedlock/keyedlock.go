// Package keyedlock serialises work on the same key and lets work on different keys run concurrently.
package keyedlock

import (
	"context"
	"fmt"
	"sync"
)

// Lock is a mutex per key. The zero value is ready for use. Give K its own type, so that keys cannot be mixed
// up, and a String method or %v form that names the object in messages.
type Lock[K comparable] struct {
	mu   sync.Mutex
	held map[K]chan struct{} // closed on release
}

// Acquire waits until the key is free, and holds it until release is called. It fails only if ctx ends first.
func (l *Lock[K]) Acquire(ctx context.Context, key K) (release func(), err error) {
	for {
		l.mu.Lock()
		before, taken := l.held[key]
		if !taken {
			if l.held == nil {
				l.held = map[K]chan struct{}{}
			}
			mine := make(chan struct{})
			l.held[key] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, key)
				l.mu.Unlock()
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another operation on %v: %w", key, context.Cause(ctx))
		}
	}
}
