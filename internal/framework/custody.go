package framework

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Custody notices objects that a plan lets go at one address and holds at
// another, as when a resource is renamed without a `moved` block. Terraform plans
// both addresses on their own and in any order, and applies them so: the destroy
// may take away what the other address has just taken over. Whichever of the two
// is planned last reports it. Objects are named by their kind and id, such as
// "project 1b9d...". The zero value is ready for use.
type Custody struct {
	mu sync.Mutex
	of map[string]*holders
}

// holders are what the addresses of a plan do with one object.
type holders struct{ inState, kept, created, let bool }

// Conflict says what is wrong with the plans for one object.
type Conflict int

// Conflicts.
const (
	// NoConflict means that one address has the object.
	NoConflict Conflict = iota
	// LetGoAndHeld means that one address destroys the object and another one has or makes it.
	LetGoAndHeld
	// HeldTwice means that one address has the object and another one would make it.
	HeldTwice
)

func (c *Custody) note(object string, set func(*holders)) Conflict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]*holders{}
	}
	h := c.of[object]
	if h == nil {
		h = &holders{}
		c.of[object] = h
	}
	set(h)
	switch {
	case h.let && (h.kept || h.created):
		return LetGoAndHeld
	case h.kept && h.created:
		return HeldTwice
	}
	return NoConflict
}

// Refreshed notes that an address has the object in its state.
func (c *Custody) Refreshed(object string) { c.note(object, func(h *holders) { h.inState = true }) }

// InState says whether any address was found to have the object in its state.
func (c *Custody) InState(object string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[object] != nil && c.of[object].inState
}

// Keep notes that an address goes on with the object.
func (c *Custody) Keep(object string) Conflict {
	return c.note(object, func(h *holders) { h.kept = true })
}

// Create notes that an address is planned as new and would get the object.
func (c *Custody) Create(object string) Conflict {
	return c.note(object, func(h *holders) { h.created = true })
}

// LetGo notes that an address destroys the object.
func (c *Custody) LetGo(object string) Conflict {
	return c.note(object, func(h *holders) { h.let = true })
}

// Renamed explains [LetGoAndHeld]: resource is the type, label the object, and
// loss what the apply could do to it.
func Renamed(resource, label, loss string) (summary, detail string) {
	return fmt.Sprintf("The plan destroys %s at one address and keeps it at another", label),
		fmt.Sprintf("%s\n\nIf the resource was renamed or moved into a module, say so with a `moved` block. Then nothing is destroyed:\n\n"+
			"  moved {\n    from = %s.<old name>\n    to   = %s.<new name>\n  }", loss, resource, resource)
}

// RenamedError is Renamed as an error.
func RenamedError(resource, label, loss string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic(Renamed(resource, label, loss))}
}
