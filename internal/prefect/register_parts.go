package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

const (
	// maxPartItems limits the tasks or edges in one request, so that the Server answers before a gateway
	// times out.
	maxPartItems = 1000
	// cleanUpTimeout limits the deletion of a half-registered flow, which happens even if the caller's
	// context has ended.
	cleanUpTimeout = 30 * time.Second
)

// registerInParts registers a flow without tasks and edges, then adds these in pieces. The Server archives
// the older versions at the first step, so a later failure leaves the group without a live version. That
// cannot be undone, only repaired by registering again.
func (c *Client) registerInParts(ctx context.Context, in RegisterFlowInput) (string, error) {
	tasks, err := encodeAll(in.SerializedFlow, "tasks")
	if err != nil {
		return "", c.http.Refused("RegisterFlow", err.Error())
	}
	edges, err := encodeAll(in.SerializedFlow, "edges")
	if err != nil {
		return "", c.http.Refused("RegisterFlow", err.Error())
	}
	text, err := transport.Marshal(without(in.SerializedFlow))
	if err != nil {
		return "", c.http.Refused("RegisterFlow", err.Error())
	}
	packed, err := compress(text)
	if err != nil {
		return "", err
	}
	bare := in
	// An active schedule would start runs of an incomplete flow.
	bare.SetScheduleActive = false
	present, err := c.presentVersion(ctx, in)
	if err != nil {
		return "", err
	}
	id, _, err := c.registerWhole(ctx, bare, packed)
	if err != nil {
		if errors.Is(err, ErrTooLarge) {
			return "", fmt.Errorf("the flow is too large even without its tasks: %w", err)
		}
		return "", err
	}
	if err := c.addParts(ctx, id, in.SetScheduleActive, tasks, edges); err != nil {
		if id == present {
			return "", err
		}
		return "", c.abandon(ctx, id, err)
	}
	return id, nil
}

// presentVersion returns the id of the newest version that a registration would find, or "". A failed
// registration must not delete that version.
func (c *Client) presentVersion(ctx context.Context, in RegisterFlowInput) (string, error) {
	var flow *Flow
	var err error
	if in.VersionGroupID != "" {
		flow, err = c.LatestFlow(ctx, in.VersionGroupID)
	} else {
		name, _ := in.SerializedFlow["name"].(string)
		if flow, err = c.FindFlow(ctx, in.ProjectID, name); err == nil {
			flow, err = c.LatestFlow(ctx, flow.VersionGroupID)
		}
	}
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return flow.ID, nil
}

// addParts adds tasks and edges to a flow that was registered without them, then activates its schedule. It
// does not change a flow that has them all because the key matched an existing version.
func (c *Client) addParts(ctx context.Context, id string, activate bool, tasks, edges []json.RawMessage) error {
	flow, err := c.GetFlow(ctx, id)
	if err != nil {
		return err
	}
	if flow.TaskCount >= len(tasks) && flow.EdgeCount >= len(edges) {
		return nil
	}
	limit := c.http.Config().BodyLimit - envelope
	if limit, err = c.sendParts(ctx, tasks, limit, func(ctx context.Context, part json.RawMessage) error {
		out, err := graphql.RegisterTasks(ctx, wire{c}, id, part)
		return c.succeeded("RegisterTasks", "flow "+id, out.GetRegisterTasks(), err)
	}); err != nil {
		return err
	}
	if _, err = c.sendParts(ctx, edges, limit, func(ctx context.Context, part json.RawMessage) error {
		out, err := graphql.RegisterEdges(ctx, wire{c}, id, part)
		return c.succeeded("RegisterEdges", "flow "+id, out.GetRegisterEdges(), err)
	}); err != nil {
		return err
	}
	if !activate {
		return nil
	}
	// As in a single-request registration, failing to activate the schedule does not fail the registration.
	if err := c.SetScheduleActive(ctx, id); err != nil && !errors.Is(err, ErrInvalid) {
		return err
	}
	return nil
}

// sendParts sends a list in requests of at most limit bytes, halving the limit when the Server finds one too large.
// It returns the limit that worked.
func (c *Client) sendParts(
	ctx context.Context, items []json.RawMessage, limit int, send func(context.Context, json.RawMessage) error,
) (int, error) {
	for len(items) > 0 {
		n := 0
		for size := 0; n < min(len(items), maxPartItems); n++ {
			// If the variables are sent as a string, every quote gets a backslash.
			size += c.encodedSize(items[n]) + 1
			if n > 0 && size > limit {
				break
			}
		}
		part, err := transport.Marshal(items[:n])
		if err != nil {
			return limit, fmt.Errorf("encoding a part of the flow: %w", err)
		}
		err = send(ctx, part)
		switch {
		case err == nil:
			items = items[n:]
		case errors.Is(err, ErrTooLarge) && n > 1:
			limit = len(part) / 2
		case errors.Is(err, ErrTooLarge):
			return limit, fmt.Errorf("one task or edge alone is too large: %w", err)
		default:
			return limit, err
		}
	}
	return limit, nil
}

func (c *Client) encodedSize(text []byte) int {
	if c.http.Config().Encoding != VariablesAsString {
		return len(text)
	}
	quoted, err := transport.Marshal(string(text))
	if err != nil {
		return 2 * len(text)
	}
	return len(quoted)
}

// abandon deletes a half-registered flow and returns the cause of the failure.
func (c *Client) abandon(ctx context.Context, id string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	if err := c.DeleteFlow(ctx, id); err != nil && !errors.Is(err, ErrNotFound) {
		return errors.Join(cause, fmt.Errorf("the half-registered flow %s could not be deleted: %w", id, err))
	}
	return cause
}
