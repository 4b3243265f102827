package project

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
		remedy += fmt.Sprintf(", or manage the existing project by `terraform import` with the id %s", holder.ID)
	}
	return framework.Failure{
		Summary: summary, Attribute: path.Root("name"),
		Remedies: map[error]string{prefect.ErrUniqueness: remedy + "."},
	}.Diagnose(err)
}

// tenantFailure explains that the tenant cannot be worked in. If the resource
// names it, the attribute is to blame and not the provider's configuration.
func tenantFailure(err error, given types.String, summary string) diag.Diagnostics {
	if framework.IsSet(given) && errors.Is(err, prefect.ErrTenantNotFound) {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("tenant_id"), summary,
			fmt.Sprintf("The Server has no tenant with the id %q.\n\nSet `tenant_id` to the `id` of a `prefect_tenant` resource or data source, "+
				"or leave it out to use the provider's tenant.", given.ValueString()))}
	}
	return framework.Diagnose(err, summary)
}

// tenantOr is failure, unless the tenant that was given does not exist.
func tenantOr(failure framework.Failure, err error, given types.String) diag.Diagnostics {
	if errors.Is(err, prefect.ErrTenantNotFound) {
		return tenantFailure(err, given, failure.Summary)
	}
	return failure.Diagnose(err)
}
