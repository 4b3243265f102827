package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// Keys of the private data that Terraform keeps with the resource.
const (
	// presentKey marks an object that is in the state. A tainted object is planned as if it did not exist, so
	// its plan lacks the mark.
	presentKey = "present"
	// replacementKey is where the plan of a creation stores what it will create.
	replacementKey = "replacement"
)

// replacement is what a planned creation will register, for the Delete that Terraform calls first if the
// creation replaces an object.
type replacement struct {
	// Known is false if an input that determines the version group is unknown.
	Known bool `json:"known"`
	// TenantID and VersionGroupID are "" if they are not configured.
	TenantID       string `json:"tenant_id"`
	ProjectID      string `json:"project_id"`
	VersionGroupID string `json:"version_group_id"`
	Name           string `json:"name"`
}

// replacementOf returns what a plan will create.
func replacementOf(p planning) replacement {
	c := p.config
	if p.want == nil || c.ProjectID.IsUnknown() || c.TenantID.IsUnknown() || c.VersionGroupID.IsUnknown() {
		return replacement{}
	}
	return replacement{
		Known: true, TenantID: c.TenantID.ValueString(), ProjectID: c.ProjectID.ValueString(),
		VersionGroupID: c.VersionGroupID.ValueString(), Name: p.want.name,
	}
}

// continues reports whether the creation will use an object's version group: it adopts the newest version if
// that is the same flow, and adds a version otherwise.
func (n replacement) continues(state model) bool {
	switch {
	case !n.Known, n.TenantID != "" && n.TenantID != state.TenantID.ValueString():
		return false
	case n.VersionGroupID != "":
		return n.VersionGroupID == state.ID.ValueString()
	}
	return n.ProjectID == state.ProjectID.ValueString() && n.Name == state.Name.ValueString()
}

// notePlan stores in a plan's private data what a Delete must know.
func notePlan(ctx context.Context, private framework.Private, p planning) diag.Diagnostics {
	if p.state != nil {
		return framework.SetPrivate(ctx, private, presentKey, true)
	}
	return framework.SetPrivate(ctx, private, replacementKey, replacementOf(p))
}

// isPresent reports whether private data has the mark of an object in the state.
func isPresent(ctx context.Context, private framework.Private) (present bool, diags diag.Diagnostics) {
	_, diags = framework.GetPrivate(ctx, private, presentKey, &present)
	return present, diags
}

// taintedFor reports whether a Delete is for an object whose Create failed, and returns what will replace it.
// A replacement that the user requests (another version_group_id, `-replace`) is planned from the object,
// which has the mark; so is a final destroy.
func taintedFor(ctx context.Context, private framework.Private) (next replacement, tainted bool, diags diag.Diagnostics) {
	present, diags := isPresent(ctx, private)
	planned, d := framework.GetPrivate(ctx, private, replacementKey, &next)
	diags.Append(d...)
	return next, planned && !present, diags
}
