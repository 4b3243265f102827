package prefect

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of failure that this package adds to those of transport.
var (
	// ErrFlowID: a version group was expected, but the id is that of a flow version.
	ErrFlowID = errors.New("the id of a flow version, not a version group")
	// ErrUncertain: a creation was interrupted or got no proper answer, and the Server could not confirm it. The error is an
	// [*UncertainError].
	ErrUncertain = errors.New("the object may have been created")
	// ErrNoTenant: the Server has no tenant yet.
	ErrNoTenant = errors.New("no tenant")
	// ErrSeveralTenants: no tenant was named and the Server has several.
	ErrSeveralTenants = errors.New("several tenants")
	// ErrTenantNotFound: the tenant that the configuration names does not exist.
	ErrTenantNotFound = errors.New("tenant not found")
)

// Period is from one moment to another by the Server's clock; both may be zero, for no bound.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Holds says whether a moment is in the period.
func (p Period) Holds(moment time.Time) bool {
	return !moment.Before(p.From) && (p.To.IsZero() || !moment.After(p.To))
}

// UncertainError is the error of a creation that may have been carried out: the Server could not be asked. errors.Is finds
// ErrUncertain and what went wrong.
type UncertainError struct {
	// Period is when the object was created, if it was.
	Period Period
	// Err is what went wrong.
	Err error
}

// Error says that the object may have been created, and what went wrong.
func (e *UncertainError) Error() string { return fmt.Sprintf("%s: %s", ErrUncertain, e.Err) }

// Unwrap makes errors.Is and errors.As see the kind and what went wrong.
func (e *UncertainError) Unwrap() []error { return []error{ErrUncertain, e.Err} }
