package framework

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Claims records the ids of objects that operations of this process use. It prevents two resources of one
// configuration from adopting the same object when both look for an unused one. The zero value is ready for
// use.
type Claims struct {
	mu    sync.Mutex
	held  map[string]bool
	locks map[string]*sync.Mutex
}

// Claim claims an id and reports whether it was free.
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

// TakeUp records that the plan creates a resource that adopts an existing object, and reports whether the
// plan also destroys another resource of that object (recorded by GiveUp). Terraform plans the two in any
// order, so whichever call is second reports the conflict.
func (c *Claims) TakeUp(object string) (givenUp bool) {
	c.Claim("take up " + object)
	return c.Held("give up " + object)
}

// GiveUp is the counterpart of TakeUp.
func (c *Claims) GiveUp(object string) (takenUp bool) {
	c.Claim("give up " + object)
	return c.Held("take up " + object)
}

// WithoutMoved returns the error for a plan that destroys a resource and creates another one for the same
// object. Renaming a resource without a `moved` block does that. typeName is for example "prefect_flow",
// object names the object, and loss is the sentence that says what destroying it loses.
func WithoutMoved(typeName, object, loss string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Renaming the resource would destroy "+object,
		fmt.Sprintf("The plan destroys one %[1]s and creates another one for the same object, %[2]s. %[3]s\n\nIf the resource has "+
			"been renamed or moved, add a `moved` block. Then nothing is destroyed:\n\n"+
			"  moved {\n    from = %[1]s.old_name\n    to   = %[1]s.new_name\n  }\n\nTo stop managing the old one without destroying it, use a `removed` block "+
			"with `destroy = false`. To destroy it first, apply that change on its own.", typeName, object, loss))
}

// Held reports whether an id is claimed.
func (c *Claims) Held(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[id]
}

// Lock serialises operations that look for an object of a kind and then claim it. It returns the unlock
// function.
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
