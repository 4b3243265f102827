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

// Pending is stored in the private data of a resource whose creation got no proper answer, if the Server
// could not confirm it. The state then has no id. The next refresh looks for the object: it belongs to the
// resource if it was created in the period and has the wanted values.
type Pending struct {
	// Created is the period in which the object was created, if it was.
	Created prefect.Period `json:"created"`
	// Salt and Digest identify an object whose values are not in the state.
	Salt   []byte `json:"salt,omitempty"`
	Digest []byte `json:"digest,omitempty"`
}

const pendingKey = "pending"

// PendingOf returns the record of a failed creation; false if there certainly is no object, or if the object
// is known.
func PendingOf(err error) (Pending, bool) {
	var uncertain *prefect.UncertainError
	if !errors.As(err, &uncertain) {
		return Pending{}, false
	}
	return Pending{Created: uncertain.Period}, true
}

// Save stores the pending creation in the private data.
func (p Pending) Save(ctx context.Context, private Private) diag.Diagnostics {
	return SetPrivate(ctx, private, pendingKey, p)
}

// Settle determines, for a state without id, the outcome of its creation. find returns the id of the object,
// or an error that proves that there is none. Settle returns "" if there is none; then there is nothing to
// manage.
func Settle(ctx context.Context, before Private, subject string, find func(Pending) (string, error)) (string, diag.Diagnostics) {
	var p Pending
	found, diags := GetPrivate(ctx, before, pendingKey, &p)
	if !found || diags.HasError() {
		return "", diags
	}
	id, err := find(p)
	if err != nil && !Gone(err) {
		diags.Append(Failure{Summary: fmt.Sprintf("Could not determine if %s was created", subject)}.Diagnose(err)...)
	}
	return id, diags
}

// Resolve starts the Read of a resource whose creation may have got no proper answer. settle sets the missing
// id; it returns false if there is no object, or with an error. Resolve returns false if nothing is left to
// read.
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
			// Terraform requires an identity even for a removed resource.
			resp.Diagnostics.Append(SetIdentity(ctx, resp.Identity, uuid.Nil.String())...)
		}
		return false
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, pendingKey, nil)...)
	resp.Diagnostics.Append(req.State.Set(ctx, state)...)
	return !resp.Diagnostics.HasError()
}

// CutOff is the advice about an existing object that blocks a creation. It may come from an earlier apply
// whose provider was killed before the Server answered. The Server does not record that, and another owner's
// object must not be adopted unasked. resource is the type.
func CutOff(resource, id string) string {
	return fmt.Sprintf("If an earlier apply was interrupted before the Server answered, it may have created this object:\n\n"+
		"  import {\n    to = %s.<name>\n    id = \"%s\"\n  }", resource, id)
}
