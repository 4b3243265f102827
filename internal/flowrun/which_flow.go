package flowrun

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

// at is the argument that says which flow to run.
func (in inputs) at() path.Path {
	switch {
	case in.FlowName != "":
		return path.Root("flow_name")
	case in.FlowID != "":
		return path.Root("flow_id")
	}
	return path.Root("version_group_id")
}

// misdirected explains why the provider's tenant has no flow for the inputs of a run, where that can be proved: the id is
// of another kind, or the flow belongs to another tenant. It finds nothing wrong with a flow that may yet be registered.
func misdirected(ctx context.Context, data tenantData, in inputs) diag.Diagnostics {
	if in.FlowID == "" {
		if _, diags := data.CheckVersionGroup(ctx, data.tenantID, types.StringValue(in.VersionGroupID)); diags.HasError() {
			return diags
		}
	} else if group, err := data.Prefect.FindFlowGroup(ctx, in.FlowID); err == nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(in.at(), "Not the id of a flow version",
			fmt.Sprintf("%s is the version group of a flow, which all its versions share, and not the id of a version.\n\n"+
				"Use it as `version_group_id`, as in `version_group_id = prefect_flow.<name>.id`, to run the newest version; or use "+
				"`flow_id = prefect_flow.<name>.flow_id`, which runs the flow again for each new version.", group.Name))}
	}
	return inAnotherTenant(ctx, data, in)
}

// provablyMisdirected is misdirected for a plan: the same apply may register a flow in a version group whose name is not
// unique.
func provablyMisdirected(ctx context.Context, data tenantData, in inputs) diag.Diagnostics {
	if in.FlowID == "" && !framework.IsUUID(in.VersionGroupID) {
		return nil
	}
	return misdirected(ctx, data, in)
}

// inAnotherTenant names the tenant that a flow belongs to.
func inAnotherTenant(ctx context.Context, data tenantData, in inputs) diag.Diagnostics {
	flow, err := framework.FindInTenants(ctx, data.ProviderData, func(client *prefect.Client) (*prefect.Flow, error) { return findFlow(ctx, client, in) })
	own, ownErr := data.Prefect.TenantID(ctx)
	if err != nil || ownErr != nil || flow.TenantID == own {
		return nil
	}
	tenants, err := data.Prefect.ListTenants(ctx, prefect.TenantFilter{})
	if err != nil {
		return nil // what is known without is said by the caller
	}
	slugs := map[string]string{flow.TenantID: flow.TenantID, own: own}
	for _, tenant := range tenants {
		slugs[tenant.ID] = tenant.Slug
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(in.at(), fmt.Sprintf("Flow %q belongs to another tenant", flow.Name),
		fmt.Sprintf("The flow is in tenant %q (%s), and the run would be in tenant %q.\n\nSet `tenant_id = %q`, or the `tenant_id` of its `prefect_flow`.",
			slugs[flow.TenantID], flow.TenantID, slugs[own], flow.TenantID))}
}

// noSuchFlow explains that there is no flow to run.
func noSuchFlow(ctx context.Context, data tenantData, in inputs, err error, interrupted string) diag.Diagnostics {
	if errors.Is(err, prefect.ErrNotFound) {
		if diags := misdirected(ctx, data, in); diags.HasError() {
			return diags
		}
	}
	return startFailure(in, err, interrupted)
}
