package prefect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// Flow is one registered version of a flow. JSON fields are nil if the Server has null.
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
	// TaskCount and EdgeCount count the tasks and edges stored on the Server.
	TaskCount, EdgeCount int
	Created, Updated     time.Time
	// Group contains the settings shared by all versions, including the last idempotency key.
	Group FlowGroup
}

// RegisterFlowInput describes a flow to register.
type RegisterFlowInput struct {
	ProjectID string
	// SerializedFlow is the flow as `prefect build` writes it, numbers as json.Number.
	SerializedFlow map[string]any
	// VersionGroupID is the version group to register in. If empty, the Server uses that of the newest flow
	// with this name in the project, or creates one.
	VersionGroupID string
	// IdempotencyKey makes the Server keep the current version if that was registered with the same key;
	// empty always registers a new version.
	IdempotencyKey string
	// SetScheduleActive activates the flow's schedule. The Server ignores errors here, so read
	// IsScheduleActive back.
	SetScheduleActive bool
	Description       *string
}

// FlowFilter narrows ListFlows; empty fields match everything.
type FlowFilter struct {
	ProjectID, ProjectName, Name, VersionGroupID string
	// FlowGroupIDs selects the versions of several groups, unless it is empty.
	FlowGroupIDs []string
	// NameLike is a case-insensitive SQL LIKE pattern (%, _).
	NameLike string
	// Archived selects by the flag; nil matches both.
	Archived *bool
	// Limit is the largest number of versions returned, the first by name; 0 means all.
	Limit int
}

// GetFlow returns the flow version with this id, or ErrNotFound.
func (c *Client) GetFlow(ctx context.Context, id string) (*Flow, error) {
	return flowListing().one(ctx, c, where{"id": equals(id)}, "GetFlow", "flow "+id)
}

// GetSerializedFlow returns the serialised form of a flow version as the Server stores it, or ErrNotFound.
func (c *Client) GetSerializedFlow(ctx context.Context, id string) (json.RawMessage, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.SerializedFlow(ctx, wire{c}, tenant, id)
	if err != nil {
		return nil, err
	}
	if len(out.Flow) == 0 {
		return nil, c.http.NotFound("GetSerializedFlow", "flow "+id)
	}
	return document(out.Flow[0].SerializedFlow), nil
}

// FlowsByVersionGroup returns all versions of a group, newest first. An empty result is not an error.
func (c *Client) FlowsByVersionGroup(ctx context.Context, versionGroupID string) ([]Flow, error) {
	flows, err := flowListing().list(ctx, c, where{"version_group_id": equals(versionGroupID)})
	// Versions of one group may differ in name.
	slices.SortFunc(flows, func(a, b Flow) int { return cmp.Compare(b.Version, a.Version) })
	return flows, err
}

// LatestFlow returns the newest version of a group, archived or not, or ErrNotFound.
func (c *Client) LatestFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	return c.newestFlow(ctx, "LatestFlow", "flow of version group "+versionGroupID,
		where{"version_group_id": equals(versionGroupID)}, where{"version": "desc"})
}

// CurrentFlow returns the version that a run of the group would use: the newest version that is not archived
// or, if all are, the newest one; else ErrNotFound.
func (c *Client) CurrentFlow(ctx context.Context, versionGroupID string) (*Flow, error) {
	return c.newestFlow(ctx, "CurrentFlow", "version group "+versionGroupID,
		where{"version_group_id": equals(versionGroupID)}, where{"archived": "asc"}, where{"version": "desc"})
}

// FindFlow returns the newest version, archived or not, of the flow with this name in a project, or
// ErrNotFound. The Server would add the next registration of that name to this version group.
func (c *Client) FindFlow(ctx context.Context, projectID, name string) (*Flow, error) {
	return c.newestFlow(ctx, "FindFlow", "flow with name "+name+" in project "+projectID,
		where{"project_id": equals(projectID), "name": equals(name)}, where{"created": "desc"})
}

// ListFlows returns flow versions of the client's tenant, ordered by name, then newest version first.
func (c *Client) ListFlows(ctx context.Context, filter FlowFilter) ([]Flow, error) {
	w := where{}
	for column, wanted := range map[string]string{
		"project_id":       filter.ProjectID,
		"name":             filter.Name,
		"version_group_id": filter.VersionGroupID,
	} {
		if wanted != "" {
			w[column] = equals(wanted)
		}
	}
	if len(filter.FlowGroupIDs) > 0 {
		w["flow_group_id"] = oneOf(filter.FlowGroupIDs)
	}
	if filter.ProjectName != "" {
		w["project"] = where{"name": equals(filter.ProjectName)}
	}
	if filter.Archived != nil {
		w["archived"] = equals(*filter.Archived)
	}
	if filter.NameLike != "" {
		w = both(w, where{"name": like(filter.NameLike)})
	}
	if filter.Limit > 0 {
		return c.firstFlows(ctx, w, filter.Limit)
	}
	return flowListing().list(ctx, c, w)
}

