package transport

import (
	"context"
	"net"
	"net/http"
	"time"
)

// VariablesEncoding says how a request carries its GraphQL variables. Prefect Server takes both forms.
type VariablesEncoding int

const (
	// VariablesAsObject sends the variables as a JSON object, as GraphQL over HTTP prescribes. The default.
	VariablesAsObject VariablesEncoding = iota
	// VariablesAsString sends them as a string holding JSON, as the Python client does; for gateways that inspect
	// requests and were taught that form.
	VariablesAsString
)

// Defaults of a [Config] whose fields are zero.
const (
	DefaultEndpoint       = "http://localhost:4200"
	DefaultRequestTimeout = 60 * time.Second
	DefaultMaxRetries     = 4
	// DefaultBodyLimit is the largest request body, in bytes, that Prefect Server takes unless told otherwise.
	DefaultBodyLimit = 5 * 1024 * 1024
)

// BasicAuth is a user name and password for a gateway in front of the Server.
type BasicAuth struct {
	Username string
	Password string
}

// Config says how to reach a Prefect Server. The zero value of each field means its default.
type Config struct {
	// Endpoint is the URL of the API, such as http://localhost:4200; a path of /graphql is accepted.
	// A user name and password in it are used as BasicAuth and never shown.
	Endpoint string
	// Tenant is the slug or the id of the tenant to work in; empty means the only tenant there is.
	Tenant string
	// APIKey is sent as a bearer token.
	APIKey string
	// BasicAuth is sent with every request. It cannot be combined with APIKey.
	BasicAuth *BasicAuth
	// Headers are sent with every request. All their values are treated as secrets.
	Headers map[string]string

	// CACertificate is a bundle of PEM certificates, or the path of a file that holds one, trusted besides the
	// system's. ClientCertificate and ClientKey (PEM or paths) identify this client; both or neither.
	CACertificate, ClientCertificate, ClientKey string
	// Insecure accepts any certificate.
	Insecure bool
	// ProxyURL is the proxy for all requests; empty means the proxy that the environment names, if any.
	ProxyURL string

	// RequestTimeout limits one attempt of a request, connecting and reading included.
	RequestTimeout time.Duration
	// MaxRetries is how often a request that failed is repeated where that is safe; negative means never.
	MaxRetries int
	// ReadyTimeout is how long the first request waits for a Server that is still starting; zero means not at all.
	ReadyTimeout time.Duration
	// BodyLimit is the largest request body in bytes that the Server takes. Larger flows are uploaded in parts.
	BodyLimit int
	// Encoding is the form of the variables.
	Encoding VariablesEncoding
	// UserAgent identifies the program in the Server's access logs.
	UserAgent string

	// Dial makes the connections, such as through a port-forward; nil means the network. No proxy is used then. An
	// error of it, or of its connections, may be a [DialError].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport replaces the HTTP transport (tests). The TLS, proxy and Dial settings are then not used.
	Transport http.RoundTripper
	// Logger is told of every attempt. It must be safe for concurrent use; nil means nobody is told.
	Logger func(context.Context, Event)
	// Sleep waits before a retry; nil means a timer. It returns the context's error when that ends first.
	Sleep func(context.Context, time.Duration) error
	// Now is the clock; nil means this machine's.
	Now func() time.Time
}

// DialError is what an error of [Config].Dial may tell about itself.
type DialError interface {
	error
	// Permanent says that trying again soon would fail in the same way.
	Permanent() bool
	// Undelivered says that nothing that was written can have reached the Server.
	Undelivered() bool
}

// Event describes one attempt of a request. It never holds a secret, a variable or an answer's content.
type Event struct {
	// Operation is the name of the GraphQL operation, or of its root fields when it has no name.
	Operation string
	// Endpoint is the API's URL without credentials.
	Endpoint string
	// Attempt counts from 1.
	Attempt int
	// Status is the HTTP status, or 0 when no answer came.
	Status int
	// Duration is how long the attempt took.
	Duration time.Duration
	// RequestBytes and ResponseBytes are the sizes of the bodies.
	RequestBytes, ResponseBytes int
	// Err is what went wrong, or nil.
	Err error
	// RetryReason says why the request will be repeated after RetryIn; empty when it will not.
	RetryReason string
	RetryIn     time.Duration
}
