package prefect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// FlowGroup contains what all versions of a flow share. JSON fields are nil if the Server has null.
type FlowGroup struct {
	ID, TenantID string
	// Name is the version group id.
	Name        string
	Description *string
	// Labels is nil if runs take their labels from the flow, and empty if they have none.
	Labels            []string
	RunConfig         json.RawMessage
	DefaultParameters json.RawMessage
	Schedule          json.RawMessage
	Settings          FlowGroupSettings
	// NewestFlowID is the newest version, archived or not; empty if there is none, and in the group of a [Flow].
	NewestFlowID string
	// FlowName and ProjectName are those of the newest version; empty if there is none, and in the group of a [Flow].
	FlowName, ProjectName string
	// ScheduleActive is true if the Server creates runs of the newest version on a schedule; false in the
	// group of a [Flow].
	ScheduleActive   bool
	Created, Updated time.Time
}

// FlowGroupSettings is a group's settings.
type FlowGroupSettings struct {
	// IdempotencyKey is the key of the latest registration; empty if it had none.
	IdempotencyKey   string
	HeartbeatEnabled bool
	LazarusEnabled   bool
}

// CronClock starts runs by a cron expression.
type CronClock struct {
	Cron              string
	ParameterDefaults json.RawMessage
}

// IntervalClock starts runs at an interval of whole seconds, at least one minute.
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
func (c *Client) GetFlowGroup(ctx context.Context, id string) (*FlowGroup, error) {
	return flowGroupListing().one(ctx, c, where{"id": equals(id)}, "GetFlowGroup", "flow group "+id)
}

// FindFlowGroup returns the group of this version group id, or ErrNotFound. If the id is that of a flow
// version, the error is also ErrFlowID and its message names the version group.
func (c *Client) FindFlowGroup(ctx context.Context, versionGroupID string) (*FlowGroup, error) {
	const operation = "FindFlowGroup"
	what := "flow group of version group " + versionGroupID
	group, err := flowGroupListing().one(ctx, c, where{"name": equals(versionGroupID)}, operation, what)
	if !errors.Is(err, ErrNotFound) || !transport.IsUUID(versionGroupID) {
		return group, err
	}
	flow, flowErr := c.GetFlow(ctx, versionGroupID)
	if flowErr != nil {
		return nil, err // not the id of a flow version either
	}
	return nil, &Error{
		Operation: operation, Endpoint: c.Endpoint(), Kind: ErrNotFound, Err: ErrFlowID,
		Message: fmt.Sprintf("%s. That is the id of version %d of flow %q, whose version group is %s", what, flow.Version, flow.Name, flow.VersionGroupID),
	}
}

// FlowGroupFilter narrows ListFlowGroups; empty fields do not. The conditions hold for one and the same version.
type FlowGroupFilter struct {
	// ProjectID is the project of a version.
	ProjectID string
	// FlowNameLike is an SQL LIKE pattern (%, _) for the name of a version, compared without regard to case.
	FlowNameLike string
	// Limit is the largest number of groups returned, the first by flow; 0 means all.
	Limit int
}

// ListFlowGroups returns the groups of the client's tenant that have a version which is not archived, ordered by the name of
// their flow and then of its project.
func (c *Client) ListFlowGroups(ctx context.Context, filter FlowGroupFilter) ([]FlowGroup, error) {
	version := where{"archived": equals(false)}
	if filter.ProjectID != "" {
		version["project_id"] = equals(filter.ProjectID)
	}
	if filter.FlowNameLike != "" {
		version["name"] = like(filter.FlowNameLike)
	}
	if filter.Limit > 0 {
		return c.firstFlowGroups(ctx, version, filter.Limit)
	}
	return flowGroupListing().list(ctx, c, where{"flows": version})
}

