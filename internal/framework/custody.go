package framework

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Custody detects an object that a plan releases at one address and keeps or creates at another, for example
// after a resource is renamed without a `moved` block. Terraform plans and applies the two addresses
// independently and in any order, so the destroy could delete what the other address has just adopted. The
// address planned second reports the conflict. The zero value is ready for use.
type Custody struct {
	mu sync.Mutex
	of map[Object]*holders
}

// Object identifies an object of the Server.
type Object struct {
	// Type is that of the resources that manage such objects, for example "prefect_project".
	Type string
	// ID is the id of these resources.
	ID string
}

// holders records what the addresses of a plan do with one object.
type holders struct{ inState, kept, created, let, going bool }

// Conflict is what is wrong with the plans for one object.
type Conflict int

// Conflicts.
const (
	// NoConflict means that a single address has the object.
	NoConflict Conflict = iota
	// LetGoAndHeld means that one address destroys the object while another one keeps or creates it.
	LetGoAndHeld
	// HeldTwice means that one address has the object and another one would create it.
	HeldTwice
)

func (c *Custody) note(object Object, set func(*holders)) Conflict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[Object]*holders{}
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

// Refreshed records that an address has the object in its state.
func (c *Custody) Refreshed(object Object) { c.note(object, func(h *holders) { h.inState = true }) }

// InState reports whether any address has the object in its state.
func (c *Custody) InState(object Object) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[object] != nil && c.of[object].inState
}

// Delete records that the object is being deleted. If that fails, failed takes it back.
func (c *Custody) Delete(object Object) (failed func()) {
	c.note(object, func(h *holders) { h.going = true })
	return func() { c.note(object, func(h *holders) { h.going = false }) }
}

// Going reports whether the object is being deleted or has been.
func (c *Custody) Going(object Object) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[object] != nil && c.of[object].going
}

// Keep records that an address keeps the object.
func (c *Custody) Keep(object Object) Conflict {
	return c.note(object, func(h *holders) { h.kept = true })
}

// Create records that an address is planned as new and would create or adopt the object.
func (c *Custody) Create(object Object) Conflict {
	return c.note(object, func(h *holders) { h.created = true })
}

// LetGo records that an address destroys the object.
func (c *Custody) LetGo(object Object) Conflict {
	return c.note(object, func(h *holders) { h.let = true })
}

// Renamed returns the error for [LetGoAndHeld]; renaming a resource without a `moved` block leads to it. resource is
// the type, label names the object, and loss says what the apply could do to it.
func Renamed(resource, label, loss string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic(fmt.Sprintf("The plan destroys %s at one address and keeps it at another", label),
		fmt.Sprintf("%[1]s\n\nIf the resource was renamed or moved into a module, add a `moved` block. Then nothing is destroyed:\n\n"+
			"  moved {\n    from = %[2]s.<old name>\n    to   = %[2]s.<new name>\n  }\n\n"+
			"To stop managing the old one without destroying it, use a `removed` block with `destroy = false`. To destroy it first, "+
			"apply that change on its own.", loss, resource))}
}
