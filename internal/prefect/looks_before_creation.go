package prefect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	genqlient "github.com/Khan/genqlient/graphql"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// Looks answer what a creation needs to know: does this project exist, does this flow exist? Terraform creates objects
// ten at a time, and each is looked for during the plan and again during the apply. Looks share requests as refreshes do,
// with three differences:
//
//   - An answer can be used again for lookLifetime, so that a creation takes one look and not one per step.
//   - A creation does not drop the whole cache, only the looks for that project or flow, because what it changes is known.
//   - Absence can be cached too. It is proved by a complete list that does not have the object.
//
// Somebody else may change the Server meanwhile, so a shared answer is good for a plan only. What creates an object, or
// refuses to, looks again: [Client.LookForFlowNow] has the Server's answer of that moment, and still shares its request
// with the other creations that run side by side.

// lookLifetime is the maximum age of an answer.
const lookLifetime = 15 * time.Second

// creations is what the clients of one Server know of each other's creations.
type creations struct {
	// disturbances counts the beginnings and ends of all mutations but creations.
	disturbances atomic.Int64
	// registering counts the registrations under way, and the looks that come before them.
	registering atomic.Int64

	mu sync.Mutex
	// looks are those of all clients: two can work in one tenant, and a registration can affect other tenants.
	looks []*looks
}

// creating are the mutations that add an object or a part of one. They drop single looks only.
var creating = []string{"CreateProject", "RegisterFlow", "RegisterTasks", "RegisterEdges", "CreateFlowRun", "WriteLog"} //nolint:gochecknoglobals // constant

// disturb counts a request that may invalidate any look. The function it returns counts its end.
func (s *creations) disturb(req *genqlient.Request) (end func()) {
	if !strings.Contains(req.Query, "mutation") || slices.Contains(creating, req.OpName) {
		return func() {}
	}
	s.disturbances.Add(1)
	return func() { s.disturbances.Add(1) }
}

func disturbances(c *Client) int64 { return c.creations.disturbances.Load() }

// looks are a client's.
type looks struct {
	named    refresher[Flow]    // by the project's id and the flow's name
	grouped  refresher[Flow]    // by version group
	single   refresher[Flow]    // by id
	current  refresher[Flow]    // by version group: the version that a run would be of
	projects refresher[Project] // by id
	titles   refresher[Project] // by name
	versions refresher[Flow]    // by id; each is read once, after it was registered
}

// newLooks returns the looks of another client.
func (s *creations) newLooks() *looks {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := newLooks()
	s.looks = append(s.looks, l)
	return l
}

// tell calls f with the looks of all clients.
func (s *creations) tell(f func(l *looks)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.looks {
		f(l)
	}
}

func newLooks() *looks {
	all := func(string) string { return "" }
	return &looks{
		named: refresher[Flow]{source: refreshSource[Flow]{
			again: lookLifetime, writes: disturbances, present: true,
			fieldOf: func(key string) string { project, _, _ := strings.Cut(key, keySeparator); return project },
			find:    flowsNamed, near: flowsOfProjects,
		}},
		grouped: refresher[Flow]{source: refreshSource[Flow]{
			again: lookLifetime, writes: disturbances, present: true,
			find: flowsOfGroups,
		}},
		single: refresher[Flow]{source: refreshSource[Flow]{
			again: lookLifetime, writes: disturbances,
			find: flowListing().find,
		}},
		current: refresher[Flow]{source: refreshSource[Flow]{
			again: lookLifetime, writes: disturbances,
			find: currentFlows,
		}},
		projects: refresher[Project]{source: refreshSource[Project]{
			again: lookLifetime, writes: disturbances, fieldOf: all,
			find: projectListing().find, near: projectListing().nearAny,
		}},
		titles: refresher[Project]{source: refreshSource[Project]{
			again: lookLifetime, writes: disturbances, fieldOf: all,
			find: projectsByName, near: projectNamesNear,
		}},
		versions: refresher[Flow]{source: refreshSource[Flow]{
			hold: func(c *Client) bool {
				return c.creations.registering.Load() > 0 || c.looks.named.expects() || c.looks.grouped.expects()
			},
			find: flowListing().find,
		}},
	}
}

// keySeparator is in no name and in no id.
const keySeparator = "\x00"

