package prefect

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
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
	// CloudHooks is zero for a project, which has none.
	CloudHooks int
	// ActiveFlowRuns counts the runs among FlowRuns that have not finished.
	ActiveFlowRuns int
}

// CreateTenant creates a tenant and returns its id. A slug in use gives ErrUniqueness, one with other
// characters than lower-case letters, digits and hyphens ErrInvalid.
func (c *Client) CreateTenant(ctx context.Context, name, slug string) (string, error) {
	if name == "" || slug == "" {
		return "", c.http.Refused("CreateTenant", "a tenant needs a name and a slug")
	}
	return c.createOnce(ctx,
		func(ctx context.Context) (string, error) {
			out, err := graphql.CreateTenant(ctx, wire{c}, name, slug)
			if err != nil {
				return "", err
			}
			return newID(c, "CreateTenant", out.CreateTenant)
		},
		func(ctx context.Context, when Period) (string, error) {
			return c.FindCreatedTenant(ctx, name, slug, when)
		})
}

// FindCreatedTenant returns the id of the tenant that CreateTenant has made, or ErrNotFound if none with this name and slug
// was created in the period.
func (c *Client) FindCreatedTenant(ctx context.Context, name, slug string, when Period) (string, error) {
	t, err := c.FindTenant(ctx, slug)
	if err != nil {
		return "", err
	}
	if t.Name != name || !when.Holds(t.Created) {
		return "", c.http.NotFound("CreateTenant", "only another tenant has this slug")
	}
	return t.ID, nil
}

// GetTenant returns the tenant with this id, or ErrNotFound.
func (c *Client) GetTenant(ctx context.Context, id string) (*Tenant, error) {
	return tenantListing().one(ctx, c, where{"id": equals(id)}, "GetTenant", "tenant "+id)
}

// FindTenant returns the tenant with this slug, or ErrNotFound.
func (c *Client) FindTenant(ctx context.Context, slug string) (*Tenant, error) {
	return tenantListing().one(ctx, c, where{"slug": equals(slug)}, "GetTenant", "tenant with slug "+slug)
}

// TenantFilter narrows ListTenants; empty fields match everything.
type TenantFilter struct {
	// NameLike and SlugLike are case-insensitive SQL LIKE patterns (%, _).
	NameLike, SlugLike string
}

// ListTenants returns the tenants that match a filter, ordered by slug.
func (c *Client) ListTenants(ctx context.Context, filter TenantFilter) ([]Tenant, error) {
	w := where{}
	if filter.NameLike != "" {
		w["name"] = like(filter.NameLike)
	}
	if filter.SlugLike != "" {
		w["slug"] = like(filter.SlugLike)
	}
	return tenantListing().list(ctx, c, w)
}

// SetTenantName renames a tenant; ErrNotFound if there is none with this id.
func (c *Client) SetTenantName(ctx context.Context, id, name string) error {
	if name == "" {
		return c.http.Refused("SetTenantName", "a tenant needs a name")
	}
	_, err := graphql.SetTenantName(ctx, wire{c}, id, name)
	return err
}

// SetTenantSlug changes a tenant's slug; ErrNotFound, ErrUniqueness or ErrInvalid.
func (c *Client) SetTenantSlug(ctx context.Context, id, slug string) error {
	if slug == "" {
		return c.http.Refused("SetTenantSlug", "a tenant needs a slug")
	}
	_, err := graphql.SetTenantSlug(ctx, wire{c}, id, slug)
	return err
}

// DeleteTenant deletes a tenant and everything in it; ErrNotFound if there is none with this id.
func (c *Client) DeleteTenant(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteTenant(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteTenant", "tenant "+id, out.GetDeleteTenant(), err)
}

// TenantContents counts what is in a tenant.
func (c *Client) TenantContents(ctx context.Context, id string) (*Contents, error) {
	out, err := graphql.TenantContents(ctx, wire{c}, id, states.Of(states.Finished))
	if err != nil {
		return nil, err
	}
	return &Contents{
		Projects:       count(out.Projects.Aggregate),
		Flows:          count(out.Flows.Aggregate),
		FlowRuns:       count(out.FlowRuns.Aggregate),
		CloudHooks:     count(out.CloudHooks.Aggregate),
		ActiveFlowRuns: count(out.ActiveFlowRuns.Aggregate),
	}, nil
}

// tenantListing lists tenants by slug.
func tenantListing() listing[graphql.TenantFields, Tenant] {
	return listing[graphql.TenantFields, Tenant]{
		allTenants: true,
		query: func(ctx context.Context, c *Client, _ string, w where, limit int) ([]graphql.TenantFields, *graphql.Count, error) {
			out, err := graphql.Tenants(ctx, wire{c}, w, limit)
			return out.GetTenant(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.TenantFields).GetId, object: tenantOf,
		order: func(a, b Tenant) int { return strings.Compare(a.Slug, b.Slug) },
	}
}

func tenantOf(t *graphql.TenantFields) Tenant {
	return Tenant{
		ID: t.Id, Name: t.Name, Slug: t.Slug, Settings: document(&t.Settings), Created: t.Created, Updated: t.Updated,
	}
}
