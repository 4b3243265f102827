package framework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TimeOrNull is a time in RFC 3339 and UTC, null for nil.
func TimeOrNull(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// DiagnoseIn is Diagnose for an operation in a tenant that the attribute
// tenant_id may name: if it does and there is no such tenant, that attribute is
// to blame and not the provider's configuration.
func (f Failure) DiagnoseIn(err error, tenantID types.String) diag.Diagnostics {
	if !IsSet(tenantID) || !errors.Is(err, prefect.ErrTenantNotFound) {
		return f.Diagnose(err)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("tenant_id"), f.Summary,
		fmt.Sprintf("The Server has no tenant with the id %q.\n\nSet `tenant_id` to the `id` of a `prefect_tenant` resource or data source, "+
			"or leave it out to use the provider's tenant.", tenantID.ValueString()))}
}

// CheckVersionGroup refuses, at plan, the id of a flow version where a version group belongs. That there is no such
// version group is no error yet: the same apply may register its flow.
func (d *ProviderData) CheckVersionGroup(ctx context.Context, tenantID, versionGroupID types.String) diag.Diagnostics {
	if !d.Ready() || !IsSet(versionGroupID) || tenantID.IsUnknown() {
		return nil
	}
	_, err := d.InTenant(tenantID.ValueString()).FindFlowGroup(ctx, versionGroupID.ValueString())
	if !errors.Is(err, prefect.ErrFlowID) {
		return nil
	}
	return Failure{
		Summary: "Not a version group", Attribute: path.Root("version_group_id"),
		Remedies: map[error]string{
			prefect.ErrFlowID: "Give the version group, which all versions of the flow have in common: `prefect_flow.<name>.id`, and not its `flow_id`.",
		},
	}.Diagnose(err)
}

// ToList returns a client for a data source that lists objects of the tenant in its attribute `tenant_id`, which takes the
// id of the tenant that it is. failure is that of the listing.
func (d *ProviderData) ToList(ctx context.Context, tenantID *types.String, failure Failure) (*prefect.Client, diag.Diagnostics) {
	client := d.InTenant(tenantID.ValueString())
	id, err := client.TenantID(ctx)
	if err != nil {
		return nil, failure.DiagnoseIn(err, *tenantID)
	}
	*tenantID = types.StringValue(id)
	return client, nil
}
