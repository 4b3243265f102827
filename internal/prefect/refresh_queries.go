package prefect

import (
	"cmp"
	"context"
	"errors"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// refreshers are the refreshers of one tenant.
type refreshers struct {
	flows    refresher[Flow]
	projects refresher[Project]
	groups   refresher[FlowGroup]
	hooks    refresher[CloudHook]
	runs     refresher[FlowRun]
	// tenants covers all tenants of the Server.
	tenants refresher[Tenant]
}

func newRefreshers() *refreshers {
	return &refreshers{
		flows: refresher[Flow]{source: refreshSource[Flow]{
			find:  newestFlows,
			field: func(f *Flow) string { return f.ProjectID },
			near:  flowsNear,
		}},
		projects: refresher[Project]{source: refreshSource[Project]{
			find: projectsByID,
			near: projectsNear,
		}},
		groups: refresher[FlowGroup]{source: refreshSource[FlowGroup]{
			find: flowGroupsByID,
			near: flowGroupsNear,
		}},
		hooks: refresher[CloudHook]{source: refreshSource[CloudHook]{
			find: cloudHooksByID,
			near: cloudHooksNear,
		}},
		tenants: refresher[Tenant]{source: refreshSource[Tenant]{
			find: tenantsByID,
			near: tenantsNear,
		}},
		runs: refresher[FlowRun]{source: refreshSource[FlowRun]{
			find:       flowRunsByID,
			field:      keyFamily,
			near:       flowRunsNear,
			fieldsOnly: true,
		}},
	}
}

// RefreshFlow is [Client.LatestFlow] for refreshing many flows: calls that arrive close together share
// requests, and other flows are read ahead. The answer is at most two minutes old and never older than this
// process's last write.
func (c *Client) RefreshFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	flow, err := refreshed(ctx, c, &c.refreshers.flows, versionGroupID, "RefreshFlow", "flow of version group "+versionGroupID)
	if errors.Is(err, ErrNotFound) {
		// A refresh finds a flow through its group. Ask directly before reporting it missing, which has
		// consequences.
		return c.LatestFlow(ctx, versionGroupID)
	}
	return flow, err
}

// RefreshProject is [Client.GetProject] with the request sharing of [Client.RefreshFlow].
func (c *Client) RefreshProject(ctx context.Context, id string) (*Project, error) {
	return refreshed(ctx, c, &c.refreshers.projects, id, "RefreshProject", "project "+id)
}

// RefreshFlowGroup is [Client.GetFlowGroup] with the request sharing of [Client.RefreshFlow].
func (c *Client) RefreshFlowGroup(ctx context.Context, id string) (*FlowGroup, error) {
	return refreshed(ctx, c, &c.refreshers.groups, id, "RefreshFlowGroup", "flow group "+id)
}

// RefreshCloudHook is [Client.GetCloudHook] with the request sharing of [Client.RefreshFlow].
func (c *Client) RefreshCloudHook(ctx context.Context, id string) (*CloudHook, error) {
	return refreshed(ctx, c, &c.refreshers.hooks, id, "RefreshCloudHook", "cloud hook "+id)
}

// RefreshTenant is [Client.GetTenant] with the request sharing of [Client.RefreshFlow].
func (c *Client) RefreshTenant(ctx context.Context, id string) (*Tenant, error) {
	return refreshed(ctx, c, &c.refreshers.tenants, id, "RefreshTenant", "tenant "+id)
}

// RefreshFlowRun is [Client.GetFlowRun] for the refresh of many; see [Client.RefreshFlow]. The runs read ahead are those
// whose idempotency key begins like that of the runs asked for, up to the first hyphen.
func (c *Client) RefreshFlowRun(ctx context.Context, id string) (*FlowRun, error) {
	return refreshed(ctx, c, &c.refreshers.runs, id, "RefreshFlowRun", "flow run "+id)
}

func refreshed[T any](ctx context.Context, c *Client, r *refresher[T], key, operation, what string) (*T, error) {
	shared, err := r.get(ctx, c, key)
	return ownCopy(c, shared, err, operation, what)
}

// ownCopy returns a copy of a shared answer, or the error that there is none.
func ownCopy[T any](c *Client, shared *T, err error, operation, what string) (*T, error) {
	if err != nil {
		return nil, err
	}
	if shared == nil {
		return nil, c.http.NotFound(operation, what)
	}
	own := *shared
	return &own, nil
}

func newestFlows(ctx context.Context, c *Client, groups []string) (map[string]*Flow, error) {
	w := where{"name": oneOf(groups)}
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.NewestFlowsFlowGroup
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		out, err := graphql.NewestFlows(ctx, wire{c}, tenant, after(last, w), pageSize)
		if err != nil {
			return nil, nil, err
		}
		return out.FlowGroup, out.Remaining.Aggregate, nil
	}, (*row).GetId)
	return flowsByGroup(rows), err
}

