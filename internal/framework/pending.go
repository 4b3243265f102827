package framework

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Pending is left in the private data of a resource whose creation got no proper
// answer, while the Server could not be asked if it had been carried out. The
// state then has no id. The next refresh looks for the object, which belongs to
// the resource if it was created in the period and is as wanted.
type Pending struct {
	// Created is when the object was created, if it was.
	Created prefect.Period `json:"created"`
	// Salt and Digest recognise an object whose values the state does not hold.
	Salt   []byte `json:"salt,omitempty"`
	Digest []byte `json:"digest,omitempty"`
}

const pendingKey = "pending"

// PendingOf is what a failed creation leaves behind; false if it is certain that
// there is no object, or if the object is known.
func PendingOf(err error) (Pending, bool) {
	var uncertain *prefect.UncertainError
	if !errors.As(err, &uncertain) {
		return Pending{}, false
	}
	return Pending{Created: uncertain.Period}, true
}

// Save leaves the pending creation in the private data.
func (p Pending) Save(ctx context.Context, private Private) diag.Diagnostics {
	return SetPrivate(ctx, private, pendingKey, p)
}

// Settle finds out, for a state without id, what became of its creation: find
// returns the id of the object, or an error that proves that there is none. It
// returns "" if there is none, and then there is nothing to be managed.
func Settle(ctx context.Context, before Private, subject string, find func(Pending) (string, error)) (string, diag.Diagnostics) {
	var p Pending
	found, diags := GetPrivate(ctx, before, pendingKey, &p)
	if !found || diags.HasError() {
		return "", diags
	}
	id, err := find(p)
	if err != nil && !Gone(err) {
		diags.Append(Failure{Summary: fmt.Sprintf("Could not find out whether %s was created", subject)}.Diagnose(err)...)
	}
	return id, diags
}

// Resolve begins the Read of a resource whose creation may have got no proper
// answer. settle fills in the id that the state lacks; it returns false if there
// is no object, or with an error. Resolve returns false if nothing is left to read.
func Resolve[M any](ctx context.Context, req *resource.ReadRequest, resp *resource.ReadResponse,
	settle func(context.Context, *M, Private, *diag.Diagnostics) bool,
) bool {
	var id types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
	if resp.Diagnostics.HasError() || !id.IsNull() {
		return !resp.Diagnostics.HasError()
	}
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !settle(ctx, &state, req.Private, &resp.Diagnostics) {
		if !resp.Diagnostics.HasError() {
			resp.State.RemoveResource(ctx)
			// Terraform wants an identity also of what is removed.
			resp.Diagnostics.Append(SetIdentity(ctx, resp.Identity, uuid.Nil.String())...)
		}
		return false
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, pendingKey, nil)...)
	resp.Diagnostics.Append(req.State.Set(ctx, state)...)
	return !resp.Diagnostics.HasError()
}

// CutOff is the advice about an object that is in the way of a creation, which an
// apply may have left behind whose provider was killed before the Server answered:
// nothing on the Server says so, and what another owner made must not be taken
// over unasked. resource is the type.
func CutOff(resource, id string) string {
	return fmt.Sprintf("If an earlier apply was cut off before the Server answered, this is what it created:\n\n"+
		"  import {\n    to = %s.<name>\n    id = \"%s\"\n  }", resource, id)
}
