// Package keyedlock lets work on the same thing happen one after the other, and work on different things at the same
// time.
package keyedlock

import (
	"context"
	"fmt"
	"sync"
)

// Lock is a mutex per key. The zero value is ready for use. Give K a type of its own, so that a key cannot be taken for
// another one, and a String method or a %v form that names the thing in messages.
type Lock[K comparable] struct {
	mu   sync.Mutex
	held map[K]chan struct{} // closed on release
}

// Acquire waits until nobody holds the key, and holds it until release is called. It fails only when ctx ends first.
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
