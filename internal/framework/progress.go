package framework

import (
	"sync"
	"time"
)

// Progress tells an operation that waits for others whether there is still a point in waiting: Terraform refreshes, plans and
// applies in any order and a few at a time, so another operation may start late, and one that needs the waiting one's turn
// never does. The zero value is ready for use.
type Progress struct {
	mu   sync.Mutex
	last time.Time
}

// Made records that an operation has succeeded.
func (p *Progress) Made() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// Idle returns how long no operation has succeeded; since if none has after that.
func (p *Progress) Idle(since time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.After(since) {
		since = p.last
	}
	return time.Since(since)
}
