package prefect

import (
	"context"
	"fmt"
	"sync"
)

// turns lets those who need the same thing use it one after the other. The zero value is ready for use.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when it is given back
}

// take waits until nobody has the thing of a name, and takes it. The error is that the context ended first.
func (t *turns) take(ctx context.Context, name string) (release func(), err error) {
	for {
		t.mu.Lock()
		before, waiting := t.taken[name]
		if !waiting {
			if t.taken == nil {
				t.taken = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			t.taken[name] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.taken, name)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another operation on %s: %w", name, context.Cause(ctx))
		}
	}
}

// registrationOf names what two registrations have in common that would become versions of one flow.
func registrationOf(in RegisterFlowInput) string {
	if in.VersionGroupID != "" {
		return "version group " + in.VersionGroupID
	}
	name, _ := in.SerializedFlow["name"].(string)
	return "flow " + name + " of project " + in.ProjectID
}