// firstFlowGroups returns the groups of the first versions that match a filter. It reads versions, because the Server orders
// groups by their own columns only. Several versions of a group may match.
func (c *Client) firstFlowGroups(ctx context.Context, version where, limit int) ([]FlowGroup, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.FlowGroupsByFlowFlow
	rows, err := first(ctx, limit, func(ctx context.Context, following where, limit int) ([]row, error) {
		out, err := graphql.FlowGroupsByFlow(ctx, wire{c}, tenant, both(following, version), limit)
		return out.GetFlow(), err
	}, func(v *row) string { return v.FlowGroup.GetId() }, func(last *row) where {
		return followingName(last.Name, where{"_or": []where{
			{"project": where{"name": where{"_gt": last.Project.Name}}},
			both(where{"project": where{"name": equals(last.Project.Name)}}, followingID(last.Id)),
		}})
	})
	return convert(rows, func(v *row) FlowGroup { return flowGroupWithVersion(&v.FlowGroup) }), err
}

// flowGroupListing lists groups by the name of their flow and then of its project.
func flowGroupListing() listing[graphql.FlowGroupsFlowGroup, FlowGroup] {
	return listing[graphql.FlowGroupsFlowGroup, FlowGroup]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.FlowGroupsFlowGroup, *graphql.Count, error) {
			out, err := graphql.FlowGroups(ctx, wire{c}, tenant, w, limit)
			return out.GetFlowGroup(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.FlowGroupsFlowGroup).GetId, object: flowGroupWithVersion,
		order: func(a, b FlowGroup) int {
			return cmp.Or(cmp.Compare(a.FlowName, b.FlowName), cmp.Compare(a.ProjectName, b.ProjectName), cmp.Compare(a.Name, b.Name))
		},
	}
}

