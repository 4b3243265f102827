package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Resource is what every resource of this provider implements.
type Resource interface {
	resource.ResourceWithConfigure
	resource.ResourceWithIdentity
	resource.ResourceWithImportState
	resource.ResourceWithModifyPlan
}

// ResourceType names a type of resources. A resource embeds it.
type ResourceType struct {
	// Name is the type's name without the provider's, such as "flow_run".
	Name string
	// Noun is the object whose id is the resource's identity, in a sentence, such as "flow run".
	Noun string
}

// Metadata sets the type name.
func (t ResourceType) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + t.Name
}

// IdentitySchema describes the identity.
func (t ResourceType) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = IdentitySchema(t.Noun)
}

// InState identifies an object in the state of its resource.
type InState struct {
	ID, TenantID types.String
	// Label names the object in messages, with its noun: `project "etl" (1b9d...)`.
	Label string
}

// ReadObject does the first part of the Read of every resource in a tenant: it decodes the state, sets the
// identity, and gets the object. It returns nil if nothing is left to do: the Server is not known yet, there
// was an error, or the object is gone and has been removed from the state.
func ReadObject[M, T any](ctx context.Context, data *ProviderData, req resource.ReadRequest, resp *resource.ReadResponse,
	state *M, identify func(*M) InState, get func(c *prefect.Client, ctx context.Context, id string) (*T, error),
) *T {
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	if resp.Diagnostics.HasError() {
		return nil
	}
	object := identify(state)
	resp.Diagnostics.Append(SetIdentity(ctx, resp.Identity, object.ID.ValueString())...)
	if !data.Ready() {
		return nil
	}
	found, err := get(data.Client(object.TenantID), ctx, object.ID.ValueString())
	if Gone(err) {
		resp.State.RemoveResource(ctx)
		return nil
	}
	if err != nil {
		resp.Diagnostics.Append(Diagnose(err, "Could not read "+object.Label)...)
		return nil
	}
	return found
}
