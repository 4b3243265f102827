package prefect

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// FlowRun is one run of a flow. JSON fields are nil if the Server has null.
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
	// State is the name of the current state, empty for a run that has none yet. It may be a name unknown to
	// this client.
	State          string
	StateMessage   string
	StateTimestamp *time.Time
	// Version counts the states set so far.
	Version int
	// TimesResurrected counts how often Lazarus rescheduled the run.
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
	// FlowID is a flow version. VersionGroupID stands for the group's newest version that is not archived.
	FlowID, VersionGroupID string
	Name                   string
	Parameters             json.RawMessage
	Context                json.RawMessage
	// Labels overrides the flow's and the group's: nil inherits, empty means no labels.
	Labels             []string
	RunConfig          json.RawMessage
	ScheduledStartTime *time.Time
	// IdempotencyKey makes a repeated creation return the first run, per flow version and without time limit.
	// If empty, a random key protects the retries of this one call.
	IdempotencyKey string
}

// FlowRunFilter narrows ListFlowRuns; empty fields match everything.
type FlowRunFilter struct {
	FlowID, VersionGroupID, ProjectID, Name, IdempotencyKey string
	// IDs selects by id.
	IDs []string
	// States selects by state name.
	States []string
	// Labels selects the runs that have all of these labels, and perhaps more.
	Labels []string
	// ScheduledFrom and ScheduledBefore bound when a run is or was due; StartedFrom and StartedBefore when it began to run.
	// The zero time is no bound.
	ScheduledFrom, ScheduledBefore, StartedFrom, StartedBefore time.Time
	// Limit is the maximum number of runs returned, newest first; 0 means all.
	Limit int
}

// CreateFlowRun creates a run and returns its id. ErrNotFound for an unknown flow, ErrArchived for an
// archived version or a group with only archived versions, ErrInvalid for a missing required parameter.
func (c *Client) CreateFlowRun(ctx context.Context, in CreateFlowRunInput) (string, error) {
	if (in.FlowID == "") == (in.VersionGroupID == "") {
		return "", c.http.Refused("CreateFlowRun", "exactly one of a flow id and a version group id is required")
	}
	if in.IdempotencyKey == "" {
		in.IdempotencyKey = uuid.NewString()
	}
	id, doubtful, err := c.createFlowRun(ctx, in)
	if err != nil || !doubtful {
		return id, err
	}
	// The Server inserts the run before it gives it a first state. If it crashes in between, no agent ever
	// takes the run, and the Server returns it for this key forever.
	run, err := c.GetFlowRun(ctx, id)
	if err != nil || run.State != "" {
		return id, err
	}
	if err := c.DeleteFlowRun(ctx, id); err != nil {
		return "", err
	}
	id, _, err = c.createFlowRun(ctx, in)
	return id, err
}

// createFlowRun returns the run's id, and true if an attempt before the last may have been executed.
func (c *Client) createFlowRun(ctx context.Context, in CreateFlowRunInput) (string, bool, error) {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.CreateFlowRun(ctx, wire{c}, graphql.CreateFlowRunInput{
		FlowId: optional(in.FlowID), VersionGroupId: optional(in.VersionGroupID), FlowRunName: optional(in.Name),
		Parameters: optionalDocument(in.Parameters), Context: optionalDocument(in.Context),
		Labels: in.Labels, RunConfig: optionalDocument(in.RunConfig),
		ScheduledStartTime: in.ScheduledStartTime, IdempotencyKey: &in.IdempotencyKey,
	})
	if err != nil {
		return "", false, err
	}
	id, err := newID(c, "CreateFlowRun", out.CreateFlowRun)
	return id, trace.Doubtful(), err
}

// GetFlowRun returns the run with this id, or ErrNotFound.
func (c *Client) GetFlowRun(ctx context.Context, id string) (*FlowRun, error) {
	return c.oneFlowRun(ctx, "GetFlowRun", "flow run "+id, where{"id": equals(id)})
}

