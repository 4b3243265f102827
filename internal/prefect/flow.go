package prefect

import (
	"context"
	"encoding/json"
	"time"
)

// Flow is one registered version of a flow. JSON fields are nil when the Server holds null.
type Flow struct {
	ID, TenantID, ProjectID, ProjectName, Name string
	Description                                *string
	// Version counts from 1 within the version group.
	Version int
	// VersionGroupID is the name of the flow group, FlowGroupID its id.
	VersionGroupID, FlowGroupID string
	Archived                    bool
	CoreVersion                 string
	Parameters                  json.RawMessage
	RunConfig                   json.RawMessage
	Storage                     json.RawMessage
	Environment                 json.RawMessage
	Schedule                    json.RawMessage
	IsScheduleActive            bool
	// TaskCount and EdgeCount count the flow's tasks and edges as the Server has stored them.
	TaskCount, EdgeCount int
	Created, Updated     time.Time
	// Group holds the settings shared by all versions, the last idempotency key among them.
	Group FlowGroup
}

// RegisterFlowInput describes a flow to register.
type RegisterFlowInput struct {
	ProjectID string
	// SerializedFlow is the flow as `prefect build` writes it, numbers as json.Number.
	SerializedFlow map[string]any
	// VersionGroupID chooses the version group; empty means that of the newest flow of this name in the project, or
	// a new one.
	VersionGroupID string
	// IdempotencyKey makes the Server keep the present version when it was registered with the same key; empty means
	// always a new version.
	IdempotencyKey string
	// SetScheduleActive activates the flow's schedule. The Server passes over errors here: read IsScheduleActive back.
	SetScheduleActive bool
	Description       *string
}

// FlowFilter narrows ListFlows; empty fields do not.
type FlowFilter struct {
	ProjectID, ProjectName, Name, VersionGroupID, FlowGroupID string
	// NameLike is an SQL LIKE pattern (%, _), compared without regard to case.
	NameLike string
	// Archived selects by the flag; nil means both.
	Archived *bool
}

// RegisterFlow registers a flow and returns the id of its version: a new one, or the present one when the key says that
// nothing changed. A flow too large for one request goes up in parts; if that fails half way, what went up is deleted.
func (c *Client) RegisterFlow(ctx context.Context, in RegisterFlowInput) (string, error) {
	return "", nil
}

// GetFlow returns the flow version with this id, or ErrNotFound.
func (c *Client) GetFlow(ctx context.Context, id string) (*Flow, error) { return nil, nil }

// GetSerializedFlow returns the serialised form that the Server holds of a flow version, or ErrNotFound.
func (c *Client) GetSerializedFlow(ctx context.Context, id string) (json.RawMessage, error) {
	return nil, nil
}

// FlowsByVersionGroup returns all versions of a group, newest first; none is not an error.
func (c *Client) FlowsByVersionGroup(ctx context.Context, versionGroupID string) ([]Flow, error) {
	return nil, nil
}

// LatestFlow returns the newest version of a group, archived or not, or ErrNotFound.
func (c *Client) LatestFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	return nil, nil
}

// FindFlow returns the newest version, archived or not, of the flow with this name in a project, or ErrNotFound.
// Its version group is the one that the Server would add the next registration of that name to.
func (c *Client) FindFlow(ctx context.Context, projectID, name string) (*Flow, error) {
	return nil, nil
}

// ListFlows returns flow versions of the client's tenant, ordered by name, then newest version first.
func (c *Client) ListFlows(ctx context.Context, filter FlowFilter) ([]Flow, error) { return nil, nil }

// ArchiveFlow archives a version: its auto-scheduled runs are deleted and its other Scheduled runs cancelled.
// There is no way back. ErrNotFound if there is no such version.
func (c *Client) ArchiveFlow(ctx context.Context, id string) error { return nil }

// DeleteFlow deletes a version with its runs; ErrNotFound if there is no such version.
func (c *Client) DeleteFlow(ctx context.Context, id string) error { return nil }

// SetScheduleActive activates a version's schedule. ErrInvalid if the version has no schedule or a required parameter
// without a value, ErrNotFound if there is no such version.
func (c *Client) SetScheduleActive(ctx context.Context, flowID string) error { return nil }

// SetScheduleInactive stops a version's schedule and deletes the runs it made that have not begun.
func (c *Client) SetScheduleInactive(ctx context.Context, flowID string) error { return nil }

// UpdateFlowProject moves one version to another project of the same tenant; ErrNotFound for a wrong id of either.
func (c *Client) UpdateFlowProject(ctx context.Context, flowID, projectID string) error { return nil }
