package transport

import (
	"context"
	"net"
	"net/http"
	"time"
)

// VariablesEncoding is how a request carries its GraphQL variables. Prefect Server accepts both forms.
type VariablesEncoding int

const (
	// VariablesAsObject sends the variables as a JSON object, as GraphQL over HTTP prescribes. The default.
	VariablesAsObject VariablesEncoding = iota
	// VariablesAsString sends them as a string that contains JSON, as the Python client does; for gateways
	// that inspect requests and expect that form.
	VariablesAsString
)

// Defaults of a [Config] whose fields are zero.
const (
	DefaultEndpoint       = "http://localhost:4200"
	DefaultRequestTimeout = 60 * time.Second
	DefaultMaxRetries     = 4
	// DefaultBodyLimit is the largest request body, in bytes, that Prefect Server accepts by default.
	DefaultBodyLimit = 5 * 1024 * 1024
)

// BasicAuth is a user name and password for a gateway in front of the Server.
type BasicAuth struct {
	Username string
	Password string
}

// Config is how to reach a Prefect Server. The zero value of each field means its default.
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
	// Headers are sent with every request. All values are treated as secrets.
	Headers map[string]string

	// CACertificate is a bundle of PEM certificates, or the path of a file with one, trusted in addition to
	// the system's. ClientCertificate and ClientKey (PEM or paths) identify this client; set both or neither.
	CACertificate, ClientCertificate, ClientKey string
	// Insecure accepts any certificate.
	Insecure bool
	// ProxyURL is the proxy for all requests; empty means the proxy from the environment, if any.
	ProxyURL string

	// RequestTimeout limits one attempt of a request, including connecting and reading.
	RequestTimeout time.Duration
	// MaxRetries is how often a failed request is retried where that is safe; negative means never.
	MaxRetries int
	// ReadyTimeout is how long the first request waits for a Server that is still starting; zero means it
	// does not wait.
	ReadyTimeout time.Duration
	// BodyLimit is the largest request body in bytes that the Server accepts. Larger flows are uploaded in
	// parts.
	BodyLimit int
	// Encoding is the form of the variables.
	Encoding VariablesEncoding
	// UserAgent identifies the program in the Server's access logs.
	UserAgent string

	// Dial makes the connections, for example through a port-forward; nil means the network. With Dial no
	// proxy is used. Its errors, and those of its connections, may be a [DialError].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport replaces the HTTP transport (tests). The TLS, proxy and Dial settings then have no effect.
	Transport http.RoundTripper
	// Logger is called for every attempt; nil logs nothing. It must be safe for concurrent use.
	Logger func(context.Context, Event)
	// Sleep waits before a retry; nil means a timer. It returns the context's error if that ends first.
	Sleep func(context.Context, time.Duration) error
	// Now is the clock; nil means this machine's.
	Now func() time.Time
}

// DialError is implemented by errors of [Config].Dial that know more about themselves.
type DialError interface {
	error
	// Permanent reports whether an early retry would fail in the same way.
	Permanent() bool
	// Undelivered reports whether none of what was written can have reached the Server.
	Undelivered() bool
}

// Event describes one attempt of a request. It never contains a secret, a variable or an answer's content.
type Event struct {
	// Operation is the name of the GraphQL operation, or its root fields if it has no name.
	Operation string
	// Endpoint is the API's URL without credentials.
	Endpoint string
	// Attempt counts from 1.
	Attempt int
	// Status is the HTTP status, or 0 without an answer.
	Status int
	// Duration is how long the attempt took.
	Duration time.Duration
	// RequestBytes and ResponseBytes are the sizes of the bodies.
	RequestBytes, ResponseBytes int
	// Err is what went wrong, or nil.
	Err error
	// RetryReason is why the request will be retried after RetryIn; empty if it will not.
	RetryReason string
	RetryIn     time.Duration
}
