package flow

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Keys of [framework.Claims].
type (
	// planned is claimed when a creation is planned, and applied when it is applied.
	planned struct{ prefect.FlowKey }
	applied struct{ prefect.FlowKey }
	// keptIn is claimed when a resource with this version group in its state is planned.
	keptIn string
	// createdIn is claimed when a Create has registered a version in this version group.
	createdIn string
)

// key identifies the resources that would register versions of the same flow.
func (m *model) key(want *intent) prefect.FlowKey {
	return prefect.NewFlowKey(m.ProjectID.ValueString(), want.name, m.VersionGroupID.ValueString())
}

func versionGroup(id string) framework.Object {
	return framework.Object{Type: "prefect_flow", ID: id}
}

// claim detects two resources for one flow: both to be created, or both in state. See adopt for one of each.
func (r *flowResource) claim(p planning, m model) diag.Diagnostics {
	if p.state != nil {
		return r.keep(p)
	}
	key := prefect.NewFlowKey(m.ProjectID.ValueString(), p.want.name, p.config.VersionGroupID.ValueString())
	if !p.config.VersionGroupID.IsUnknown() && !r.data.Claims.Claim(planned{key}) {
		return twice(p.want, p.config.VersionGroupID.ValueString())
	}
	if framework.IsSet(p.config.VersionGroupID) { // no need to find out which flow or tenant it is
		return r.adopt(p, p.want.name, p.config.VersionGroupID.ValueString())
	}
	return nil
}

// keep records that a resource keeps the version group in its state.
func (r *flowResource) keep(p planning) diag.Diagnostics {
	group, name := p.state.ID.ValueString(), p.state.Name.ValueString()
	switch r.data.Custody.Keep(versionGroup(group)) {
	case framework.HeldTwice:
		return taken(p.want, group)
	case framework.LetGoAndHeld:
		return renamed(name, group, "")
	case framework.NoConflict:
	}
	if r.data.Claims.Claim(keptIn(group)) {
		return nil
	}
	var diags diag.Diagnostics
	for _, d := range twice(p.want, group) {
		diags.AddWarning(d.Summary(), d.Detail()+"\n\nTo release one of them without changing the Server, use a `removed` block or `terraform state rm`.")
	}
	return diags
}

// adopt detects that a resource to be created would use a version group that another one keeps or destroys.
// The other one may be planned earlier or later.
func (r *flowResource) adopt(p planning, name, group string) diag.Diagnostics {
	conflict := r.data.Custody.Create(versionGroup(group))
	switch {
	case p.again: // the object that it replaces was planned earlier, at the same address
	case conflict == framework.HeldTwice:
		return taken(p.want, group)
	case conflict == framework.LetGoAndHeld:
		return renamed(name, group, "")
	}
	return nil
}

// renamed returns the error for a plan that destroys the resource of a version group at one address and keeps
// or creates it at another. policy is the deletion_policy of the destroyed one; "" if unknown.
func renamed(name, group, policy string) diag.Diagnostics {
	loss := "Destroying it archives the flow and cancels the runs that have not started; with `deletion_policy = \"delete\"`, all versions and the " +
		"history of all runs are deleted."
	switch policy {
	case policyArchive:
		loss = "Destroying it archives the flow and cancels the runs that have not started."
	case policyDelete:
		loss = "Destroying it deletes all versions and the history of all runs, because `deletion_policy` is \"delete\"."
	}
	return framework.Renamed("prefect_flow", fmt.Sprintf("flow %q (version group %s)", name, group), loss)
}

func taken(want *intent, group string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(want.at(),
		fmt.Sprintf("Two resources for flow %q", want.name),
		fmt.Sprintf("Two prefect_flow resources of this configuration would register versions in version group %s: an existing one and a new "+
			"one. The Server treats flows with the same name in one project as versions of one flow, so each apply would archive the "+
			"other's version; a version group spans all tenants.\n\nGive the flows different names, register them in different "+
			"projects, or give the new one its own `version_group_id`. If the new one replaces the other, remove the other "+
			"or add a `moved` block.", group))}
}

// twice returns the error for another resource that creates the same flow: in the given version group, or
// with the same flow name if group is "".
func twice(want *intent, group string) diag.Diagnostics {
	if group != "" {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("version_group_id"),
			fmt.Sprintf("Two resources for flow %q", want.name),
			fmt.Sprintf("Another prefect_flow already uses version group %q. The Server treats all flows in a version "+
				"group as versions of one flow, across projects and tenants, so each apply would archive the other's version.\n\n"+
				"Give each its own `version_group_id`.", group))}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(want.at(),
		fmt.Sprintf("Two resources for flow %q", want.name),
		fmt.Sprintf("Another prefect_flow registers a flow named %q in the same project. The Server treats flows "+
			"with the same name in one project as versions of one flow, so each apply would archive the other's version.\n\n"+
			"Give the flows different names, register them in different projects, or give each its own `version_group_id`.",
			want.name))}
}
