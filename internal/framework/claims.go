package framework

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

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

// TakeUp notes that the plan creates a resource which takes up an object that
// exists, and says whether the plan also destroys another resource of that
// object. GiveUp notes such a destruction. Terraform plans them in any order:
// whichever comes second is told of the first.
func (c *Claims) TakeUp(object string) (givenUp bool) {
	c.Claim("take up " + object)
	return c.Held("give up " + object)
}

// GiveUp is the counterpart of TakeUp.
func (c *Claims) GiveUp(object string) (takenUp bool) {
	c.Claim("give up " + object)
	return c.Held("take up " + object)
}

// WithoutMoved is the error of a plan that destroys a resource and creates
// another one for the same object, which is what renaming a resource without a
// `moved` block does. typeName is such as "prefect_flow", object names the
// object, and loss is the sentence that says what destroying it loses.
func WithoutMoved(typeName, object, loss string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Renaming the resource would destroy "+object,
		fmt.Sprintf("The plan destroys one %[1]s and creates another one for the same object, %[2]s. %[3]s\n\nIf the resource has "+
			"another name now, or another place, write a `moved` block, with which nothing is destroyed:\n\n"+
			"  moved {\n    from = %[1]s.old_name\n    to   = %[1]s.new_name\n  }\n\nTo leave the old one to somebody else, use a `removed` block "+
			"with `destroy = false`. If it is to be destroyed first, apply that alone.", typeName, object, loss))
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
