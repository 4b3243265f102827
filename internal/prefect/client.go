package prefect

import (
	"context"
)

// Client talks to one Prefect Server on behalf of one tenant.
type Client struct {
	cfg Config
}

// New checks the configuration and returns a client. It does not talk to the Server.
// A wrong configuration gives an error of kind ErrInvalid.
func New(cfg Config) (*Client, error) {
	return &Client{cfg: cfg}, nil
}

// Endpoint is the API's URL without credentials.
func (c *Client) Endpoint() string { return c.cfg.Endpoint }

// WithTenant returns a client for another tenant, by slug or id, that shares this one's connections.
func (c *Client) WithTenant(slugOrID string) *Client { return c }

// TenantID returns the id of the client's tenant. It asks the Server once; later calls return the same answer.
// Errors are a *TenantError, or an *Error when the Server could not be asked.
func (c *Client) TenantID(ctx context.Context) (string, error) { return "", nil }

// Do runs a GraphQL document of the caller's and decodes the answer's data into out, which may be nil.
// The document must hold one operation. Queries are repeated on failure; mutations only where that is known to be safe.
func (c *Client) Do(ctx context.Context, document string, variables map[string]any, out any) error {
	return nil
}

// WaitReady returns once the Server answers both from its database and from its own services, waiting through the
// failures of a Server that is starting, until ctx or the configuration's ReadyTimeout ends.
func (c *Client) WaitReady(ctx context.Context) error { return nil }
