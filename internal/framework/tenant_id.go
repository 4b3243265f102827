package framework

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// DiagnoseIn is Diagnose for an operation in a tenant that the attribute tenant_id may name. If that tenant
// does not exist, the diagnostic is at that attribute and does not blame the provider configuration.
func (f Failure) DiagnoseIn(err error, tenantID types.String) diag.Diagnostics {
	if !IsSet(tenantID) || !errors.Is(err, prefect.ErrTenantNotFound) {
		return f.Diagnose(err)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("tenant_id"), f.Summary,
		fmt.Sprintf("The Server has no tenant with the id %q.\n\nSet `tenant_id` to the `id` of a `prefect_tenant` resource or data source, "+
			"or leave it out to use the provider's tenant.", tenantID.ValueString()))}
}
