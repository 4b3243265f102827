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

// nameFailure explains an error of creating or renaming a project, naming the
// project that has the name already, if that is the cause.
func nameFailure(ctx context.Context, client *prefect.Client, err error, summary, name string) diag.Diagnostics {
	if !errors.Is(err, prefect.ErrUniqueness) {
		return framework.Diagnose(err, summary)
	}
	remedy := fmt.Sprintf("The tenant has a project named %q already. Choose another `name`", name)
	if holder, findErr := client.FindProject(ctx, name); findErr == nil {
		remedy += fmt.Sprintf(", or manage the existing project by `terraform import` with the id %s. %s", holder.ID, framework.CutOff("prefect_project", holder.ID))
	} else {
		remedy += "."
	}
	return framework.Failure{
		Summary: summary, Attribute: path.Root("name"),
		Remedies: map[error]string{prefect.ErrUniqueness: remedy},
	}.Diagnose(err)
}
