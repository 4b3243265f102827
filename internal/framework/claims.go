package framework

import "sync"

// Claims are the objects that operations of this process hold, by id. They keep
// two resources of one configuration from taking up the same object when both
// look for one that nobody holds. The zero value is ready for use.
type Claims struct {
	mu    sync.Mutex
	held  map[string]bool
	locks map[string]*sync.Mutex
}

// Claim takes an id and says whether it was free.
func (c *Claims) Claim(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[id] {
		return false
	}
	if c.held == nil {
		c.held = map[string]bool{}
	}
	c.held[id] = true
	return true
}

// Held says whether an id is taken.
func (c *Claims) Held(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[id]
}

// Lock serialises those who look for an object of a kind and claim it. It
// returns the function that ends this.
func (c *Claims) Lock(kind string) (unlock func()) {
	c.mu.Lock()
	if c.locks == nil {
		c.locks = map[string]*sync.Mutex{}
	}
	lock, ok := c.locks[kind]
	if !ok {
		lock = &sync.Mutex{}
		c.locks[kind] = lock
	}
	c.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}
