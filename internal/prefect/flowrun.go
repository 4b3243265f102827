package prefect

import (
	"context"
	"encoding/json"
	"time"
)

// FlowRun is one run of a flow. JSON fields are nil when the Server holds null.
type FlowRun struct {
	ID, TenantID, FlowID, Name string
	Flow                       FlowRunFlow
	Parameters                 json.RawMessage
	Context                    json.RawMessage
	RunConfig                  json.RawMessage
	Labels                     []string
	IdempotencyKey             string
	AutoScheduled              bool
	ScheduledStartTime         time.Time
	StartTime, EndTime         *time.Time
	Heartbeat                  *time.Time
	// State is the name of the present state, empty for a run that has none yet. Names unknown here may occur.
	State          string
	StateMessage   string
	StateTimestamp *time.Time
	// Version counts the states set so far.
	Version int
	// TimesResurrected counts how often Lazarus put the run back to Scheduled.
	TimesResurrected int
	// Agent is the agent that took the run, or nil.
	Agent            *Agent
	Created, Updated time.Time
}

// FlowRunFlow names the flow version of a run.
type FlowRunFlow struct {
	Name                                                string
	Version                                             int
	VersionGroupID, FlowGroupID, ProjectID, ProjectName string
	Archived                                            bool
}

// FlowRunState is one state that a run passed through.
type FlowRunState struct {
	ID, State, Message string
	Timestamp          time.Time
	Version            int
}

// CreateFlowRunInput describes a run to create. Exactly one of FlowID and VersionGroupID is needed.
type CreateFlowRunInput struct {
	// FlowID is a flow version; VersionGroupID means its group's newest version that is not archived.
	FlowID, VersionGroupID string
	Name                   string
	Parameters             json.RawMessage
	Context                json.RawMessage
	// Labels overrides the flow's and the group's: nil inherits, empty means no labels.
	Labels             []string
	RunConfig          json.RawMessage
	ScheduledStartTime *time.Time
	// IdempotencyKey makes a repeated creation return the first one's run, for ever, per flow version. Empty means a
	// random one, which protects the repetitions of this one call.
	IdempotencyKey string
}

// FlowRunFilter narrows ListFlowRuns; empty fields do not.
type FlowRunFilter struct {
	FlowID, VersionGroupID, ProjectID, Name, IdempotencyKey string
	// States selects by state name.
	States []string
	// Limit is the largest number of runs returned, newest first; 0 means all.
	Limit int
}

// CreateFlowRun creates a run and returns its id. ErrNotFound for an unknown flow, ErrArchived for an archived one or a
// group without a live version, ErrInvalid for a missing required parameter.
func (c *Client) CreateFlowRun(ctx context.Context, in CreateFlowRunInput) (string, error) {
	return "", nil
}

// GetFlowRun returns the run with this id, or ErrNotFound.
func (c *Client) GetFlowRun(ctx context.Context, id string) (*FlowRun, error) { return nil, nil }

// FindFlowRun returns the run with this idempotency key of a flow version, or ErrNotFound.
func (c *Client) FindFlowRun(ctx context.Context, flowID, idempotencyKey string) (*FlowRun, error) {
	return nil, nil
}

// ListFlowRuns returns runs of the client's tenant, newest first.
func (c *Client) ListFlowRuns(ctx context.Context, filter FlowRunFilter) ([]FlowRun, error) {
	return nil, nil
}

// FlowRunStates returns the states that a run passed through, oldest first; empty for an unknown run.
func (c *Client) FlowRunStates(ctx context.Context, id string) ([]FlowRunState, error) {
	return nil, nil
}

// CancelFlowRun cancels a run and returns the state it has then: Cancelling while its process is told to stop, Cancelled
// when nothing ran, or the final state of a run that had finished. ErrNotFound for an unknown run.
func (c *Client) CancelFlowRun(ctx context.Context, id string) (string, error) { return "", nil }

// DeleteFlowRun deletes a run and its history; ErrNotFound for an unknown run.
func (c *Client) DeleteFlowRun(ctx context.Context, id string) error { return nil }

// SetFlowRunName renames a run; ErrNotFound for an unknown run, ErrInvalid for an empty name.
func (c *Client) SetFlowRunName(ctx context.Context, id, name string) error { return nil }

// SetFlowRunLabels replaces a run's labels; ErrNotFound for an unknown run.
func (c *Client) SetFlowRunLabels(ctx context.Context, id string, labels []string) error { return nil }

// Finished says whether a state of this name is final. Unknown names count as not finished.
func Finished(state string) bool { return false }

// Successful says whether a state of this name is a success.
func Successful(state string) bool { return false }
