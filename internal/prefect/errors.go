package prefect

import "errors"

// Kinds of failure that this package adds to those of transport.
var (
	// ErrFlowID: a version group was expected, but the id is that of a flow version.
	ErrFlowID = errors.New("the id of a flow version, not a version group")
	// ErrUncertain: a creation was interrupted, and the Server could not confirm it.
	ErrUncertain = errors.New("the object may have been created")
	// ErrNoTenant: the Server has no tenant yet.
	ErrNoTenant = errors.New("no tenant")
	// ErrSeveralTenants: no tenant was named and the Server has several.
	ErrSeveralTenants = errors.New("several tenants")
	// ErrTenantNotFound: the tenant that the configuration names does not exist.
	ErrTenantNotFound = errors.New("tenant not found")
)
