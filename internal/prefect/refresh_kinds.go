package prefect

import (
	"cmp"
	"context"
	"errors"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// refreshers are a tenant's.
type refreshers struct {
	flows    refresher[Flow]
	projects refresher[Project]
	runs     refresher[FlowRun]
}

func newRefreshers() *refreshers {
	return &refreshers{
		flows: refresher[Flow]{source: refreshSource[Flow]{
			find:  newestFlows,
			field: func(f *Flow) string { return f.ProjectID },
			near:  flowsNear,
		}},
		projects: refresher[Project]{source: refreshSource[Project]{
			find:  projectsByID,
			field: func(p *Project) string { return p.TenantID }, // which are all
			near:  projectsNear,
		}},
		// A tenant has far more runs than anybody's configuration.
		runs: refresher[FlowRun]{source: refreshSource[FlowRun]{find: flowRunsByID}},
	}
}

// RefreshFlow is [Client.LatestFlow] for the refresh of many: calls that come at about the same time share requests, and
// other flows are read ahead. The answer is what the Server held at some moment of the refresh, which is at most two
// minutes ago, and after every change that this process has made.
func (c *Client) RefreshFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	flow, err := refreshed(ctx, c, &c.refreshers.flows, versionGroupID, "RefreshFlow", "flow of version group "+versionGroupID)
	if errors.Is(err, ErrNotFound) {
		// It was looked for by the name of its group, and to be missing has consequences.
		return c.LatestFlow(ctx, versionGroupID)
	}
	return flow, err
}

// RefreshProject is [Client.GetProject] for the refresh of many, as [Client.RefreshFlow] is for flows.
func (c *Client) RefreshProject(ctx context.Context, id string) (*Project, error) {
	return refreshed(ctx, c, &c.refreshers.projects, id, "RefreshProject", "project "+id)
}

// RefreshFlowRun is [Client.GetFlowRun] for the refresh of many: calls that come at about the same time share a request.
func (c *Client) RefreshFlowRun(ctx context.Context, id string) (*FlowRun, error) {
	return refreshed(ctx, c, &c.refreshers.runs, id, "RefreshFlowRun", "flow run "+id)
}

func refreshed[T any](ctx context.Context, c *Client, r *refresher[T], key, operation, what string) (*T, error) {
	shared, err := r.get(ctx, c, key)
	if err != nil {
		return nil, err
	}
	if shared == nil {
		return nil, c.notFound(operation, what)
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
	// Groups without a version are left behind by projects that were deleted.
	w := where{"flows": where{}}
	if len(projects) > 0 {
		w = where{"flows": where{"project_id": oneOf(projects)}}
	}
	out, err := graphql.NewestFlows(ctx, wire{c}, tenant, after(cmp.Or(from, beforeAll), w), limit)
	if err != nil {
		return nil, err
	}
	page := &nearPage[Flow]{objects: flowsByGroup(out.FlowGroup), left: count(out.Remaining.Aggregate)}
	if n := len(out.FlowGroup); n > 0 && n < page.left {
		page.next = out.FlowGroup[n-1].Id
	}
	return page, nil
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
	return byKey(found, func(p *Project) string { return p.ID }), err
}

func projectsNear(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[Project], error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.Projects(ctx, wire{c}, tenant, after(cmp.Or(from, beforeAll), where{}), limit)
	if err != nil {
		return nil, err
	}
	page := &nearPage[Project]{
		objects: byKey(convert(out.Project, projectOf), func(p *Project) string { return p.ID }),
		left:    count(out.Remaining.Aggregate),
	}
	if n := len(out.Project); n > 0 && n < page.left {
		page.next = out.Project[n-1].Id
	}
	return page, nil
}

func flowRunsByID(ctx context.Context, c *Client, ids []string) (map[string]*FlowRun, error) {
	found, err := c.flowRuns(ctx, where{"id": oneOf(ids)})
	return byKey(found, func(r *FlowRun) string { return r.ID }), err
}

func byKey[T any](objects []T, key func(*T) string) map[string]*T {
	all := make(map[string]*T, len(objects))
	for i := range objects {
		all[key(&objects[i])] = &objects[i]
	}
	return all
}