// DeleteFlowGroup deletes a group with all versions and their runs; ErrNotFound if there is none.
func (c *Client) DeleteFlowGroup(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteFlowGroup(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteFlowGroup", "flow group "+id, out.GetDeleteFlowGroup(), err)
}

// SetFlowGroupDescription sets or, with nil, clears a group's description.
func (c *Client) SetFlowGroupDescription(ctx context.Context, id string, description *string) error {
	out, err := graphql.SetFlowGroupDescription(ctx, wire{c}, id, description)
	return c.succeeded("SetFlowGroupDescription", "flow group "+id, out.GetSetFlowGroupDescription(), err)
}

// SetFlowGroupLabels sets a group's labels: nil inherits the flow's, empty means none. The Server drops
// duplicates and does not keep the order.
func (c *Client) SetFlowGroupLabels(ctx context.Context, id string, labels []string) error {
	out, err := graphql.SetFlowGroupLabels(ctx, wire{c}, id, labels)
	return c.succeeded("SetFlowGroupLabels", "flow group "+id, out.GetSetFlowGroupLabels(), err)
}

// SetFlowGroupRunConfig sets or, with nil, clears a group's run configuration.
func (c *Client) SetFlowGroupRunConfig(ctx context.Context, id string, runConfig json.RawMessage) error {
	out, err := graphql.SetFlowGroupRunConfig(ctx, wire{c}, id, optionalDocument(runConfig))
	return c.succeeded("SetFlowGroupRunConfig", "flow group "+id, out.GetSetFlowGroupRunConfig(), err)
}

// SetFlowGroupDefaultParameters replaces a group's parameter values; nil means none.
func (c *Client) SetFlowGroupDefaultParameters(ctx context.Context, id string, parameters json.RawMessage) error {
	if len(parameters) == 0 {
		parameters = json.RawMessage("{}")
	}
	out, err := graphql.SetFlowGroupDefaultParameters(ctx, wire{c}, id, parameters)
	return c.succeeded("SetFlowGroupDefaultParameters", "flow group "+id, out.GetSetFlowGroupDefaultParameters(), err)
}

// SetFlowGroupSchedule replaces a group's schedule and deletes the runs that the old one created and that
// have not started.
func (c *Client) SetFlowGroupSchedule(ctx context.Context, id string, schedule FlowGroupSchedule) error {
	// Both lists must be present: the Server fails on an explicit null.
	crons := make([]graphql.CronClockInput, 0, len(schedule.CronClocks))
	for _, clock := range schedule.CronClocks {
		crons = append(crons, graphql.CronClockInput{
			Cron: clock.Cron, ParameterDefaults: optionalDocument(clock.ParameterDefaults),
		})
	}
	intervals := make([]graphql.IntervalClockInput, 0, len(schedule.IntervalClocks))
	for _, clock := range schedule.IntervalClocks {
		if clock.Interval < time.Minute || clock.Interval%time.Second != 0 {
			return c.http.Refused("SetFlowGroupSchedule", "an interval must be at least a minute, in whole seconds")
		}
		intervals = append(intervals, graphql.IntervalClockInput{
			Interval: int(clock.Interval / time.Second), ParameterDefaults: optionalDocument(clock.ParameterDefaults),
		})
	}
	out, err := graphql.SetFlowGroupSchedule(ctx, wire{c}, id, crons, intervals, optional(schedule.Timezone))
	return c.succeeded("SetFlowGroupSchedule", "flow group "+id, out.GetSetFlowGroupSchedule(), err)
}

// DeleteFlowGroupSchedule removes a group's schedule: versions then follow their own.
func (c *Client) DeleteFlowGroupSchedule(ctx context.Context, id string) error {
	out, err := graphql.DeleteFlowGroupSchedule(ctx, wire{c}, id)
	return c.succeeded("DeleteFlowGroupSchedule", "flow group "+id, out.GetDeleteFlowGroupSchedule(), err)
}

// SetHeartbeat enables or disables heartbeats of a group, through any version of it.
func (c *Client) SetHeartbeat(ctx context.Context, flowID string, enabled bool) error {
	if enabled {
		out, err := graphql.EnableFlowHeartbeat(ctx, wire{c}, flowID)
		return c.succeeded("EnableFlowHeartbeat", "flow "+flowID, out.GetEnableFlowHeartbeat(), err)
	}
	out, err := graphql.DisableFlowHeartbeat(ctx, wire{c}, flowID)
	return c.succeeded("DisableFlowHeartbeat", "flow "+flowID, out.GetDisableFlowHeartbeat(), err)
}

// SetLazarus enables or disables Lazarus, the restart of a group's lost runs, through any version of it.
func (c *Client) SetLazarus(ctx context.Context, flowID string, enabled bool) error {
	if enabled {
		out, err := graphql.EnableFlowLazarus(ctx, wire{c}, flowID)
		return c.succeeded("EnableFlowLazarus", "flow "+flowID, out.GetEnableFlowLazarusProcess(), err)
	}
	out, err := graphql.DisableFlowLazarus(ctx, wire{c}, flowID)
	return c.succeeded("DisableFlowLazarus", "flow "+flowID, out.GetDisableFlowLazarusProcess(), err)
}

func flowGroupWithVersion(g *graphql.FlowGroupsFlowGroup) FlowGroup {
	out := flowGroupOf(&g.FlowGroupFields)
	if len(g.Flows) > 0 {
		newest := g.Flows[0]
		out.NewestFlowID, out.ScheduleActive = newest.Id, newest.IsScheduleActive && !newest.Archived
		out.FlowName, out.ProjectName = newest.Name, newest.Project.Name
	}
	return out
}

func flowGroupOf(g *graphql.FlowGroupFields) FlowGroup {
	out := FlowGroup{
		ID: g.Id, TenantID: value(g.TenantId), Name: value(g.Name), Description: g.Description,
		Labels: stringList(document(g.Labels)), RunConfig: document(g.RunConfig),
		DefaultParameters: document(&g.DefaultParameters), Schedule: document(g.Schedule),
		Settings: FlowGroupSettings{HeartbeatEnabled: true, LazarusEnabled: true},
		Created:  g.Created, Updated: g.Updated,
	}
	// The defaults above are those that the Server uses for a missing key; a value of an unexpected type
	// counts as missing.
	var settings map[string]json.RawMessage
	if json.Unmarshal(g.Settings, &settings) != nil {
		return out
	}
	setting(settings, "idempotency_key", &out.Settings.IdempotencyKey)
	setting(settings, "heartbeat_enabled", &out.Settings.HeartbeatEnabled)
	setting(settings, "lazarus_enabled", &out.Settings.LazarusEnabled)
	return out
}

// setting reads one setting into out, which keeps its value if the setting is missing or of another type.
func setting[T any](settings map[string]json.RawMessage, key string, out *T) {
	var v *T
	if json.Unmarshal(settings[key], &v) == nil && v != nil {
		*out = *v
	}
}
