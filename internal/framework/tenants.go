package framework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// FindInTenants looks for an object with find, first in the provider's tenant and then
// in all others. Tenants that are deleted meanwhile count as looked through. The error
// is the last tenant's.
func FindInTenants[T any](ctx context.Context, data *ProviderData, find func(*prefect.Client) (T, error)) (T, error) {
	return findInTenants(ctx, data, find, false)
}

// FindNameInTenants is FindInTenants for what is no UUID, which objects of several
// tenants can have in common. Those of the provider's tenant come first; if several
// others have one, the error is a [*SeveralTenantsError].
func FindNameInTenants[T any](ctx context.Context, data *ProviderData, find func(*prefect.Client) (T, error)) (T, error) {
	return findInTenants(ctx, data, find, true)
}

// SeveralTenantsError says that a name fits objects of several tenants.
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
