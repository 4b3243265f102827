package framework

import (
	"context"
	"errors"
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// FindInTenants looks for an object with find, first in the provider's tenant and then
// in all others. Tenants that are deleted meanwhile count as looked through. The error
// is the last tenant's.
func FindInTenants[T any](ctx context.Context, data *ProviderData, find func(*prefect.Client) (T, error)) (T, error) {
	var none T
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
		case errors.Is(elsewhere, prefect.ErrTenantNotFound):
		case errors.Is(elsewhere, prefect.ErrNotFound):
			err = elsewhere
		default:
			return found, elsewhere
		}
	}
	return none, err
}
