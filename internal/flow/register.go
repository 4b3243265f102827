package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// cleanUpTimeout limits the clean-up after a failure.
const cleanUpTimeout = 30 * time.Second

// request is a version to register.
type request struct {
	want           *intent
	tenantID       types.String // as configured
	projectID      string
	versionGroupID string       // "": chosen by the Server
	description    types.String // null: none
	scheduleActive types.Bool   // null: active, as with the CLI, unless the previous version was deactivated
	state          *model       // the newest version in state; nil for a creation
	// taken reports whether another resource has just been created in a version group.
	taken func(group string) bool
}

// lookFor is how the client looks for a flow: for a plan or, for what is about to be registered, now.
type lookFor func(ctx context.Context, projectID, name, versionGroupID string) (*prefect.Flow, error)

// existing returns the newest version of the group that the Server would add the registration to, or nil if
// it would create a group.
func existing(ctx context.Context, look lookFor, projectID, name, versionGroupID string) (*prefect.Flow, error) {
	newest, err := look(ctx, projectID, name, versionGroupID)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil, nil //nolint:nilnil // nil is documented above
	}
	if err != nil {
		return nil, fmt.Errorf("look for versions of flow %q: %w", name, err)
	}
	return newest, nil
}

// ensureRegistered ensures that the newest version of the flow is the one wanted, and returns it. It sends
// nothing if that is already so.
func ensureRegistered(ctx context.Context, client *prefect.Client, in request) (*prefect.Flow, diag.Diagnostics) {
	name := in.want.name
	newest, err := existing(ctx, client.LookForFlowNow, in.projectID, name, in.versionGroupID)
	if err != nil {
		return nil, registerFailure(in.want).DiagnoseIn(err, in.tenantID)
	}
	if newest != nil && in.versionGroupID == "" && in.taken != nil && in.taken(newest.VersionGroupID) {
		newest = nil // a flow of the same name with its own version_group_id
	}
	if diags := checkSchedule(in.want, in.scheduleActive, newest); diags.HasError() {
		return nil, diags
	}
	if newest != nil && !newest.Archived && newest.Group.Settings.IdempotencyKey == in.want.key {
		current, err := isCurrent(ctx, client, newest, in)
		if err != nil {
			return nil, registerFailure(in.want).Diagnose(err)
		}
		if current {
			return newest, nil
		}
		// The Server answers a known key with the existing version, unless that is archived. Registering
		// archives it anyway.
		if err := client.ArchiveFlow(ctx, newest.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return nil, registerFailure(in.want).Diagnose(fmt.Errorf("archive version %d: %w", newest.Version, err))
		}
	}
	// A new group gets its id here, so that it is known even if the answer is lost, and a retried request
	// finds the result of the first.
	group := in.versionGroupID
	if group == "" {
		group = uuid.NewString()
		if newest != nil {
			group = newest.VersionGroupID
		}
	}
	id, err := client.RegisterFlow(ctx, prefect.RegisterFlowInput{
		ProjectID:         in.projectID,
		SerializedFlow:    in.want.flow.Map(),
		VersionGroupID:    group,
		IdempotencyKey:    in.want.key,
		SetScheduleActive: in.scheduleActive.ValueBool() || !framework.IsSet(in.scheduleActive) && !switchedOff(newest),
		Description:       framework.StringPointer(in.description),
	})
	if err != nil {
		if newest == nil {
			err = errors.Join(err, removeEmptyGroup(ctx, client, group))
		}
		return nil, registerFailure(in.want).Diagnose(err)
	}
	registered, err := client.ReadBackFlow(ctx, id)
	if err != nil {
		failure := framework.Failure{Summary: fmt.Sprintf("Flow %q was registered as version %s, but could not be read back", name, id)}
		diags := failure.Diagnose(err)
		return unread(id, group, in), diags
	}
	return registered, nil
}

// removeEmptyGroup removes the flow group without versions that a failed first registration left behind. If
// the version exists after all, it stays: the next apply finds it by its key.
func removeEmptyGroup(ctx context.Context, client *prefect.Client, versionGroupID string) error {
	// Clean up even if the apply was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	group, err := client.FindFlowGroup(ctx, versionGroupID)
	if err != nil {
		return nil // no group, or an unreachable Server, which the registration's own error reports
	}
	if _, err := client.LatestFlow(ctx, versionGroupID); !errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err := client.DeleteFlowGroup(ctx, group.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		return fmt.Errorf("the empty flow group %s is left behind: %w", group.ID, err)
	}
	return nil
}

