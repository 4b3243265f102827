package prefect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// envelope is the room in bytes for what surrounds a flow in a request: the document and ids. The description
// is counted separately.
const envelope = 4096

// RegisterFlow registers a flow and returns the id of its version: a new one, or the current one if the key
// shows that nothing changed. A flow too large for one request is uploaded in parts; if that fails half way,
// the partial flow is deleted.
//
// Every registration has a key (random if the input has none), so that it can be retried after a broken
// connection. The Server, however, stores the key before the flow. A retry that arrives in between, or after
// a failure in between, is answered with "nothing changed". So when an attempt ended without a proper answer,
// the flow that came back is compared with the one that was sent.
//
// Registrations of one version group are sent one at a time: the Server counts the versions before it stores
// the next one, and its database does not prevent two concurrent ones from getting the same number.
func (c *Client) RegisterFlow(ctx context.Context, in RegisterFlowInput) (string, error) {
	if in.ProjectID == "" || len(in.SerializedFlow) == 0 {
		return "", c.http.Refused("RegisterFlow", "a registration needs a project and a flow")
	}
	name, _ := in.SerializedFlow["name"].(string)
	release, err := c.registrations.Acquire(ctx, NewFlowKey(in.ProjectID, name, in.VersionGroupID))
	if err != nil {
		return "", err
	}
	defer release()
	c.creations.registering.Add(1)
	defer c.creations.registering.Add(-1)
	c.registered(in)
	defer c.registered(in)
	text, err := transport.Marshal(in.SerializedFlow)
	if err != nil {
		return "", c.http.Refused("RegisterFlow", "the flow cannot be encoded as JSON: "+err.Error())
	}
	id, doubtful, err := c.register(ctx, in, text)
	if err != nil || !doubtful {
		return id, err
	}
	stored, err := c.GetSerializedFlow(ctx, id)
	if err != nil {
		return "", err
	}
	if serialization.SameServedText(stored, text) {
		return id, nil
	}
	// The Server has stored our key with somebody else's flow. Another key makes it accept the flow;
	// registering once more then stores the right key.
	key := in.IdempotencyKey
	in.IdempotencyKey = ""
	if id, _, err = c.register(ctx, in, text); err != nil || key == "" {
		return id, err
	}
	in.IdempotencyKey = key
	id, _, err = c.register(ctx, in, text)
	return id, err
}

// FlowKey identifies registrations that become versions of the same flow: by version group, or else by the flow's name
// and project. It is comparable.
type FlowKey struct{ versionGroupID, projectID, name string }

// NewFlowKey returns the key of a registration; versionGroupID may be "". The tenant is not part of the key: the Server
// archives the other versions of a version group in all tenants.
func NewFlowKey(projectID, name, versionGroupID string) FlowKey {
	if versionGroupID != "" {
		return FlowKey{versionGroupID: versionGroupID}
	}
	return FlowKey{projectID: projectID, name: name}
}

// String names the flow in messages.
func (k FlowKey) String() string {
	if k.versionGroupID != "" {
		return "version group " + k.versionGroupID
	}
	return fmt.Sprintf("flow %q of project %s", k.name, k.projectID)
}

// register sends a flow in one request, or in parts if it is too large. The bool is true if an attempt before
// the last may have been executed, so that the result may be a different flow.
func (c *Client) register(ctx context.Context, in RegisterFlowInput, text []byte) (string, bool, error) {
	packed, err := compress(text)
	if err != nil {
		return "", false, err
	}
	if len(packed)+len(value(in.Description))+envelope > c.http.Config().BodyLimit {
		id, err := c.registerInParts(ctx, in)
		return id, false, err
	}
	id, doubtful, err := c.registerWhole(ctx, in, packed)
	if errors.Is(err, ErrTooLarge) {
		// The actual limit is lower than configured.
		id, err = c.registerInParts(ctx, in)
		doubtful = false
	}
	return id, doubtful, err
}

func (c *Client) registerWhole(ctx context.Context, in RegisterFlowInput, packed string) (string, bool, error) {
	if in.IdempotencyKey == "" {
		in.IdempotencyKey = uuid.NewString()
	}
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.RegisterFlow(ctx, wire{c}, graphql.CreateFlowFromCompressedStringInput{
		ProjectId: in.ProjectID, SerializedFlow: packed, VersionGroupId: optional(in.VersionGroupID),
		IdempotencyKey: &in.IdempotencyKey, SetScheduleActive: &in.SetScheduleActive, Description: in.Description,
	})
	if err != nil {
		return "", false, err
	}
	id, err := newID(c, "RegisterFlow", out.CreateFlowFromCompressedString)
	return id, trace.Doubtful(), err
}

// compress encodes a flow as create_flow_from_compressed_string expects it.
func compress(text []byte) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		return "", fmt.Errorf("compressing the flow: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("compressing the flow: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// without returns a flow without its tasks and edges.
func without(flow map[string]any) map[string]any {
	bare := maps.Clone(flow)
	bare["tasks"], bare["edges"] = []any{}, []any{}
	return bare
}

// encodeAll encodes each element of a list in a flow.
func encodeAll(flow map[string]any, key string) ([]json.RawMessage, error) {
	list, ok := flow[key].([]any)
	if !ok {
		if flow[key] == nil {
			return nil, nil
		}
		return nil, transport.Invalid("the flow's %s are not a list", key)
	}
	out := make([]json.RawMessage, 0, len(list))
	for _, one := range list {
		text, err := transport.Marshal(one)
		if err != nil {
			return nil, transport.Invalid("the flow's %s cannot be encoded as JSON: %s", key, err)
		}
		out = append(out, text)
	}
	return out, nil
}
