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
			find: projectListing().find,
			near: projectListing().nearAny,
		}},
		groups: refresher[FlowGroup]{source: refreshSource[FlowGroup]{
			find: flowGroupListing().find,
			near: flowGroupsNear,
		}},
		hooks: refresher[CloudHook]{source: refreshSource[CloudHook]{
			find: cloudHookListing().find,
			near: cloudHookListing().nearAny,
		}},
		tenants: refresher[Tenant]{source: refreshSource[Tenant]{
			find: tenantListing().find,
			near: tenantListing().nearAny,
		}},
		runs: refresher[FlowRun]{source: refreshSource[FlowRun]{
			find:       flowRunListing().find,
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

// flowGroupsNear reads a page of the groups that have versions: deleted projects leave groups without any behind.
func flowGroupsNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[FlowGroup], error) {
	return flowGroupListing().near(ctx, c, where{"flows": where{}}, from, limit)
}