// FindFlowRun returns the run with this idempotency key of a flow version, or ErrNotFound.
func (c *Client) FindFlowRun(ctx context.Context, flowID, idempotencyKey string) (*FlowRun, error) {
	return c.oneFlowRun(ctx, "FindFlowRun", "flow run with idempotency key "+idempotencyKey,
		where{"flow_id": equals(flowID), "idempotency_key": equals(idempotencyKey)})
}

// ListFlowRuns returns runs of the client's tenant, newest first.
func (c *Client) ListFlowRuns(ctx context.Context, filter FlowRunFilter) ([]FlowRun, error) {
	w := where{}
	for column, wanted := range map[string]string{
		"flow_id":         filter.FlowID,
		"name":            filter.Name,
		"idempotency_key": filter.IdempotencyKey,
	} {
		if wanted != "" {
			w[column] = equals(wanted)
		}
	}
	flow := where{}
	if filter.VersionGroupID != "" {
		flow["version_group_id"] = equals(filter.VersionGroupID)
	}
	if filter.ProjectID != "" {
		flow["project_id"] = equals(filter.ProjectID)
	}
	if len(flow) > 0 {
		w["flow"] = flow
	}
	if len(filter.IDs) > 0 {
		w["id"] = oneOf(filter.IDs)
	}
	if len(filter.States) > 0 {
		w["state"] = oneOf(filter.States)
	}
	if len(filter.Labels) > 0 {
		w["labels"] = where{"_contains": filter.Labels}
	}
	between(w, "scheduled_start_time", filter.ScheduledFrom, filter.ScheduledBefore)
	between(w, "start_time", filter.StartedFrom, filter.StartedBefore)
	if filter.Limit > 0 {
		return c.upToFlowRuns(ctx, w, filter.Limit)
	}
	return flowRunListing().list(ctx, c, w)
}

// between adds bounds of a time to a filter. The upper one is excluded, and the zero time is none.
func between(w where, column string, from, before time.Time) {
	bounds := where{}
	if !from.IsZero() {
		bounds["_gte"] = from.UTC().Format(time.RFC3339Nano)
	}
	if !before.IsZero() {
		bounds["_lt"] = before.UTC().Format(time.RFC3339Nano)
	}
	if len(bounds) > 0 {
		w[column] = bounds
	}
}

// upToFlowRuns reads page by page, newest first, and at most limit runs: a Server may keep years of history.
func (c *Client) upToFlowRuns(ctx context.Context, w where, limit int) ([]FlowRun, error) {
	return first(ctx, limit, func(ctx context.Context, following where, limit int) ([]FlowRun, error) {
		return c.newestFlowRuns(ctx, both(following, w), limit)
	}, func(run *FlowRun) string { return run.ID }, olderThan)
}

// olderThan selects the runs that come after one in newest-first order.
func olderThan(run *FlowRun) where {
	created := run.Created.UTC().Format(time.RFC3339Nano)
	return where{"_or": []where{
		{"created": where{"_lt": created}},
		both(where{"created": equals(created)}, where{"id": where{"_gt": run.ID}}),
	}}
}

// FlowRunStates returns the states that a run passed through, oldest first; empty for an unknown run.
func (c *Client) FlowRunStates(ctx context.Context, id string) ([]FlowRunState, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.FlowRunStateFields
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		out, err := graphql.FlowRunStates(ctx, wire{c}, tenant, id, last, pageSize)
		if err != nil || len(out.FlowRun) == 0 {
			return nil, &graphql.Count{}, err
		}
		return out.FlowRun[0].States, out.FlowRun[0].Remaining.Aggregate, nil
	}, (*row).GetId)
	if err != nil {
		return nil, err
	}
	return statesOf(rows), nil
}

