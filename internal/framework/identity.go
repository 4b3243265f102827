package framework

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Identity is the identity of a resource whose `id` never changes while it exists. It contains no names,
// because the Server can rename objects.
type Identity struct {
	ID types.String `tfsdk:"id"`
}

// IdentitySchema is the identity schema of Identity. noun is the object's name in a sentence, such as
// "project".
func IdentitySchema(noun string) identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "The id of the " + noun + " on the Server.",
			},
		},
	}
}

// SetIdentity sets the identity to an id. Terraform requires an identity after every create, read and update,
// also after a read that removes the resource and for state written before identities existed, so call it
// first. It ignores a nil identity (a resource without an identity schema).
func SetIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, id string) diag.Diagnostics {
	if identity == nil || identifies(identity, id) {
		return nil
	}
	return identity.Set(ctx, Identity{ID: types.StringValue(id)})
}

// identifies reports whether the identity is that of an id already, as in most reads.
func identifies(identity *tfsdk.ResourceIdentity, id string) bool {
	var members map[string]tftypes.Value
	var known string
	return identity.Raw.As(&members) == nil && members["id"].IsKnown() && members["id"].As(&known) == nil && known == id && id != ""
}

// ImportKey is what the user gave to import an object: either an id or a name.
type ImportKey struct {
	// ID is set if the user gave a UUID or an identity.
	ID string
	// Path contains the parts of a name such as `tenant/name`. Only the last part is always present. It is
	// empty if ID is set.
	Path []string
}

// Name is the last part of the path.
func (k ImportKey) Name() string {
	if len(k.Path) == 0 {
		return ""
	}
	return k.Path[len(k.Path)-1]
}

// Parent is the part before the last, or "" if there is none.
func (k ImportKey) Parent() string {
	if len(k.Path) < 2 {
		return ""
	}
	return k.Path[len(k.Path)-2]
}

// ParseImport parses an import by identity, by UUID or by name. A name has up to parts parts separated by
// slashes; further slashes belong to the last part, so `a/b/c` with two parts is "a" and "b/c". A leading
// slash omits the first part, for names that contain a slash.
func ParseImport(ctx context.Context, req resource.ImportStateRequest, parts int) (ImportKey, diag.Diagnostics) {
	if req.ID == "" {
		var id types.String
		if req.Identity == nil {
			return ImportKey{}, diag.Diagnostics{diag.NewErrorDiagnostic("Nothing to import",
				"Give the object's UUID or name as the import id.")}
		}
		diags := req.Identity.GetAttribute(ctx, path.Root("id"), &id)
		return ImportKey{ID: id.ValueString()}, diags
	}
	if IsUUID(req.ID) {
		return ImportKey{ID: strings.ToLower(req.ID)}, nil
	}
	split := strings.SplitN(req.ID, "/", parts)
	if len(split) > 1 && split[0] == "" {
		split = split[1:]
	}
	for _, part := range split {
		if strings.TrimSpace(part) == "" {
			return ImportKey{}, diag.Diagnostics{diag.NewErrorDiagnostic("Empty part in the import id",
				"The import id \""+req.ID+"\" has an empty part. Give the object's UUID or its name.")}
		}
	}
	return ImportKey{Path: split}, nil
}

// IsUUID reports whether s is a UUID in the usual form with dashes, which the Server returns.
func IsUUID(s string) bool {
	return len(s) == 36 && uuid.Validate(s) == nil
}
