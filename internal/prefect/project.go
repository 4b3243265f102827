package prefect

import (
	"context"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// Project groups flows. Its name is unique in its tenant.
type Project struct {
	ID, TenantID, TenantSlug, Name string
	// Description is nil if there is none, which differs from an empty one.
	Description      *string
	Created, Updated time.Time
}

// ProjectFilter narrows ListProjects; empty fields match everything.
type ProjectFilter struct {
	// Name matches the full name.
	Name string
	// NameLike is a case-insensitive SQL LIKE pattern (%, _).
	NameLike string
	// Limit is the largest number of projects returned, the first by name; 0 means all.
	Limit int
}

// CreateProject creates a project in the client's tenant and returns its id. A name in use gives
// ErrUniqueness, an empty one ErrInvalid.
func (c *Client) CreateProject(ctx context.Context, name string, description *string) (string, error) {
	if name == "" {
		// The Server would accept an empty name.
		return "", c.http.Refused("CreateProject", "a project needs a name")
	}
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return "", err
	}
	id, err := c.createOnce(ctx,
		func(ctx context.Context) (string, error) {
			out, err := graphql.CreateProject(ctx, wire{c}, tenant, name, description)
			if err != nil {
				return "", err
			}
			return newID(c, "CreateProject", out.CreateProject)
		},
		func(ctx context.Context, when Period) (string, error) {
			return c.FindCreatedProject(ctx, name, description, when)
		})
	c.projectCreated(id, name)
	return id, err
}

// FindCreatedProject returns the id of the project that CreateProject has made, or ErrNotFound if none with this name and
// description was created in the period.
func (c *Client) FindCreatedProject(ctx context.Context, name string, description *string, when Period) (string, error) {
	p, err := c.FindProject(ctx, name)
	if err != nil {
		return "", err
	}
	if !when.Holds(p.Created) || !equalOptional(p.Description, description) {
		return "", c.http.NotFound("CreateProject", "only another project has this name")
	}
	return p.ID, nil
}

// GetProject returns the project with this id in the client's tenant, or ErrNotFound.
func (c *Client) GetProject(ctx context.Context, id string) (*Project, error) {
	return projectListing().one(ctx, c, where{"id": equals(id)}, "GetProject", "project "+id)
}

// FindProject returns the project with this name in the client's tenant, or ErrNotFound.
func (c *Client) FindProject(ctx context.Context, name string) (*Project, error) {
	return projectListing().one(ctx, c, where{"name": equals(name)}, "GetProject", "project with name "+name)
}

// ListProjects returns the projects of the client's tenant, ordered by name.
func (c *Client) ListProjects(ctx context.Context, filter ProjectFilter) ([]Project, error) {
	w := where{}
	if filter.Name != "" {
		w["name"] = equals(filter.Name)
	}
	if filter.NameLike != "" {
		w = both(w, where{"name": like(filter.NameLike)})
	}
	if filter.Limit > 0 {
		return c.firstProjects(ctx, w, filter.Limit)
	}
	return projectListing().list(ctx, c, w)
}

// firstProjects returns the first projects by name.
func (c *Client) firstProjects(ctx context.Context, w where, limit int) ([]Project, error) {
	return projectListing().firstByName(ctx, c, w, limit,
		func(ctx context.Context, tenant string, w where, limit int) ([]graphql.ProjectFields, error) {
			out, err := graphql.ProjectsByName(ctx, wire{c}, tenant, w, limit)
			return out.GetProject(), err
		}, (*graphql.ProjectFields).GetName)
}

// SetProjectName renames a project; ErrNotFound, ErrUniqueness or ErrInvalid.
func (c *Client) SetProjectName(ctx context.Context, id, name string) error {
	if name == "" {
		return c.http.Refused("SetProjectName", "a project needs a name")
	}
	_, err := graphql.SetProjectName(ctx, wire{c}, id, name)
	return err
}

// SetProjectDescription sets or, with nil, clears a project's description; ErrNotFound if there is no such project.
func (c *Client) SetProjectDescription(ctx context.Context, id string, description *string) error {
	_, err := graphql.SetProjectDescription(ctx, wire{c}, id, description)
	return err
}

// DeleteProject deletes a project with all its flows and their runs; ErrNotFound if there is no such project.
// The flow groups remain, empty.
func (c *Client) DeleteProject(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteProject(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteProject", "project "+id, out.GetDeleteProject(), err)
}

// ProjectContents counts what is in a project.
func (c *Client) ProjectContents(ctx context.Context, id string) (*Contents, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.ProjectContents(ctx, wire{c}, tenant, id, states.Of(states.Finished))
	if err != nil {
		return nil, err
	}
	return &Contents{
		Flows:          count(out.Flows.Aggregate),
		FlowRuns:       count(out.FlowRuns.Aggregate),
		ActiveFlowRuns: count(out.ActiveFlowRuns.Aggregate),
	}, nil
}

// projectListing lists projects by name.
func projectListing() listing[graphql.ProjectFields, Project] {
	return listing[graphql.ProjectFields, Project]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.ProjectFields, *graphql.Count, error) {
			out, err := graphql.Projects(ctx, wire{c}, tenant, w, limit)
			return out.GetProject(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.ProjectFields).GetId, object: projectOf,
		order: func(a, b Project) int { return strings.Compare(a.Name, b.Name) },
	}
}

func projectOf(p *graphql.ProjectFields) Project {
	out := Project{
		ID: p.Id, TenantID: value(p.TenantId), Name: p.Name, Description: p.Description,
		Created: p.Created, Updated: p.Updated,
	}
	if p.Tenant != nil {
		out.TenantSlug = p.Tenant.Slug
	}
	return out
}

// equalOptional compares two values that may be missing.
func equalOptional[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}
