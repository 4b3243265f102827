package transport

import (
	"context"
	"sync"
)

// Doubt records if any attempt of a request may have been executed without an answer.
type Doubt struct {
	mu        sync.Mutex
	ambiguous bool
}

type traceKey struct{}

// Traced returns a context whose requests report to the returned Doubt.
func Traced(ctx context.Context) (context.Context, *Doubt) {
	t := &Doubt{}
	return context.WithValue(ctx, traceKey{}, t), t
}

// Untraced returns a context whose requests report to no Doubt.
func Untraced(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, (*Doubt)(nil))
}

// tracedBy returns the context's Doubt, or nil.
func tracedBy(ctx context.Context) *Doubt {
	t, _ := ctx.Value(traceKey{}).(*Doubt)
	return t
}

func (t *Doubt) add(ambiguous bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ambiguous = t.ambiguous || ambiguous
}

// Doubtful reports whether an attempt before the last may have been executed.
func (t *Doubt) Doubtful() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ambiguous
}
