package prefect

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Types of cloud hooks.
const (
	CloudHookWebhook        = "WEBHOOK"
	CloudHookSlack          = "SLACK_WEBHOOK"
	CloudHookPagerDuty      = "PAGERDUTY"
	CloudHookTwilio         = "TWILIO"
	CloudHookPrefectMessage = "PREFECT_MESSAGE"
)

// CloudHook sends a notification when a run enters a state. Config may contain secrets.
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

// CreateCloudHookInput describes a hook. Afterwards, the Server can only enable or disable it.
type CreateCloudHookInput struct {
	Type           string
	Name           *string
	States         []string
	Config         json.RawMessage
	VersionGroupID *string
}

// CreateCloudHook creates a hook in the client's tenant and returns its id; ErrInvalid for wrong states or
// config.
func (c *Client) CreateCloudHook(ctx context.Context, in CreateCloudHookInput) (string, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return "", err
	}
	if in.States == nil {
		in.States = []string{}
	}
	return c.createOnce(ctx,
		func(ctx context.Context) (string, error) {
			out, err := graphql.CreateCloudHook(ctx, wire{c}, graphql.CreateCloudHookInput{
				TenantId: tenant, Type: graphql.CloudHookType(in.Type), Name: in.Name, States: in.States,
				Config: optionalDocument(in.Config), VersionGroupId: in.VersionGroupID,
			})
			if err != nil {
				return "", err
			}
			return newID(c, "CreateCloudHook", out.CreateCloudHook)
		},
		func(ctx context.Context, when Period) (string, error) { return c.findCloudHook(ctx, in, when) })
}

// findCloudHook returns the newest hook like the wanted one that was created in the period.
func (c *Client) findCloudHook(ctx context.Context, in CreateCloudHookInput, when Period) (string, error) {
	hooks, err := c.ListCloudHooks(ctx, CloudHookFilter{})
	if err != nil {
		return "", err
	}
	for _, h := range slices.Backward(hooks) {
		if when.Holds(h.Created) && h.Like(in) {
			return h.ID, nil
		}
	}
	return "", c.http.NotFound("CreateCloudHook", "no such hook was created")
}

// Like reports whether a hook sends the same events to the same receiver, under the same name, as the one that in would
// create. The hook may be disabled.
func (h *CloudHook) Like(in CreateCloudHookInput) bool {
	return h.Type == in.Type && equalOptional(h.Name, in.Name) && equalOptional(h.VersionGroupID, in.VersionGroupID) &&
		sameStates(h.States, in.States) && serialization.SameServedText(h.Config, in.Config)
}

// sameStates compares state names as the Server stores them: in upper case, in any order.
func sameStates(a, b []string) bool {
	normal := func(states []string) []string {
		out := make([]string, 0, len(states))
		for _, s := range states {
			out = append(out, strings.ToUpper(s))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(normal(a), normal(b))
}

// GetCloudHook returns the hook with this id, or ErrNotFound.
func (c *Client) GetCloudHook(ctx context.Context, id string) (*CloudHook, error) {
	return cloudHookListing().one(ctx, c, where{"id": equals(id)}, "GetCloudHook", "cloud hook "+id)
}

// CloudHookFilter narrows ListCloudHooks; empty fields do not.
type CloudHookFilter struct {
	// NameLike is an SQL LIKE pattern (%, _), compared without regard to case.
	NameLike string
	// VersionGroupID selects the hooks on one flow.
	VersionGroupID string
	// Type is one of the types of hooks.
	Type string
}

// ListCloudHooks returns hooks of the client's tenant, oldest first.
func (c *Client) ListCloudHooks(ctx context.Context, filter CloudHookFilter) ([]CloudHook, error) {
	w := where{}
	if filter.NameLike != "" {
		w["name"] = like(filter.NameLike)
	}
	if filter.VersionGroupID != "" {
		w["version_group_id"] = equals(filter.VersionGroupID)
	}
	if filter.Type != "" {
		w["type"] = equals(filter.Type)
	}
	return cloudHookListing().list(ctx, c, w)
}

// SetCloudHookActive enables or disables a hook; ErrNotFound if there is none.
func (c *Client) SetCloudHookActive(ctx context.Context, id string, active bool) error {
	if active {
		out, err := graphql.SetCloudHookActive(ctx, wire{c}, id)
		return c.succeeded("SetCloudHookActive", "cloud hook "+id, out.GetSetCloudHookActive(), err)
	}
	out, err := graphql.SetCloudHookInactive(ctx, wire{c}, id)
	return c.succeeded("SetCloudHookInactive", "cloud hook "+id, out.GetSetCloudHookInactive(), err)
}

// DeleteCloudHook deletes a hook; ErrNotFound if there is none.
func (c *Client) DeleteCloudHook(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteCloudHook(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteCloudHook", "cloud hook "+id, out.GetDeleteCloudHook(), err)
}

// cloudHookListing lists hooks, oldest first.
func cloudHookListing() listing[graphql.CloudHookFields, CloudHook] {
	return listing[graphql.CloudHookFields, CloudHook]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.CloudHookFields, *graphql.Count, error) {
			out, err := graphql.CloudHooks(ctx, wire{c}, tenant, w, limit)
			return out.GetCloudHook(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.CloudHookFields).GetId, object: cloudHookOf,
		order: func(a, b CloudHook) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) },
	}
}

func cloudHookOf(h *graphql.CloudHookFields) CloudHook {
	return CloudHook{
		ID: h.Id, TenantID: value(h.TenantId), Type: h.Type, Name: h.Name, States: stringList(document(h.States)),
		Config: document(&h.Config), Active: h.Active, VersionGroupID: h.VersionGroupId,
		Created: h.Created, Updated: h.Updated,
	}
}
