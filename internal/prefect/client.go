package prefect

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Client talks to one Prefect Server on behalf of one tenant.
type Client struct {
	*shared
	cfg    Config
	redact func(string) string
	tenant *tenantCache
	// refreshers are the tenant's, too.
	refreshers *refreshers
}

// shared is what clients of one Server have in common whatever their tenant is.
type shared struct {
	http     *http.Client
	endpoint string
	// opaque says that the HTTP transport may not report when a request has been sent.
	opaque     bool
	clock      serverClock
	operations sync.Map // document -> *operation
	ready      readiness
	// registrations are the flows that are being registered.
	registrations turns
	now           func() time.Time
	// writes counts the beginnings and ends of mutations.
	writes atomic.Int64
}

// New checks the configuration and returns a client. It does not talk to the Server.
// A wrong configuration gives an error of kind ErrInvalid.
func New(cfg Config) (*Client, error) {
	endpoint, auth, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	cfg.Endpoint = endpoint
	if cfg.BasicAuth == nil {
		cfg.BasicAuth = auth
	}
	if cfg.APIKey != "" && cfg.BasicAuth != nil {
		return nil, invalid("an API key and basic authentication cannot be used together: both are the Authorization header")
	}
	if cfg.RequestTimeout < 0 || cfg.ReadyTimeout < 0 || cfg.BodyLimit < 0 {
		return nil, invalid("timeouts and limits cannot be negative")
	}
	if err := checkHeaders(cfg.Headers); err != nil {
		return nil, &SettingError{Field: "Headers", Err: err}
	}
	cfg = withDefaults(cfg)
	httpClient, err := newHTTPClient(cfg)
	if err != nil {
		return nil, err
	}
	_, plain := httpClient.Transport.(*http.Transport)
	return &Client{
		shared: &shared{
			http: httpClient, endpoint: endpoint, opaque: !plain, now: time.Now,
			ready: readiness{lock: make(chan struct{}, 1)},
		},
		cfg:        cfg,
		redact:     newRedactor(cfg),
		tenant:     newTenantCache(),
		refreshers: newRefreshers(),
	}, nil
}

func withDefaults(cfg Config) Config {
	if cfg.RequestTimeout == 0 {
		cfg.RequestTimeout = DefaultRequestTimeout
	}
	if cfg.MaxRetries == 0 {
		cfg.MaxRetries = DefaultMaxRetries
	}
	cfg.MaxRetries = max(0, cfg.MaxRetries)
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = DefaultBodyLimit
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "terraform-provider-prefect"
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleepTimer
	}
	return cfg
}

// Endpoint is the API's URL without credentials.
func (c *Client) Endpoint() string { return c.endpoint }

// WithTenant returns a client for another tenant, by slug or id, that shares this one's connections.
// An empty argument means the tenant that this client works in.
func (c *Client) WithTenant(slugOrID string) *Client {
	if slugOrID == "" || slugOrID == c.cfg.Tenant {
		return c
	}
	other := *c
	other.cfg.Tenant = slugOrID
	other.tenant = newTenantCache()
	other.refreshers = newRefreshers()
	return &other
}

// Do runs a GraphQL document of the caller's and decodes the answer's data into out, which may be nil.
// The document must hold one operation. Queries are repeated on failure; mutations only where that is known to be safe.
func (c *Client) Do(ctx context.Context, document string, variables map[string]any, out any) error {
	if err := c.awaitReady(ctx); err != nil {
		return err
	}
	return c.execute(ctx, document, "", variables, out, c.cfg.MaxRetries)
}

// operation parses a document, once.
func (c *Client) operation(document string) (*operation, error) {
	if known, ok := c.operations.Load(document); ok {
		if op, ok := known.(*operation); ok {
			return op, nil
		}
	}
	op, err := parseOperation(document)
	if err != nil {
		return nil, err
	}
	c.operations.Store(document, op)
	return op, nil
}

func (c *Client) log(ctx context.Context, e Event) {
	if c.cfg.Logger != nil {
		c.cfg.Logger(ctx, e)
	}
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error { return c.cfg.Sleep(ctx, d) }

// notFound is the error of an object that is not there.
func (c *Client) notFound(operation, what string) error {
	return &Error{Operation: operation, Endpoint: c.endpoint, Kind: ErrNotFound, Message: what}
}

// refused is the error of an input that need not be sent to know the answer.
func (c *Client) refused(operation, why string) error {
	return &Error{Operation: operation, Endpoint: c.endpoint, Kind: ErrInvalid, Message: why}
}

// isUUID says whether s is a UUID in the usual form.
func isUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == 36
}

// isAmbiguous says whether the request behind an error may have been carried out.
func isAmbiguous(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Ambiguous
}
