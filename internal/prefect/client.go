package prefect

import (
	"context"
	"sync"

	genqlient "github.com/Khan/genqlient/graphql"

	"github.com/prefect-server/terraform-provider-prefect/internal/keyedlock"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// Client talks to one Prefect Server on behalf of one tenant.
type Client struct {
	*shared
	http   *transport.Client
	wanted string // the tenant's slug or id, as configured
	tenant *tenantCache
	// refreshers are per tenant, too.
	refreshers *refreshers
	looks      *looks
	sharedRuns *sharedRuns
}

// shared is the state that clients of one Server share, whatever their tenant.
type shared struct {
	ready readiness
	// registrations locks the flows that are being registered.
	registrations keyedlock.Lock[FlowKey]
	creations     creations
}

// New checks the configuration and returns a client, without contacting the Server. An invalid configuration
// gives an error of kind ErrInvalid.
func New(cfg Config) (*Client, error) {
	schema, err := schema()
	if err != nil {
		return nil, err
	}
	http, err := transport.New(cfg, schema)
	if err != nil {
		return nil, err //nolint:wrapcheck // transport's errors are this package's
	}
	common := &shared{ready: readiness{lock: make(chan struct{}, 1)}}
	return &Client{
		shared:     common,
		http:       http,
		wanted:     cfg.Tenant,
		tenant:     newTenantCache(),
		refreshers: newRefreshers(),
		looks:      common.creations.newLooks(),
		sharedRuns: newSharedRuns(),
	}, nil
}

// schema is the part of the API that the generated operations use.
var schema = sync.OnceValues(func() (*transport.Schema, error) { //nolint:gochecknoglobals // parsed once
	return transport.ParseSchema(graphql.Schema)
})

// Endpoint is the API's URL without credentials.
func (c *Client) Endpoint() string { return c.http.Endpoint() }

// WithTenant returns a client for another tenant, by slug or id, that shares this client's connections. An
// empty argument means this client's own tenant.
func (c *Client) WithTenant(slugOrID string) *Client {
	if slugOrID == "" || slugOrID == c.wanted {
		return c
	}
	other := *c
	other.wanted = slugOrID
	other.http = c.http.WithTenant(slugOrID)
	other.tenant = newTenantCache()
	other.refreshers = newRefreshers()
	other.looks = c.creations.newLooks()
	other.sharedRuns = newSharedRuns()
	return &other
}

// Do runs a caller's GraphQL document and decodes the answer's data into out, which may be nil. The document
// must contain exactly one operation. Failed queries are retried; mutations only where that is known to be
// safe.
func (c *Client) Do(ctx context.Context, document string, variables map[string]any, out any) error {
	if err := c.awaitReady(ctx); err != nil {
		return err
	}
	defer c.creations.disturb(&genqlient.Request{Query: document})()
	return c.http.Execute(ctx, document, "", variables, out, c.http.Config().MaxRetries) //nolint:wrapcheck // see New
}

// wire lets the generated operations use the client without exposing MakeRequest to other packages.
type wire struct{ *Client }

// MakeRequest implements genqlient's Client.
func (w wire) MakeRequest(ctx context.Context, req *genqlient.Request, resp *genqlient.Response) error {
	if err := w.awaitReady(ctx); err != nil {
		return err
	}
	defer w.creations.disturb(req)()
	return w.http.MakeRequest(ctx, req, resp) //nolint:wrapcheck // see New
}
