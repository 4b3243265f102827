package prefect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// tenantCache stores the id of a client's tenant once it is known.
type tenantCache struct {
	// lock is held during the lookup, so that concurrent callers share one.
	lock chan struct{}
	id   string
}

func newTenantCache() *tenantCache { return &tenantCache{lock: make(chan struct{}, 1)} }

// TenantID returns the id of the client's tenant. It asks the Server once and caches the answer. Errors are a
// *TenantError, or an *Error if the Server could not be reached.
func (c *Client) TenantID(ctx context.Context) (string, error) {
	select {
	case c.tenant.lock <- struct{}{}:
		defer func() { <-c.tenant.lock }()
	case <-ctx.Done():
		return "", fmt.Errorf("finding the tenant: %w", context.Cause(ctx))
	}
	if c.tenant.id != "" {
		return c.tenant.id, nil
	}
	id, err := c.resolveTenant(ctx)
	if err != nil {
		return "", err
	}
	c.tenant.id = id
	return id, nil
}

func (c *Client) resolveTenant(ctx context.Context) (string, error) {
	wanted := c.wanted
	if wanted == "" {
		tenants, err := c.ListTenants(ctx, TenantFilter{})
		if err != nil {
			return "", err
		}
		switch len(tenants) {
		case 0:
			return "", &TenantError{Kind: ErrNoTenant}
		case 1:
			return tenants[0].ID, nil
		default:
			return "", &TenantError{Kind: ErrSeveralTenants, Tenants: tenants}
		}
	}
	condition := where{"slug": equals(wanted)}
	if transport.IsUUID(wanted) {
		condition = where{"id": equals(wanted)}
	}
	found, err := tenantListing().list(ctx, c, condition)
	if err != nil {
		return "", err
	}
	if len(found) == 1 {
		return found[0].ID, nil
	}
	tenants, err := c.ListTenants(ctx, TenantFilter{})
	if err != nil {
		return "", err
	}
	return "", &TenantError{Kind: ErrTenantNotFound, Wanted: wanted, Tenants: tenants}
}

// TenantError is returned with kind ErrNoTenant, ErrSeveralTenants or ErrTenantNotFound.
type TenantError struct {
	// Wanted is the requested slug or id; empty if none was given.
	Wanted string
	// Tenants are the tenants on the Server.
	Tenants []Tenant
	// Kind is one of those three.
	Kind error
}

// Error lists the existing tenants by slug. One whose slug is empty, which the Server allows, can be named only by its id.
func (e *TenantError) Error() string {
	slugs := make([]string, 0, len(e.Tenants))
	for _, t := range e.Tenants {
		slugs = append(slugs, cmp.Or(t.Slug, t.ID))
	}
	switch {
	case len(e.Tenants) == 0 && e.Wanted != "":
		return fmt.Sprintf("tenant %q not found: the Server has no tenant", e.Wanted)
	case len(e.Tenants) == 0:
		return "the Server has no tenant"
	case e.Wanted != "":
		return fmt.Sprintf("tenant %q not found: the Server has %s", e.Wanted, strings.Join(slugs, ", "))
	default:
		return fmt.Sprintf("the Server has several tenants (%s) and none was named", strings.Join(slugs, ", "))
	}
}

// Unwrap makes errors.Is see the kind.
func (e *TenantError) Unwrap() error { return e.Kind }
