package transport

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	genqlient "github.com/Khan/genqlient/graphql"
	"github.com/google/uuid"
)

// Client sends operations to one endpoint. It is safe for concurrent use.
type Client struct {
	*shared
	cfg    Config
	redact func(string) string
}

// shared is the state that clients of one Server share, whatever their tenant.
type shared struct {
	http     *http.Client
	endpoint string
	// opaque is set if the HTTP transport may not report when a request has been sent.
	opaque     bool
	clock      serverClock
	operations sync.Map // document -> *operation
	schema     *Schema
	// writes counts the starts and ends of mutations.
	writes atomic.Int64
}

// New checks the configuration and returns a client, without contacting the Server. Answers are checked
// against the schema, which may be partial; with nil, only the presence of every requested field is checked.
// An invalid configuration gives an error of kind ErrInvalid.
func New(cfg Config, schema *Schema) (*Client, error) {
	endpoint, auth, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	cfg.Endpoint = endpoint
	if cfg.BasicAuth == nil {
		cfg.BasicAuth = auth
	}
	if cfg.APIKey != "" && cfg.BasicAuth != nil {
		return nil, Invalid("an API key and basic authentication cannot be combined: both set the Authorization header")
	}
	if cfg.RequestTimeout < 0 || cfg.ReadyTimeout < 0 || cfg.BodyLimit < 0 {
		return nil, Invalid("timeouts and limits cannot be negative")
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
		shared: &shared{http: httpClient, endpoint: endpoint, opaque: !plain, schema: schema},
		cfg:    cfg,
		redact: newRedactor(cfg),
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
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// WithTenant returns a client that sends requests for another tenant, by slug or id. It shares this client's
// connections.
func (c *Client) WithTenant(slugOrID string) *Client {
	other := *c
	other.cfg.Tenant = slugOrID
	return &other
}

// Config is the configuration in use, with its defaults filled in. The endpoint is without credentials.
func (c *Client) Config() Config { return c.cfg }

// Endpoint is the API's URL without credentials.
func (c *Client) Endpoint() string { return c.endpoint }

// MakeRequest implements the client interface of genqlient's generated operations.
func (c *Client) MakeRequest(ctx context.Context, req *genqlient.Request, resp *genqlient.Response) error {
	return c.Execute(ctx, req.Query, req.OpName, req.Variables, resp.Data, c.cfg.MaxRetries)
}

// Now is the current time by this machine's clock.
func (c *Client) Now() time.Time { return c.cfg.Now() }

// Sleep waits for d, or returns the context's error if that ends first.
func (c *Client) Sleep(ctx context.Context, d time.Duration) error { return c.cfg.Sleep(ctx, d) }

// ServerTime converts a time of this machine's clock to the Server's, estimated from its answers to about a
// second.
func (c *Client) ServerTime(t time.Time) time.Time { return c.clock.at(t) }

// Writes counts the starts and ends of mutations. If the count is the same before a question and after its
// answer, the answer is not older than this process's last write.
func (c *Client) Writes() int64 { return c.writes.Load() }

// Redact masks the configuration's secrets in a text.
func (c *Client) Redact(text string) string { return c.redact(text) }

// NotFound returns the error for an object that does not exist.
func (c *Client) NotFound(operation, what string) *Error {
	return &Error{Operation: operation, Endpoint: c.endpoint, Kind: ErrNotFound, Message: what}
}

// Refused returns the error for an input that the client rejects without sending it.
func (c *Client) Refused(operation, why string) *Error {
	return &Error{Operation: operation, Endpoint: c.endpoint, Kind: ErrInvalid, Message: why}
}

// operation returns the parsed document from a cache.
func (c *Client) operation(document string) (*operation, error) {
	if known, ok := c.operations.Load(document); ok {
		if op, ok := known.(*operation); ok {
			return op, nil
		}
	}
	op, err := parseOperation(document, c.schema)
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

// IsUUID reports whether s is a UUID in the usual form.
func IsUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == 36
}
