package project

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// nameFailure explains an error of creating or renaming a project, and identifies the project that already
// has the name, if that is the cause.
func nameFailure(ctx context.Context, client *prefect.Client, err error, summary, name string) diag.Diagnostics {
	if !errors.Is(err, prefect.ErrUniqueness) {
		return framework.Diagnose(err, summary)
	}
	remedy := fmt.Sprintf("The tenant already has a project named %q. Choose another `name`", name)
	if holder, findErr := client.FindProject(ctx, name); findErr == nil {
		remedy += fmt.Sprintf(", or manage the existing project with `terraform import` and the id %s. %s", holder.ID, framework.CutOff("prefect_project", holder.ID))
	} else {
		remedy += "."
	}
	return framework.Failure{
		Summary: summary, Attribute: path.Root("name"),
		Remedies: map[error]string{prefect.ErrUniqueness: remedy},
	}.Diagnose(err)
}
