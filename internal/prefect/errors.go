package prefect

import "errors"

// Kinds of failure that only this package tells apart.
var (
	// ErrFlowID: what was to be a version group is the id of a flow version.
	ErrFlowID = errors.New("the id of a flow version and not a version group")
	// ErrUncertain: a creation was interrupted, and the Server could not be asked whether it had been carried out.
	ErrUncertain = errors.New("the object may have been created")
	// ErrNoTenant: the Server has no tenant yet.
	ErrNoTenant = errors.New("no tenant")
	// ErrSeveralTenants: no tenant was named and the Server has several.
	ErrSeveralTenants = errors.New("several tenants")
	// ErrTenantNotFound: the tenant that the configuration names does not exist.
	ErrTenantNotFound = errors.New("tenant not found")
)