// LookForFlow is [Client.FindFlow], or with a version group [Client.LatestFlow], for the creation of many flows. The
// answer is at most 15 seconds old, and never older than a change that this process has made to the flow.
func (c *Client) LookForFlow(ctx context.Context, projectID, name, versionGroupID string) (*Flow, error) {
	if versionGroupID != "" {
		return refreshed(ctx, c, &c.looks.grouped, versionGroupID, "LookForFlow", "flow of version group "+versionGroupID)
	}
	return refreshed(ctx, c, &c.looks.named, projectID+keySeparator+name, "LookForFlow", "flow with name "+name+" in project "+projectID)
}

// LookForFlowNow is [Client.LookForFlow] with an answer that the Server gives after the call. Calls of concurrent
// registrations share a request, and hold back the requests that read the versions of others; see [Client.ReadBackFlow].
func (c *Client) LookForFlowNow(ctx context.Context, projectID, name, versionGroupID string) (*Flow, error) {
	c.creations.registering.Add(1)
	defer c.creations.registering.Add(-1)
	r, key, what := &c.looks.named, projectID+keySeparator+name, "flow with name "+name+" in project "+projectID
	if versionGroupID != "" {
		r, key, what = &c.looks.grouped, versionGroupID, "flow of version group "+versionGroupID
	}
	shared, err := r.getNow(ctx, c, key)
	return ownCopy(c, shared, err, "LookForFlow", what)
}

// LookForFlowVersion is [Client.GetFlow] for the runs of many flows, with the guarantees of [Client.LookForFlow].
func (c *Client) LookForFlowVersion(ctx context.Context, id string) (*Flow, error) {
	return refreshed(ctx, c, &c.looks.single, id, "GetFlow", "flow "+id)
}

// LookForCurrentFlow is [Client.CurrentFlow] for the runs of many flows, with the guarantees of [Client.LookForFlow].
func (c *Client) LookForCurrentFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	return refreshed(ctx, c, &c.looks.current, versionGroupID, "CurrentFlow", "version group "+versionGroupID)
}

// LookForProject is [Client.GetProject] for the creation of many, with the guarantees of [Client.LookForFlow].
func (c *Client) LookForProject(ctx context.Context, id string) (*Project, error) {
	return refreshed(ctx, c, &c.looks.projects, id, "GetProject", "project "+id)
}

// LookForProjectNamed is [Client.FindProject] for the creation of many, with the guarantees of [Client.LookForFlow].
func (c *Client) LookForProjectNamed(ctx context.Context, name string) (*Project, error) {
	return refreshed(ctx, c, &c.looks.titles, name, "LookForProjectNamed", "project with name "+name)
}

// ReadBackFlow is [Client.GetFlow] for a version that was just registered. It waits up to a quarter of a second for other
// registrations in progress, so that all versions are read with one request.
func (c *Client) ReadBackFlow(ctx context.Context, id string) (*Flow, error) {
	return refreshed(ctx, c, &c.looks.versions, id, "GetFlow", "flow "+id)
}

// registered drops the looks for a flow, before and after a registration. Versions of one group archive each other,
// whatever their names and projects are.
func (c *Client) registered(in RegisterFlowInput) {
	name, _ := in.SerializedFlow["name"].(string)
	c.creations.tell(func(l *looks) {
		l.named.change(in.ProjectID+keySeparator+name, func(f *Flow) bool { return f.VersionGroupID == in.VersionGroupID })
		sameGroup := func(f *Flow) bool { return f.VersionGroupID == in.VersionGroupID }
		l.single.change("", sameGroup)
		l.current.change(in.VersionGroupID, sameGroup)
		l.grouped.change(in.VersionGroupID, func(f *Flow) bool { return f.ProjectID == in.ProjectID && f.Name == name })
	})
}

// projectCreated drops the looks for a project; id is "" if the creation failed.
func (c *Client) projectCreated(id, name string) {
	c.creations.tell(func(l *looks) {
		l.projects.change(id, nil)
		l.titles.change(name, nil)
	})
}

