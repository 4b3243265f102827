package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// importFile separates what names the flow from the path of its file, in an import id.
const importFile = "?flow_file="

// ImportState finds a flow by version group, by the id of one of its versions,
// by `project/name` or by `tenant/project/name`. What follows "?flow_file=" is the path of the file that the flow comes from:
// then the state does not hold the flow itself.
func (r *flowResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var file string
	var inFile bool
	if req.ID, file, inFile = strings.Cut(req.ID, importFile); inFile && strings.TrimSpace(file) == "" {
		resp.Diagnostics.AddError("Import id without the path of a file", "Nothing follows `"+importFile+"` in the import id.\n\n"+
			"Give the path that `flow_file` has, such as `project/name"+importFile+"flows/etl.json`.")
		return
	}
	key, diags := framework.ParseImport(ctx, req, 3)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	given := req.ID
	if given == "" {
		given = key.ID
	}
	summary := fmt.Sprintf("Could not import flow %q", given)
	find := func() (*prefect.Flow, error) { return findByPath(ctx, r.data, key.Path) }
	if len(key.Path) == 0 {
		find = func() (*prefect.Flow, error) { return findByID(ctx, r.data, key.ID) }
	}
	found, err := find()
	if errors.Is(err, prefect.ErrNotFound) {
		resp.Diagnostics.AddError(summary, "There is no such flow.\n\nUse the version group id, the id of a version of the "+
			"flow, `project/name`, or `tenant/project/name` with the tenant's slug. Names are case-sensitive.")
		return
	}
	var several *framework.SeveralTenantsError
	if errors.As(err, &several) {
		resp.Diagnostics.AddError(summary, "Flows of several tenants have a version group of this name. "+several.Error()+"\n\n"+
			"Use `tenant/project/name` with the tenant's slug, or the id of a version of the flow. If the provider's `tenant` is set, that tenant takes precedence.")
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, summary)...)
		return
	}
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, found.VersionGroupID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), types.StringValue(found.VersionGroupID))...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("tenant_id"), types.StringValue(found.TenantID))...)
	if inFile {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(fromFile), types.StringValue(file))...)
	}
}

// findByID looks for a version group with this id, and then for a version: first in the provider's tenant,
// then in all others. A version group that is not a UUID must be unique among the other tenants.
func findByID(ctx context.Context, data *framework.ProviderData, id string) (*prefect.Flow, error) {
	return framework.FindIDInTenants(ctx, data, id, func(client *prefect.Client) (*prefect.Flow, error) { return findIn(ctx, client, id) })
}

func findIn(ctx context.Context, client *prefect.Client, id string) (*prefect.Flow, error) {
	f, err := client.LatestFlow(ctx, id)
	if errors.Is(err, prefect.ErrNotFound) && framework.IsUUID(id) {
		f, err = client.GetFlow(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("find flow %s: %w", id, err)
	}
	return f, nil
}

// findByPath reads the path as `tenant/project/name` if there is such a tenant, and as `project/name`
// otherwise, where project and name may contain slashes. A path of one part is a version group that is not a
// UUID.
func findByPath(ctx context.Context, data *framework.ProviderData, parts []string) (*prefect.Flow, error) {
	if len(parts) == 1 {
		return findByID(ctx, data, parts[0])
	}
	client := data.Prefect
	type candidate struct {
		client        *prefect.Client
		project, name string
	}
	candidates := []candidate{{client, parts[0], strings.Join(parts[1:], "/")}}
	if len(parts) == 3 {
		candidates = append(candidates, candidate{client, parts[0] + "/" + parts[1], parts[2]})
		if _, err := client.FindTenant(ctx, parts[0]); err == nil {
			candidates = []candidate{{client.WithTenant(parts[0]), parts[1], parts[2]}}
		} else if !errors.Is(err, prefect.ErrNotFound) {
			return nil, fmt.Errorf("find tenant %q: %w", parts[0], err)
		}
	}
	for _, c := range candidates {
		f, err := findInProject(ctx, c.client, c.project, c.name)
		if err == nil || !errors.Is(err, prefect.ErrNotFound) {
			return f, err
		}
	}
	return nil, fmt.Errorf("flow %q: %w", strings.Join(parts, "/"), prefect.ErrNotFound)
}

func findInProject(ctx context.Context, client *prefect.Client, projectName, name string) (*prefect.Flow, error) {
	project, err := client.FindProject(ctx, projectName)
	if err != nil {
		return nil, fmt.Errorf("find project %q: %w", projectName, err)
	}
	f, err := client.FindFlow(ctx, project.ID, name)
	if err != nil {
		return nil, fmt.Errorf("find flow %q in project %q: %w", name, projectName, err)
	}
	return f, nil
}
