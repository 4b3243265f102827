package flowrun

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const tenantDescription = "UUID of the tenant of the flow, such as the `tenant_id` of a `prefect_flow`. Default: the provider's tenant."

const (
	// setTenant is the advice for a run that is not in the tenant which was searched.
	setTenant = "Set `tenant_id` for a run of another tenant."
	// noSuchRun is the advice where the Server does not have the run that an argument names.
	noSuchRun = "Check the id and the provider's `endpoint` and `tenant`. " + setTenant
)

// tenantData is the provider's data with the client of the tenant that a run belongs to.
type tenantData struct {
	*framework.ProviderData

	// Prefect is the client of that tenant.
	Prefect *prefect.Client
	// tenantID is the value of `tenant_id`.
	tenantID types.String
}

// inTenant returns the provider's data for a run with this `tenant_id`, which may be null. The provider must be ready.
func inTenant(data *framework.ProviderData, tenantID types.String) tenantData {
	return tenantData{ProviderData: data, Prefect: data.Client(tenantID), tenantID: tenantID}
}

// checkTenant reports a `tenant_id` that the Server does not have.
func (d tenantData) checkTenant(ctx context.Context) diag.Diagnostics {
	if !framework.IsSet(d.tenantID) {
		return nil
	}
	if _, err := d.Prefect.TenantID(ctx); errors.Is(err, prefect.ErrTenantNotFound) {
		return framework.Failure{Summary: "Could not find the tenant of the flow run"}.DiagnoseIn(err, d.tenantID)
	}
	return nil // another error is that of the request to come
}