func flowsNear(ctx context.Context, c *Client, projects []string, from string, limit int) (*nearPage[Flow], error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	// Deleted projects leave groups without versions behind.
	w := where{"flows": where{}}
	if len(projects) > 0 {
		w = where{"flows": where{"project_id": oneOf(projects)}}
	}
	out, err := graphql.NewestFlows(ctx, wire{c}, tenant, after(cmp.Or(from, beforeAll), w), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(flowsByGroup(out.FlowGroup), out.FlowGroup, (*graphql.NewestFlowsFlowGroup).GetId, out.Remaining.Aggregate), nil
}

// pageOf builds a page of objects from rows in id order.
func pageOf[T, R any](objects map[string]*T, rows []R, id func(*R) string, left *graphql.Count) *nearPage[T] {
	page := &nearPage[T]{objects: objects, left: count(left)}
	if n := len(rows); n > 0 && n < page.left {
		page.next = id(&rows[n-1])
	}
	return page
}

func flowsByGroup(rows []graphql.NewestFlowsFlowGroup) map[string]*Flow {
	flows := make(map[string]*Flow, len(rows))
	for i := range rows {
		for j := range rows[i].Flows {
			flow := flowOf(&rows[i].Flows[j])
			flows[flow.VersionGroupID] = &flow
		}
	}
	return flows
}

func projectsByID(ctx context.Context, c *Client, ids []string) (map[string]*Project, error) {
	found, err := c.projects(ctx, where{"id": oneOf(ids)})
	return byKey(found, projectID), err
}

func projectID(p *Project) string { return p.ID }

func projectsNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[Project], error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.Projects(ctx, wire{c}, tenant, after(cmp.Or(from, beforeAll), where{}), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(byKey(convert(out.Project, projectOf), projectID), out.Project, (*graphql.ProjectFields).GetId, out.Remaining.Aggregate), nil
}

func flowGroupsByID(ctx context.Context, c *Client, ids []string) (map[string]*FlowGroup, error) {
	type row = graphql.FlowGroupsFlowGroup
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		return c.flowGroups(ctx, where{"id": oneOf(ids)}, last, pageSize)
	}, (*row).GetId)
	return byKey(convert(rows, flowGroupWithVersion), flowGroupID), err
}

func flowGroupID(g *FlowGroup) string { return g.ID }

func flowGroupsNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[FlowGroup], error) {
	// Deleted projects leave groups without versions behind, as above.
	rows, left, err := c.flowGroups(ctx, where{"flows": where{}}, cmp.Or(from, beforeAll), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(byKey(convert(rows, flowGroupWithVersion), flowGroupID), rows, (*graphql.FlowGroupsFlowGroup).GetId, left), nil
}

func cloudHooksByID(ctx context.Context, c *Client, ids []string) (map[string]*CloudHook, error) {
	found, err := c.cloudHooks(ctx, where{"id": oneOf(ids)})
	return byKey(found, cloudHookID), err
}

func cloudHookID(h *CloudHook) string { return h.ID }

func cloudHooksNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[CloudHook], error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.CloudHooks(ctx, wire{c}, tenant, after(cmp.Or(from, beforeAll), where{}), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(byKey(convert(out.CloudHook, cloudHookOf), cloudHookID), out.CloudHook, (*graphql.CloudHookFields).GetId, out.Remaining.Aggregate), nil
}

func tenantsByID(ctx context.Context, c *Client, ids []string) (map[string]*Tenant, error) {
	found, err := c.tenants(ctx, where{"id": oneOf(ids)})
	return byKey(found, tenantKey), err
}

func tenantKey(t *Tenant) string { return t.ID }

func tenantsNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[Tenant], error) {
	out, err := graphql.Tenants(ctx, wire{c}, after(cmp.Or(from, beforeAll), where{}), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(byKey(convert(out.Tenant, tenantOf), tenantKey), out.Tenant, (*graphql.TenantFields).GetId, out.Remaining.Aggregate), nil
}

func flowRunsByID(ctx context.Context, c *Client, ids []string) (map[string]*FlowRun, error) {
	found, err := c.flowRuns(ctx, where{"id": oneOf(ids)})
	return byKey(found, flowRunID), err
}

func byKey[T any](objects []T, key func(*T) string) map[string]*T {
	all := make(map[string]*T, len(objects))
	for i := range objects {
		all[key(&objects[i])] = &objects[i]
	}
	return all
}
