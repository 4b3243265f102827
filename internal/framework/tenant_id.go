package framework

import (
	"context"
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

// ToList returns a client for a data source that lists the objects of the tenant in its attribute
// `tenant_id`, and sets that attribute to the tenant's id. failure describes a failed listing.
func (d *ProviderData) ToList(ctx context.Context, tenantID *types.String, failure Failure) (*prefect.Client, diag.Diagnostics) {
	client := d.Client(*tenantID)
	id, err := client.TenantID(ctx)
	if err != nil {
		return nil, failure.DiagnoseIn(err, *tenantID)
	}
	*tenantID = types.StringValue(id)
	return client, nil
}
