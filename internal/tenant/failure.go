package tenant

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// defaultSlug returns the slug of a tenant for which none is configured.
func defaultSlug(name types.String) (string, diag.Diagnostics) {
	slug, ok := slugify(name.ValueString())
	if ok {
		return slug, nil
	}
	return "", diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("slug"), "Cannot derive a slug from the tenant's name",
		fmt.Sprintf("The name %q has letters outside ASCII, or no letters or digits. Set `slug` to lower-case letters and digits, "+
			"in words joined by single dashes.", name.ValueString()))}
}

// slugFailure explains an error of setting a slug, and identifies the tenant that already has it, if that is
// the cause.
func (r *tenantResource) slugFailure(ctx context.Context, err error, summary, slug string) diag.Diagnostics {
	taken := fmt.Sprintf("The slug %q is already taken. Choose another `slug`", slug)
	if holder, findErr := r.data.Prefect.FindTenant(ctx, slug); findErr == nil {
		taken += fmt.Sprintf(", or manage the tenant that has it (%q) with `terraform import` and the id %s. %s",
			holder.Name, holder.ID, framework.CutOff("prefect_tenant", holder.ID))
	} else {
		taken += "."
	}
	return framework.Failure{
		Summary: summary, Attribute: path.Root("slug"),
		Remedies: map[error]string{prefect.ErrUniqueness: taken},
	}.Diagnose(err)
}

// label names a tenant in messages.
func label(m model) string {
	return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.ID.ValueString())
}
