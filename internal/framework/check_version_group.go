package framework

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// CheckVersionGroup rejects, at plan, the id of a flow version where a version group belongs. A version group
// that does not exist is not an error yet: the same apply may register its flow.
func (d *ProviderData) CheckVersionGroup(ctx context.Context, tenantID, versionGroupID types.String) diag.Diagnostics {
	if !d.Ready() || !IsSet(versionGroupID) || tenantID.IsUnknown() {
		return nil
	}
	_, err := d.Client(tenantID).FindFlowGroup(ctx, versionGroupID.ValueString())
	if !errors.Is(err, prefect.ErrFlowID) {
		return nil
	}
	return Failure{
		Summary: "Not a version group", Attribute: path.Root("version_group_id"),
		Remedies: map[error]string{
			prefect.ErrFlowID: "Use the version group, which all versions of the flow share: `prefect_flow.<name>.id`, not its `flow_id`.",
		},
	}.Diagnose(err)
}
