package framework

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Holder is a project or tenant: what has a name that is taken, holds other
// objects, and is deleted with them only by force.
type Holder struct {
	// Noun is "project" or "tenant", ID the object's, Label its name for people.
	Noun, ID, Label string
	// Losses says in words what would be deleted with it; "" if it is empty.
	Losses string
}

func (h Holder) object() string { return h.Noun + " " + h.ID }

const replacedKey = "replaced"

// PlanKept notes in a plan that an address goes on with the object. A replacement
// is planned once more, from nothing, with the private data of the first plan.
func (h Holder) PlanKept(ctx context.Context, c *Custody, private Private) diag.Diagnostics {
	diags := SetPrivate(ctx, private, replacedKey, h.ID)
	if c.Keep(h.object()) == LetGoAndHeld {
		diags.Append(h.renamed()...)
	}
	return diags
}

// PlanTaken reports, at plan, that the name of an object to be created belongs to
// this one already. None of that is wrong for what is replaced.
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
	return nil // of this state: it goes first, or its own plan reports it
}

// PlanDestroy says what destroying will do.
func (h Holder) PlanDestroy(c *Custody, contents *prefect.Contents, force bool) diag.Diagnostics {
	var diags diag.Diagnostics
	if c.LetGo(h.object()) == LetGoAndHeld {
		return h.renamed()
	}
	switch {
	case contents == nil || h.Losses == "":
	case !force:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s will fail unless it is empty by then", h.Noun, h.Label),
			fmt.Sprintf("The %s holds %s, and `force_destroy` is not set. Resources that this plan destroys may go first.\n\n"+
				"If everything is to be deleted, set `force_destroy = true`, apply that, and destroy then.", h.Noun, h.Losses))
	case contents.ActiveFlowRuns > 0:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s cancels %s", h.Noun, h.Label, Count(contents.ActiveFlowRuns, "run")),
			fmt.Sprintf("`force_destroy` is set: the flows are archived, unfinished runs are cancelled and waited for, their Jobs are removed, and then "+
				"the Server deletes the %s with %s.", h.Noun, h.Losses))
	default:
		diags.AddAttributeWarning(path.Root("force_destroy"), fmt.Sprintf("Destroying %s %s deletes everything in it", h.Noun, h.Label),
			fmt.Sprintf("`force_destroy` is set: the Server deletes the %s with %s.", h.Noun, h.Losses))
	}
	return diags
}

func (h Holder) renamed() diag.Diagnostics {
	return RenamedError("prefect_"+h.Noun, h.Noun+" "+h.Label,
		fmt.Sprintf("Applied in one order, the new one could not be created because the name is taken; in the other, the %s would be lost with everything in it.", h.Noun))
}