// flowsNamed looks for the newest flow of each name in a project.
func flowsNamed(ctx context.Context, c *Client, keys []string) (map[string]*Flow, error) {
	names := map[string][]string{}
	for _, key := range keys {
		project, name, _ := strings.Cut(key, keySeparator)
		names[project] = append(names[project], name)
	}
	var either []where
	for project, some := range names {
		either = append(either, where{"project_id": equals(project), "name": oneOf(some)})
	}
	found := map[string]*Flow{}
	for from := ""; ; {
		page, err := flowNames(ctx, c, where{"_or": either}, from, pageSize)
		if err != nil {
			return nil, err
		}
		for key, flow := range page.objects {
			found[key] = flow
		}
		switch {
		case page.next == "":
			return found, nil
		case len(page.objects) == 0 || len(found) > len(keys):
			return nil, fmt.Errorf("%w: a list of flows does not end", ErrNotPrefect)
		}
		from = page.next
	}
}

// flowsOfProjects reads a page of the newest flows of each name, in some projects or, without any, in all.
func flowsOfProjects(ctx context.Context, c *Client, projects []string, from string, limit int) (*nearPage[Flow], error) {
	if len(projects) == 0 {
		return flowNames(ctx, c, where{}, from, limit)
	}
	return flowNames(ctx, c, where{"project_id": oneOf(projects)}, from, limit)
}

// flowNames reads a page of flows, the newest of each name in a project, in the order of projects and names.
func flowNames(ctx context.Context, c *Client, w where, from string, limit int) (*nearPage[Flow], error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	if project, name, ok := strings.Cut(from, keySeparator); ok {
		w = both(w, where{"_or": []where{
			{"project_id": where{"_gt": project}},
			{"project_id": equals(project), "name": where{"_gt": name}},
		}})
	}
	out, err := graphql.FlowNames(ctx, wire{c}, tenant, w, limit)
	if err != nil {
		return nil, err
	}
	if out.Remaining.Aggregate == nil {
		return nil, fmt.Errorf("%w: a list came without the number of its rows", ErrNotPrefect)
	}
	page := &nearPage[Flow]{objects: map[string]*Flow{}, left: count(out.Remaining.Aggregate)}
	last := ""
	for _, f := range convert(out.Flow, flowOf) {
		last = f.ProjectID + keySeparator + f.Name
		page.objects[last] = &f
	}
	if len(out.Flow) < page.left {
		page.next = cmp.Or(last, from, keySeparator)
	}
	return page, nil
}

// flowsOfGroups looks for the newest version of each group. Its flows are asked, and not the group, which may be there
// without any.
func flowsOfGroups(ctx context.Context, c *Client, groups []string) (map[string]*Flow, error) {
	found, err := newestFlows(ctx, c, groups)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(groups), func(group string) bool { return found[group] != nil })
	if len(missing) == 0 {
		return found, nil
	}
	// They were looked for by the name of their group, and to be missing has consequences.
	rest, err := flowListing().list(ctx, c, where{"version_group_id": oneOf(missing)})
	for _, flow := range rest {
		if known := found[flow.VersionGroupID]; known == nil || known.Version < flow.Version {
			found[flow.VersionGroupID] = &flow
		}
	}
	return found, err
}

// currentFlows looks for the version of each group that a run would be of. That is the newest one unless it is archived.
func currentFlows(ctx context.Context, c *Client, groups []string) (map[string]*Flow, error) {
	found, err := flowsOfGroups(ctx, c, groups)
	if err != nil {
		return nil, err
	}
	for group, flow := range found {
		if flow.Archived {
			if found[group], err = c.CurrentFlow(ctx, group); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func projectsByName(ctx context.Context, c *Client, names []string) (map[string]*Project, error) {
	found, err := projectListing().list(ctx, c, where{"name": oneOf(names)})
	byName := make(map[string]*Project, len(found))
	for i := range found {
		byName[found[i].Name] = &found[i]
	}
	return byName, err
}

func projectNamesNear(ctx context.Context, c *Client, fields []string, from string, limit int) (*nearPage[Project], error) {
	page, err := projectListing().nearAny(ctx, c, fields, from, limit)
	if err != nil {
		return nil, err
	}
	named := &nearPage[Project]{objects: map[string]*Project{}, next: page.next, left: page.left}
	for _, p := range page.objects {
		named.objects[p.Name] = p
	}
	return named, nil
}
