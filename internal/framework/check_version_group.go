package framework

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// CheckVersionGroup looks, at plan, for the flow group of a version group, and rejects the id of a flow version
// where a version group belongs. The group is nil if it is not known. A version group that does not exist is not
// an error yet: the same apply may register its flow.
func (d *ProviderData) CheckVersionGroup(ctx context.Context, tenantID, versionGroupID types.String) (*prefect.FlowGroup, diag.Diagnostics) {
	if !d.Ready() || !IsSet(versionGroupID) || tenantID.IsUnknown() {
		return nil, nil
	}
	group, err := d.Client(tenantID).FindFlowGroup(ctx, versionGroupID.ValueString())
	if !errors.Is(err, prefect.ErrFlowID) {
		return group, nil
	}
	return nil, Failure{
		Summary: "Not a version group", Attribute: path.Root("version_group_id"),
		Remedies: map[error]string{
			prefect.ErrFlowID: "Use the version group, which all versions of the flow share: `prefect_flow.<name>.id`, not its `flow_id`.",
		},
	}.Diagnose(err)
}
