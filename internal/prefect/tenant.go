package prefect

import (
	"context"
	"encoding/json"
	"time"
)

// Tenant owns projects, flows, runs and agents.
type Tenant struct {
	ID, Name, Slug   string
	Settings         json.RawMessage
	Created, Updated time.Time
}

// Contents counts what deleting an object would delete with it.
type Contents struct {
	Projects, Flows, FlowRuns int
	// ActiveFlowRuns counts the runs among FlowRuns that have not finished.
	ActiveFlowRuns int
}

// CreateTenant makes a tenant and returns its id. A taken slug gives ErrUniqueness, one that is not lower-case letters,
// digits and hyphens ErrInvalid.
func (c *Client) CreateTenant(ctx context.Context, name, slug string) (string, error) {
	return "", nil
}

// GetTenant returns the tenant with this id, or ErrNotFound.
func (c *Client) GetTenant(ctx context.Context, id string) (*Tenant, error) { return nil, nil }

// FindTenant returns the tenant with this slug, or ErrNotFound.
func (c *Client) FindTenant(ctx context.Context, slug string) (*Tenant, error) { return nil, nil }

// ListTenants returns all tenants, ordered by slug.
func (c *Client) ListTenants(ctx context.Context) ([]Tenant, error) { return nil, nil }

// SetTenantName renames a tenant; ErrNotFound if there is none with this id.
func (c *Client) SetTenantName(ctx context.Context, id, name string) error { return nil }

// SetTenantSlug changes a tenant's slug; ErrNotFound, ErrUniqueness or ErrInvalid.
func (c *Client) SetTenantSlug(ctx context.Context, id, slug string) error { return nil }

// DeleteTenant deletes a tenant and everything in it; ErrNotFound if there is none with this id.
func (c *Client) DeleteTenant(ctx context.Context, id string) error { return nil }

// TenantContents counts what is in a tenant.
func (c *Client) TenantContents(ctx context.Context, id string) (*Contents, error) { return nil, nil }
