package prefect

import (
	"context"
	"encoding/json"
	"time"
)

// Types of cloud hooks.
const (
	CloudHookWebhook        = "WEBHOOK"
	CloudHookSlack          = "SLACK_WEBHOOK"
	CloudHookPagerDuty      = "PAGERDUTY"
	CloudHookTwilio         = "TWILIO"
	CloudHookPrefectMessage = "PREFECT_MESSAGE"
)

// CloudHook tells somebody when a run enters a state. Config may hold secrets.
type CloudHook struct {
	ID, TenantID, Type string
	Name               *string
	// States is upper-case, as the Server stores it.
	States []string
	Config json.RawMessage
	Active bool
	// VersionGroupID is nil for a hook on all flows.
	VersionGroupID   *string
	Created, Updated time.Time
}

// CreateCloudHookInput describes a hook. The Server cannot change a hook afterwards, except to switch it on and off.
type CreateCloudHookInput struct {
	Type           string
	Name           *string
	States         []string
	Config         json.RawMessage
	VersionGroupID *string
}

// CreateCloudHook makes a hook in the client's tenant and returns its id; ErrInvalid for wrong states or config.
func (c *Client) CreateCloudHook(ctx context.Context, in CreateCloudHookInput) (string, error) {
	return "", nil
}

// GetCloudHook returns the hook with this id, or ErrNotFound.
func (c *Client) GetCloudHook(ctx context.Context, id string) (*CloudHook, error) { return nil, nil }

// ListCloudHooks returns the tenant's hooks, oldest first.
func (c *Client) ListCloudHooks(ctx context.Context) ([]CloudHook, error) { return nil, nil }

// SetCloudHookActive switches a hook on or off; ErrNotFound if there is none.
func (c *Client) SetCloudHookActive(ctx context.Context, id string, active bool) error { return nil }

// DeleteCloudHook deletes a hook; ErrNotFound if there is none.
func (c *Client) DeleteCloudHook(ctx context.Context, id string) error { return nil }