// unread describes a version that was registered but could not be read back, well enough to find it at the
// next refresh.
func unread(id, group string, in request) *prefect.Flow {
	f := &prefect.Flow{
		ID: id, Name: in.want.name, ProjectID: in.projectID, VersionGroupID: group,
		Description: framework.StringPointer(in.description),
	}
	if in.state != nil {
		f.TenantID, f.FlowGroupID = in.state.TenantID.ValueString(), in.state.FlowGroupID.ValueString()
	}
	return f
}

// isCurrent reports whether the newest version, whose group has the wanted key, is the wanted one. It is not
// if a wanted description differs, or if the key belongs to a later registration that failed: the Server
// stores the key before the version, and keeps it when it rolls back the version.
func isCurrent(ctx context.Context, client *prefect.Client, newest *prefect.Flow, in request) (bool, error) {
	if framework.IsSet(in.description) && !in.description.Equal(framework.StringOrNull(newest.Description)) {
		return false, nil
	}
	if in.state != nil && in.state.FlowID.ValueString() == newest.ID {
		return in.state.IdempotencyKey.ValueString() == in.want.key, nil
	}
	raw, err := client.GetSerializedFlow(ctx, newest.ID)
	if err != nil {
		return false, fmt.Errorf("read version %d: %w", newest.Version, err)
	}
	stored, err := decodeObject(raw)
	if err != nil {
		return false, nil //nolint:nilerr // not a flow, so not this one
	}
	return sameFlow(serialization.NewFlow(stored), in.want.flow), nil
}

func registerFailure(want *intent) framework.Failure {
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not register flow %q", want.name),
		Attribute: want.at(),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check `project_id`: the project must exist in the tenant of the provider, or in that of `tenant_id`.",
			prefect.ErrForeignKey: "Check `project_id` and `version_group_id`: an object that the registration refers to " +
				"does not exist or has been deleted.",
		},
	}
}

// checkSchedule rejects a schedule that would start no runs; the Server does not report that. newest is nil
// for a new group.
func checkSchedule(want *intent, active types.Bool, newest *prefect.Flow) diag.Diagnostics {
	var group *prefect.FlowGroup
	if newest != nil {
		group = &newest.Group
	}
	reason := inactiveReason(want.flow, group)
	scheduled := want.flow.Schedule() != nil || group != nil && decoded(group.Schedule) != nil
	var diags diag.Diagnostics
	switch {
	case reason == "" || framework.IsSet(active) && !active.ValueBool():
	case framework.IsSet(active):
		diags.AddAttributeError(path.Root("schedule_active"), "The schedule cannot be activated",
			fmt.Sprintf("No run of flow %q would start, because %s.\n\nRemove `schedule_active` or set it to "+
				"false, or give the flow a schedule whose clocks set all required parameters. A schedule of the flow "+
				"group and its default parameters count if the flow group already exists.", want.flow.Name(), reason))
	case scheduled && !active.IsUnknown():
		diags.AddAttributeWarning(path.Root("schedule_active"), "The schedule will not start runs",
			fmt.Sprintf("No run of flow %q will start on its schedule, because %s.\n\nSet each of them in "+
				"every clock, or in `default_parameters` of the flow group. If this is intended, set `schedule_active = false`.", want.flow.Name(), reason))
	}
	return diags
}

// ensureSchedule activates or deactivates the schedule of a version, if that is managed, and returns the
// resulting version. The Server ignores errors of activation, so the result is read back.
func ensureSchedule(ctx context.Context, client *prefect.Client, f *prefect.Flow, want types.Bool) (*prefect.Flow, diag.Diagnostics) {
	if !framework.IsSet(want) || want.ValueBool() == f.IsScheduleActive {
		return f, nil
	}
	verb, set := "activated", client.SetScheduleActive
	if !want.ValueBool() {
		verb, set = "deactivated", client.SetScheduleInactive
	}
	failure := framework.Failure{
		Summary:   fmt.Sprintf("The schedule of flow %q could not be %s", f.Name, verb),
		Attribute: path.Root("schedule_active"),
		Remedies: map[error]string{
			prefect.ErrInvalid: "The flow or its flow group needs a schedule that sets all required parameters.",
		},
	}
	if err := set(ctx, f.ID); err != nil {
		return f, failure.Diagnose(err)
	}
	now, err := client.GetFlow(ctx, f.ID)
	if err != nil {
		return f, failure.Diagnose(err)
	}
	if now.IsScheduleActive != want.ValueBool() {
		return now, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("schedule_active"), failure.Summary,
			fmt.Sprintf("The Server accepted the request for version %d (%s), but the schedule has not changed.\n\n"+
				"The cause is in the log of the Server's GraphQL service. If it was temporary, run the command again.", now.Version, now.ID))}
	}
	return now, nil
}
