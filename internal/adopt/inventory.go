package adopt

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// inventory contains the objects of a tenant.
type inventory struct {
	tenant   *prefect.Tenant
	projects []prefect.Project
	// flows contains the newest unarchived version of each version group, ordered by project, then name.
	flows []prefect.Flow
	hooks []prefect.CloudHook
}

// take reads the inventory from the Server. only lists project names; none means all.
func take(ctx context.Context, client *prefect.Client, only []string) (*inventory, error) {
	id, err := client.TenantID(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the tenant: %w", err)
	}
	var found inventory
	if found.tenant, err = client.GetTenant(ctx, id); err != nil {
		return nil, fmt.Errorf("find the tenant: %w", err)
	}
	if found.projects, err = client.ListProjects(ctx, prefect.ProjectFilter{}); err != nil {
		return nil, fmt.Errorf("list the projects: %w", err)
	}
	for _, name := range only {
		if !slices.ContainsFunc(found.projects, func(p prefect.Project) bool { return p.Name == name }) {
			return nil, fmt.Errorf("the tenant %q has no project %q", found.tenant.Slug, name)
		}
	}
	if len(only) > 0 {
		found.projects = slices.DeleteFunc(found.projects, func(p prefect.Project) bool { return !slices.Contains(only, p.Name) })
	}
	live := false
	flows, err := client.ListFlows(ctx, prefect.FlowFilter{Archived: &live})
	if err != nil {
		return nil, fmt.Errorf("list the flows: %w", err)
	}
	found.flows = newest(flows, found.projects)
	hooks, err := client.ListCloudHooks(ctx, prefect.CloudHookFilter{})
	if err != nil {
		return nil, fmt.Errorf("list the cloud hooks: %w", err)
	}
	found.hooks = hooksOf(hooks, found.flows, len(only) > 0)
	return &found, nil
}

// newest keeps the newest version of each version group in the projects.
func newest(flows []prefect.Flow, projects []prefect.Project) []prefect.Flow {
	slices.SortFunc(flows, func(a, b prefect.Flow) int { return cmp.Compare(b.Version, a.Version) })
	seen := map[string]bool{}
	flows = slices.DeleteFunc(flows, func(f prefect.Flow) bool {
		if seen[f.VersionGroupID] {
			return true
		}
		seen[f.VersionGroupID] = true
		return !slices.ContainsFunc(projects, func(p prefect.Project) bool { return p.ID == f.ProjectID })
	})
	slices.SortFunc(flows, func(a, b prefect.Flow) int {
		return cmp.Or(cmp.Compare(a.ProjectName, b.ProjectName), cmp.Compare(a.Name, b.Name), cmp.Compare(a.VersionGroupID, b.VersionGroupID))
	})
	return flows
}

// hooksOf removes the hooks of flows that are not written and, if narrowed is set, the hooks on all flows.
func hooksOf(hooks []prefect.CloudHook, flows []prefect.Flow, narrowed bool) []prefect.CloudHook {
	return slices.DeleteFunc(hooks, func(h prefect.CloudHook) bool {
		if h.VersionGroupID == nil {
			return narrowed
		}
		return narrowed && !slices.ContainsFunc(flows, func(f prefect.Flow) bool { return f.VersionGroupID == *h.VersionGroupID })
	})
}
