package prefect

import "github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"

// The transport types that callers of this package need: the configuration, the event of each attempt, and
// the errors.
type (
	// Config is that of package transport.
	Config = transport.Config
	// BasicAuth is that of package transport.
	BasicAuth = transport.BasicAuth
	// Event is that of package transport.
	Event = transport.Event
	// Error is that of package transport.
	Error = transport.Error
	// SettingError is that of package transport.
	SettingError = transport.SettingError
)

// VariablesAsString is a form in which variables are sent; see [transport.VariablesEncoding].
const VariablesAsString = transport.VariablesAsString

// Kinds of failure, for errors.Is; see package transport for the meaning of each.
var (
	ErrNotFound     = transport.ErrNotFound
	ErrUniqueness   = transport.ErrUniqueness
	ErrForeignKey   = transport.ErrForeignKey
	ErrInvalid      = transport.ErrInvalid
	ErrArchived     = transport.ErrArchived
	ErrTooLarge     = transport.ErrTooLarge
	ErrUnreachable  = transport.ErrUnreachable
	ErrNotPrefect   = transport.ErrNotPrefect
	ErrUnauthorized = transport.ErrUnauthorized
	ErrUnavailable  = transport.ErrUnavailable
	ErrInternal     = transport.ErrInternal
)
