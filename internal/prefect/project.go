package prefect

import (
	"context"
	"time"
)

// Project groups flows. Its name is unique in its tenant.
type Project struct {
	ID, TenantID, TenantSlug, Name string
	// Description is nil when there is none; an empty one is another thing.
	Description      *string
	Created, Updated time.Time
}

// ProjectFilter narrows ListProjects; empty fields do not.
type ProjectFilter struct {
	// Name is the whole name.
	Name string
	// NameLike is an SQL LIKE pattern (%, _), compared without regard to case.
	NameLike string
}

// CreateProject makes a project in the client's tenant and returns its id. A taken name gives ErrUniqueness,
// an empty one ErrInvalid.
func (c *Client) CreateProject(ctx context.Context, name string, description *string) (string, error) {
	return "", nil
}

// GetProject returns the project with this id in the client's tenant, or ErrNotFound.
func (c *Client) GetProject(ctx context.Context, id string) (*Project, error) { return nil, nil }

// FindProject returns the project with this name in the client's tenant, or ErrNotFound.
func (c *Client) FindProject(ctx context.Context, name string) (*Project, error) { return nil, nil }

// ListProjects returns the projects of the client's tenant, ordered by name.
func (c *Client) ListProjects(ctx context.Context, filter ProjectFilter) ([]Project, error) {
	return nil, nil
}

// SetProjectName renames a project; ErrNotFound, ErrUniqueness or ErrInvalid.
func (c *Client) SetProjectName(ctx context.Context, id, name string) error { return nil }

// SetProjectDescription sets or, with nil, clears a project's description; ErrNotFound if there is no such project.
func (c *Client) SetProjectDescription(ctx context.Context, id string, description *string) error {
	return nil
}

// DeleteProject deletes a project with all its flows and their runs; ErrNotFound if there is no such project.
// The flow groups stay behind, empty.
func (c *Client) DeleteProject(ctx context.Context, id string) error { return nil }

// ProjectContents counts what is in a project.
func (c *Client) ProjectContents(ctx context.Context, id string) (*Contents, error) { return nil, nil }