// ArchiveFlow archives a version. The Server deletes its auto-scheduled runs and cancels its other Scheduled
// runs. This cannot be undone. ErrNotFound if there is no such version.
func (c *Client) ArchiveFlow(ctx context.Context, id string) error {
	out, err := graphql.ArchiveFlow(ctx, wire{c}, id)
	return c.succeeded("ArchiveFlow", "flow "+id, out.GetArchiveFlow(), err)
}

// DeleteFlow deletes a version with its runs; ErrNotFound if there is no such version.
func (c *Client) DeleteFlow(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteFlow(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteFlow", "flow "+id, out.GetDeleteFlow(), err)
}

// SetScheduleActive activates a version's schedule. ErrInvalid if the version has no schedule or a required parameter
// without a value, ErrNotFound if there is no such version.
func (c *Client) SetScheduleActive(ctx context.Context, flowID string) error {
	out, err := graphql.SetScheduleActive(ctx, wire{c}, flowID)
	err = c.succeeded("SetScheduleActive", "flow "+flowID, out.GetSetScheduleActive(), err)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	// The Server gives the same answer for a flow that does not exist and for one that has no schedule.
	if _, getErr := c.GetFlow(ctx, flowID); getErr != nil {
		return getErr
	}
	return c.http.Refused("SetScheduleActive", "neither the flow nor its group has a schedule")
}

// SetScheduleInactive deactivates a version's schedule and deletes the runs it created that have not started.
func (c *Client) SetScheduleInactive(ctx context.Context, flowID string) error {
	out, err := graphql.SetScheduleInactive(ctx, wire{c}, flowID)
	return c.succeeded("SetScheduleInactive", "flow "+flowID, out.GetSetScheduleInactive(), err)
}

// UpdateFlowProject moves one version to another project of the same tenant; ErrNotFound if either id is
// wrong.
func (c *Client) UpdateFlowProject(ctx context.Context, flowID, projectID string) error {
	_, err := graphql.UpdateFlowProject(ctx, wire{c}, flowID, projectID)
	return err
}

func (c *Client) newestFlow(ctx context.Context, operation, what string, w where, order ...where) (*Flow, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.NewestFlow(ctx, wire{c}, tenant, w, order)
	if err != nil {
		return nil, err
	}
	if len(out.Flow) == 0 {
		return nil, c.http.NotFound(operation, what)
	}
	flow := flowOf(&out.Flow[0])
	return &flow, nil
}

// flowListing lists versions by name, and those of one group newest first.
func flowListing() listing[graphql.FlowFields, Flow] {
	return listing[graphql.FlowFields, Flow]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.FlowFields, *graphql.Count, error) {
			out, err := graphql.Flows(ctx, wire{c}, tenant, w, limit)
			return out.GetFlow(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.FlowFields).GetId, object: flowOf,
		order: func(a, b Flow) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.VersionGroupID, b.VersionGroupID), cmp.Compare(b.Version, a.Version))
		},
	}
}

// firstFlows returns the first versions by name.
func (c *Client) firstFlows(ctx context.Context, w where, limit int) ([]Flow, error) {
	return flowListing().firstByName(ctx, c, w, limit,
		func(ctx context.Context, tenant string, w where, limit int) ([]graphql.FlowFields, error) {
			out, err := graphql.FlowsByName(ctx, wire{c}, tenant, w, limit)
			return out.GetFlow(), err
		}, (*graphql.FlowFields).GetName)
}

func flowOf(f *graphql.FlowFields) Flow {
	return Flow{
		ID: f.Id, TenantID: value(f.TenantId), ProjectID: f.ProjectId, ProjectName: f.Project.Name, Name: f.Name,
		Description: f.Description, Version: value(f.Version),
		VersionGroupID: value(f.VersionGroupId), FlowGroupID: f.FlowGroupId,
		Archived: f.Archived, CoreVersion: value(f.CoreVersion),
		Parameters: document(f.Parameters), RunConfig: document(f.RunConfig), Storage: document(f.Storage),
		Environment: document(f.Environment), Schedule: document(f.Schedule), IsScheduleActive: f.IsScheduleActive,
		TaskCount: count(f.TasksAggregate.Aggregate), EdgeCount: count(f.EdgesAggregate.Aggregate),
		Created: f.Created, Updated: f.Updated,
		Group: flowGroupOf(&f.FlowGroup),
	}
}
