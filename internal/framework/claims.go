package framework

import "sync"

// Claims records what operations of this process use, so that two resources of one configuration notice each other;
// Terraform does not do that for them. As with the keys of a context, each purpose has its own unexported key type in the
// package that claims, so keys of different packages never collide. The zero value is ready for use.
type Claims struct {
	mu   sync.Mutex
	held map[any]bool
}

// Claim claims a key and reports whether it was free. The type of the key must be comparable.
func (c *Claims) Claim(key any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[key] {
		return false
	}
	if c.held == nil {
		c.held = map[any]bool{}
	}
	c.held[key] = true
	return true
}

// Held reports whether a key is claimed.
func (c *Claims) Held(key any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[key]
}
