package framework

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Holder is a project or tenant: its name is unique, it contains other objects, and it is only deleted with
// them by force.
type Holder struct {
	// Noun is "project" or "tenant", ID the object's, Label its name for people.
	Noun, ID, Label string
	// Losses describes what would be deleted with it; "" if it is empty.
	Losses string
}

func (h Holder) object() Object { return Object{Type: "prefect_" + h.Noun, ID: h.ID} }

const replacedKey = "replaced"

// CountRuns says how many runs something contains: "2 flow runs (1 of them not finished)".
func CountRuns(c *prefect.Contents) string {
	text := Count(c.FlowRuns, "flow run")
	if c.ActiveFlowRuns > 0 {
		text += fmt.Sprintf(" (%d of them not finished)", c.ActiveFlowRuns)
	}
	return text
}

// PlanKept records in a plan that an address keeps the object. For a replacement Terraform plans a second
// time, as a creation, with the private data of the first plan.
func (h Holder) PlanKept(ctx context.Context, c *Custody, private Private) diag.Diagnostics {
	diags := SetPrivate(ctx, private, replacedKey, h.ID)
	if c.Keep(h.object()) == LetGoAndHeld {
		diags.Append(h.renamed()...)
	}
	return diags
}

// PlanTaken reports at plan time that the name of an object to be created already belongs to this one. It
// reports nothing for a replacement.
func (h Holder) PlanTaken(ctx context.Context, c *Custody, private Private, taken diag.Diagnostics) diag.Diagnostics {
	var replaced string
	if _, diags := GetPrivate(ctx, private, replacedKey, &replaced); diags.HasError() || replaced == h.ID {
		return diags
	}
	switch c.Create(h.object()) {
	case LetGoAndHeld:
		return h.renamed()
	case HeldTwice:
		return taken
	case NoConflict:
	}
	if !c.InState(h.object()) {
		return taken
	}
	return nil // in this state: it is destroyed first, or its own plan reports it
}

// PlanDestroy warns of what destroying will do, and checks the cluster if runs have to be stopped for it. contents is nil if
// it could not be read.
func (h Holder) PlanDestroy(d *ProviderData, contents *prefect.Contents, force bool) diag.Diagnostics {
	diags := h.warnOfLosses(&d.Custody, contents, force)
	if force && contents != nil && contents.ActiveFlowRuns > 0 && !diags.HasError() {
		diags.Append(d.CheckCluster(ClusterForJobs)...)
	}
	return diags
}

func (h Holder) warnOfLosses(c *Custody, contents *prefect.Contents, force bool) diag.Diagnostics {
	var diags diag.Diagnostics
	if c.LetGo(h.object()) == LetGoAndHeld {
		return h.renamed()
	}
	switch {
	case contents == nil || h.Losses == "":
	case !force:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s will fail unless it is empty by then", h.Noun, h.Label),
			fmt.Sprintf("The %s contains %s, and `force_destroy` is not set. This plan may destroy some of that first.\n\n"+
				"To delete everything, set `force_destroy = true`, apply that, then destroy.", h.Noun, h.Losses))
	case contents.ActiveFlowRuns > 0:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s cancels %s", h.Noun, h.Label, Count(contents.ActiveFlowRuns, "run")),
			fmt.Sprintf("`force_destroy` is set: the provider archives the flows, cancels unfinished runs, waits for them and removes their Jobs. Then "+
				"the Server deletes the %s with %s.", h.Noun, h.Losses))
	default:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s deletes everything in it", h.Noun, h.Label),
			fmt.Sprintf("`force_destroy` is set: the Server deletes the %s with %s.", h.Noun, h.Losses))
	}
	return diags
}

func (h Holder) renamed() diag.Diagnostics {
	return Renamed("prefect_"+h.Noun, h.Noun+" "+h.Label,
		fmt.Sprintf("Terraform applies the two in any order: either creating the new one fails because the name is taken, or the %s is lost with everything in it.", h.Noun))
}
