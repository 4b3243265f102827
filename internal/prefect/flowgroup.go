package prefect

import (
	"context"
	"encoding/json"
	"time"
)

// FlowGroup holds what all versions of a flow share. JSON fields are nil when the Server holds null.
type FlowGroup struct {
	ID, TenantID string
	// Name is the version group id.
	Name        string
	Description *string
	// Labels is nil when runs take their labels from the flow, and empty when they have none.
	Labels            []string
	RunConfig         json.RawMessage
	DefaultParameters json.RawMessage
	Schedule          json.RawMessage
	Settings          FlowGroupSettings
	Created, Updated  time.Time
}

// FlowGroupSettings is a group's settings.
type FlowGroupSettings struct {
	// IdempotencyKey is that of the latest registration; empty when it had none.
	IdempotencyKey   string
	HeartbeatEnabled bool
	LazarusEnabled   bool
}

// CronClock starts runs by a cron expression.
type CronClock struct {
	Cron              string
	ParameterDefaults json.RawMessage
}

// IntervalClock starts runs at an interval, of at least a minute and in whole seconds.
type IntervalClock struct {
	Interval          time.Duration
	ParameterDefaults json.RawMessage
}

// FlowGroupSchedule replaces a group's whole schedule.
type FlowGroupSchedule struct {
	CronClocks     []CronClock
	IntervalClocks []IntervalClock
	// Timezone is an IANA name; empty means UTC.
	Timezone string
}

// GetFlowGroup returns the group with this id, or ErrNotFound.
func (c *Client) GetFlowGroup(ctx context.Context, id string) (*FlowGroup, error) { return nil, nil }

// FindFlowGroup returns the group of this version group id, or ErrNotFound.
func (c *Client) FindFlowGroup(ctx context.Context, versionGroupID string) (*FlowGroup, error) {
	return nil, nil
}

// DeleteFlowGroup deletes a group with all versions and their runs; ErrNotFound if there is none.
func (c *Client) DeleteFlowGroup(ctx context.Context, id string) error { return nil }

// SetFlowGroupDescription sets or, with nil, clears a group's description.
func (c *Client) SetFlowGroupDescription(ctx context.Context, id string, description *string) error {
	return nil
}

// SetFlowGroupLabels sets a group's labels: nil to take the flow's, empty for none. The Server drops duplicates and
// keeps no order.
func (c *Client) SetFlowGroupLabels(ctx context.Context, id string, labels []string) error {
	return nil
}

// SetFlowGroupRunConfig sets or, with nil, clears a group's run configuration.
func (c *Client) SetFlowGroupRunConfig(ctx context.Context, id string, runConfig json.RawMessage) error {
	return nil
}

// SetFlowGroupDefaultParameters replaces a group's parameter values; nil means none.
func (c *Client) SetFlowGroupDefaultParameters(ctx context.Context, id string, parameters json.RawMessage) error {
	return nil
}

// SetFlowGroupSchedule replaces a group's schedule and deletes the runs that the old one made and that have not begun.
func (c *Client) SetFlowGroupSchedule(ctx context.Context, id string, schedule FlowGroupSchedule) error {
	return nil
}

// DeleteFlowGroupSchedule removes a group's schedule: versions then follow their own.
func (c *Client) DeleteFlowGroupSchedule(ctx context.Context, id string) error { return nil }

// SetHeartbeat switches heartbeats of a group on or off, through any version of it.
func (c *Client) SetHeartbeat(ctx context.Context, flowID string, enabled bool) error { return nil }

// SetLazarus switches the resurrection of a group's lost runs on or off, through any version of it.
func (c *Client) SetLazarus(ctx context.Context, flowID string, enabled bool) error { return nil }
