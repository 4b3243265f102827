package framework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// FindInTenants runs find in the provider's tenant first and then in all others. It skips tenants that are
// deleted meanwhile. The error is the last tenant's.
func FindInTenants[T any](ctx context.Context, data *ProviderData, find func(*prefect.Client) (T, error)) (T, error) {
	return findInTenants(ctx, data, find, false)
}

// FindIDInTenants is FindInTenants for an id that may be a name instead of a UUID, and then need not be unique across
// tenants. The provider's tenant takes precedence; if several others have the name, the error is a [*SeveralTenantsError].
func FindIDInTenants[T any](ctx context.Context, data *ProviderData, id string, find func(*prefect.Client) (T, error)) (T, error) {
	return findInTenants(ctx, data, find, !IsUUID(id))
}

// SeveralTenantsError reports that objects of several tenants have the name.
type SeveralTenantsError struct {
	// Tenants are their slugs.
	Tenants []string
}

func (e *SeveralTenantsError) Error() string {
	return "There is one in each of the tenants " + strings.Join(e.Tenants, ", ") + "."
}

func findInTenants[T any](ctx context.Context, data *ProviderData, find func(*prefect.Client) (T, error), all bool) (T, error) {
	var none, hit T
	var tenantsWithHits []string
	found, err := find(data.Prefect)
	if err == nil || !errors.Is(err, prefect.ErrNotFound) && !errors.Is(err, prefect.ErrSeveralTenants) {
		return found, err
	}
	tenants, listErr := data.Prefect.ListTenants(ctx, prefect.TenantFilter{})
	if listErr != nil {
		return none, fmt.Errorf("list tenants: %w", listErr)
	}
	for _, tenant := range tenants {
		found, elsewhere := find(data.InTenant(tenant.ID))
		switch {
		case elsewhere == nil && all:
			hit, tenantsWithHits = found, append(tenantsWithHits, tenant.Slug)
		case errors.Is(elsewhere, prefect.ErrTenantNotFound):
		case errors.Is(elsewhere, prefect.ErrNotFound):
			err = elsewhere
		default:
			return found, elsewhere
		}
	}
	switch len(tenantsWithHits) {
	case 0:
		return none, err
	case 1:
		return hit, nil
	default:
		return none, &SeveralTenantsError{Tenants: tenantsWithHits}
	}
}
