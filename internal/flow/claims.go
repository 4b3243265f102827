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
	// planned is claimed by the plan of a creation, applied by its apply.
	planned struct{ prefect.FlowKey }
	applied struct{ prefect.FlowKey }
	// keptIn is claimed by the plan of a resource that has this version group in its state.
	keptIn string
	// createdIn is claimed by a Create that has registered a version in this version group.
	createdIn string
)

// key is what the resource has in common with another one that would register versions of the same flow.
func (m *model) key(want *intent) prefect.FlowKey {
	return prefect.NewFlowKey(m.ProjectID.ValueString(), want.flow.Name(), m.VersionGroupID.ValueString())
}

func versionGroup(id string) framework.Object {
	return framework.Object{Type: "prefect_flow", ID: id}
}

// claim notices two resources for one flow: both to be created, or both in
// state. See adopt for one of each.
func (r *flowResource) claim(p planning, m model) diag.Diagnostics {
	if p.state != nil {
		return r.keep(p)
	}
	key := prefect.NewFlowKey(m.ProjectID.ValueString(), p.want.flow.Name(), p.config.VersionGroupID.ValueString())
	if !p.config.VersionGroupID.IsUnknown() && !r.data.Claims.Claim(planned{key}) {
		return twice(p.want, p.config.VersionGroupID.ValueString())
	}
	if framework.IsSet(p.config.VersionGroupID) { // no need to look which one it is, in what tenant it may be
		return r.adopt(p, p.want.flow.Name(), p.config.VersionGroupID.ValueString())
	}
	return nil
}

// keep notes that a resource goes on with the version group in its state.
func (r *flowResource) keep(p planning) diag.Diagnostics {
	group, name := p.state.ID.ValueString(), p.state.Name.ValueString()
	switch r.data.Custody.Keep(versionGroup(group)) {
	case framework.HeldTwice:
		return taken(name, group)
	case framework.LetGoAndHeld:
		return renamed(name, group, "")
	case framework.NoConflict:
	}
	if r.data.Claims.Claim(keptIn(group)) {
		return nil
	}
	var diags diag.Diagnostics
	for _, d := range twice(p.want, group) {
		diags.AddWarning(d.Summary(), d.Detail()+"\n\nTo let one of them go without touching the Server, use a `removed` block or `terraform state rm`.")
	}
	return diags
}

// adopt notices that a resource that is to be created would work in the version
// group that another one keeps or destroys. The other may be planned before or after.
func (r *flowResource) adopt(p planning, name, group string) diag.Diagnostics {
	conflict := r.data.Custody.Create(versionGroup(group))
	switch {
	case p.again: // what it replaces was planned before, at the same address
	case conflict == framework.HeldTwice:
		return taken(name, group)
	case conflict == framework.LetGoAndHeld:
		return renamed(name, group, "")
	}
	return nil
}

// renamed is the error of a plan that destroys the resource of a version group
// at one address and keeps or creates it at another. policy is the
// deletion_policy of the former; "" if that is not known here.
func renamed(name, group, policy string) diag.Diagnostics {
	loss := "Destroying it archives the flow and cancels the runs that have not begun; with `deletion_policy = \"delete\"`, all versions and the " +
		"history of all runs are deleted."
	switch policy {
	case policyArchive:
		loss = "Destroying it archives the flow and cancels the runs that have not begun."
	case policyDelete:
		loss = "Destroying it deletes all versions and the history of all runs, for `deletion_policy` is \"delete\"."
	}
	return framework.Renamed("prefect_flow", fmt.Sprintf("flow %q (version group %s)", name, group), loss)
}

func taken(name, group string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("flow_json"),
		fmt.Sprintf("Two resources for flow %q", name),
		fmt.Sprintf("Two prefect_flow resources of this configuration would register versions in version group %s: one that has it in its state, and one "+
			"that is to be created. The Server treats flows with the same name in one project as versions of one flow, so each would archive the "+
			"other at every change; versions of a version group are those of all tenants.\n\nGive the flows different names, register them in different "+
			"projects, or give the new one a `version_group_id` of its own. If the new one is to take the place of the other, remove the other, "+
			"or write a `moved` block.", group))}
}

// twice says that another resource creates the same flow: in the version group
// that both name, or by the name of the flow if that is "".
func twice(want *intent, group string) diag.Diagnostics {
	if group != "" {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("version_group_id"),
			fmt.Sprintf("Two resources for flow %q", want.flow.Name()),
			fmt.Sprintf("Another prefect_flow in this configuration registers versions in version group %q, too. The Server takes all flows of a version "+
				"group for versions of one flow, also those of other projects and tenants, so that each would archive the other at every change.\n\n"+
				"Give each a `version_group_id` of its own.", group))}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("flow_json"),
		fmt.Sprintf("Two resources for flow %q", want.flow.Name()),
		fmt.Sprintf("Another prefect_flow in this configuration registers a flow named %q in the same project. The Server takes flows "+
			"of one name in one project for versions of one flow, so that each would archive the other at every change.\n\n"+
			"Give the flows different names, register them in different projects, or give each a `version_group_id` of its own.",
			want.flow.Name()))}
}