// CancelFlowRun cancels a run and returns its new state: Cancelling while its process is being stopped,
// Cancelled if nothing was running, or the final state of a run that had already finished. ErrNotFound for an
// unknown run.
func (c *Client) CancelFlowRun(ctx context.Context, id string) (string, error) {
	out, err := graphql.CancelFlowRun(ctx, wire{c}, id)
	if err != nil {
		return "", err
	}
	if out.CancelFlowRun == nil {
		return "", c.http.NotFound("CancelFlowRun", "flow run "+id)
	}
	return value(out.CancelFlowRun.State), nil
}

// DeleteFlowRun deletes a run and its history; ErrNotFound for an unknown run.
func (c *Client) DeleteFlowRun(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteFlowRun(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteFlowRun", "flow run "+id, out.GetDeleteFlowRun(), err)
}

// SetFlowRunName renames a run; ErrNotFound for an unknown run, ErrInvalid for an empty name.
func (c *Client) SetFlowRunName(ctx context.Context, id, name string) error {
	if name == "" {
		return c.http.Refused("SetFlowRunName", "a run needs a name")
	}
	out, err := graphql.SetFlowRunName(ctx, wire{c}, id, name)
	return c.succeeded("SetFlowRunName", "flow run "+id, out.GetSetFlowRunName(), err)
}

// SetFlowRunLabels replaces a run's labels; ErrNotFound for an unknown run.
func (c *Client) SetFlowRunLabels(ctx context.Context, id string, labels []string) error {
	if labels == nil {
		labels = []string{}
	}
	out, err := graphql.SetFlowRunLabels(ctx, wire{c}, id, labels)
	return c.succeeded("SetFlowRunLabels", "flow run "+id, out.GetSetFlowRunLabels(), err)
}

func (c *Client) oneFlowRun(ctx context.Context, operation, what string, w where) (*FlowRun, error) {
	found, err := c.newestFlowRuns(ctx, w, 1)
	return onlyOf(c, found, err, operation, what)
}

func (c *Client) newestFlowRuns(ctx context.Context, w where, limit int) ([]FlowRun, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.NewestFlowRuns(ctx, wire{c}, tenant, w, limit)
	if err != nil {
		return nil, err
	}
	return convert(out.FlowRun, flowRunOf), nil
}

// flowRunListing lists runs, newest first.
func flowRunListing() listing[graphql.FlowRunFields, FlowRun] {
	return listing[graphql.FlowRunFields, FlowRun]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.FlowRunFields, *graphql.Count, error) {
			out, err := graphql.FlowRuns(ctx, wire{c}, tenant, w, limit)
			return out.GetFlowRun(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.FlowRunFields).GetId, object: flowRunOf,
		order: func(a, b FlowRun) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) },
	}
}

func flowRunOf(r *graphql.FlowRunFields) FlowRun {
	out := FlowRun{
		ID: r.Id, TenantID: value(r.TenantId), FlowID: r.FlowId, Name: value(r.Name),
		Flow: FlowRunFlow{
			Name: r.Flow.Name, Version: value(r.Flow.Version), VersionGroupID: value(r.Flow.VersionGroupId),
			FlowGroupID: r.Flow.FlowGroupId, ProjectID: r.Flow.ProjectId, ProjectName: r.Flow.Project.Name,
			Archived: r.Flow.Archived,
		},
		Parameters: document(r.Parameters), Context: document(r.Context), RunConfig: document(r.RunConfig),
		Labels: stringList(document(&r.Labels)), IdempotencyKey: value(r.IdempotencyKey),
		AutoScheduled: r.AutoScheduled, ScheduledStartTime: r.ScheduledStartTime,
		StartTime: r.StartTime, EndTime: r.EndTime, Heartbeat: r.Heartbeat,
		State: value(r.State), StateMessage: value(r.StateMessage), StateTimestamp: r.StateTimestamp,
		Version: r.Version, TimesResurrected: value(r.TimesResurrected),
		Created: r.Created, Updated: r.Updated,
	}
	if r.Agent != nil {
		agent := agentOf(r.Agent)
		out.Agent = &agent
	}
	return out
}
