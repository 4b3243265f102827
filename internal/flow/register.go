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

// cleanUpTimeout bounds what is done after a failure.
const cleanUpTimeout = 30 * time.Second

// request is a version to register.
type request struct {
	want           *intent
	tenantID       types.String // as configured
	projectID      string
	versionGroupID string       // "": chosen by the Server
	description    types.String // not set: none
	scheduleActive types.Bool   // not set: active, as the CLI does
	state          *model       // what was known of the newest version; nil when creating
	// taken reports whether another resource has just been created in a version group.
	taken func(group string) bool
}

// existing is the newest version of the group that the Server would add the
// registration to, or nil if it would make a new group.
func existing(ctx context.Context, client *prefect.Client, projectID, name, versionGroupID string) (*prefect.Flow, error) {
	newest, err := client.LookForFlow(ctx, projectID, name, versionGroupID)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil, nil //nolint:nilnil // no version yet is an ordinary answer, documented above
	}
	if err != nil {
		return nil, fmt.Errorf("look for versions of flow %q: %w", name, err)
	}
	return newest, nil
}

// ensureRegistered makes sure that the newest version of the flow is the one wanted, and
// returns it. It sends nothing if it is already.
func ensureRegistered(ctx context.Context, client *prefect.Client, in request) (*prefect.Flow, diag.Diagnostics) {
	name := in.want.flow.Name()
	newest, err := existing(ctx, client, in.projectID, name, in.versionGroupID)
	if err != nil {
		return nil, registerFailure(name).DiagnoseIn(err, in.tenantID)
	}
	if newest != nil && in.versionGroupID == "" && in.taken != nil && in.taken(newest.VersionGroupID) {
		newest = nil // a flow of the same name that has a version_group_id of its own
	}
	if diags := checkSchedule(in.want, in.scheduleActive, newest); diags.HasError() {
		return nil, diags
	}
	if newest != nil && !newest.Archived && newest.Group.Settings.IdempotencyKey == in.want.key {
		current, err := isCurrent(ctx, client, newest, in)
		if err != nil {
			return nil, registerFailure(name).Diagnose(err)
		}
		if current {
			return newest, nil
		}
		// The Server answers a known key with the version that there is, unless
		// that is archived. Registering archives it in any case.
		if err := client.ArchiveFlow(ctx, newest.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			return nil, registerFailure(name).Diagnose(fmt.Errorf("archive version %d: %w", newest.Version, err))
		}
	}
	// A new group gets its id here, so that it is known whatever happens to the
	// answer, and so that a repeated request finds what the first one did.
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
		SetScheduleActive: !framework.IsSet(in.scheduleActive) || in.scheduleActive.ValueBool(),
		Description:       framework.StringPointer(in.description),
	})
	if err != nil {
		if newest == nil {
			err = errors.Join(err, removeEmptyGroup(ctx, client, group))
		}
		return nil, registerFailure(name).Diagnose(err)
	}
	registered, err := client.ReadBackFlow(ctx, id)
	if err != nil {
		failure := framework.Failure{Summary: fmt.Sprintf("Flow %q was registered as version %s, but could not be read back", name, id)}
		diags := failure.Diagnose(err)
		return unread(id, group, in), diags
	}
	return registered, nil
}

// removeEmptyGroup removes the flow group that a failed first registration has
// left behind without a version. If the version is there after all, it stays:
// the next apply finds it by its key.
func removeEmptyGroup(ctx context.Context, client *prefect.Client, versionGroupID string) error {
	// Cleaning up must not stop because the apply was interrupted.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	group, err := client.FindFlowGroup(ctx, versionGroupID)
	if err != nil {
		return nil // no group, or a Server that does not answer: the registration's own error says it
	}
	if _, err := client.LatestFlow(ctx, versionGroupID); !errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err := client.DeleteFlowGroup(ctx, group.ID); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		return fmt.Errorf("the empty flow group %s is left behind: %w", group.ID, err)
	}
	return nil
}

// unread is what is known of a version that was registered but could not be read
// back, enough to find it at the next refresh.
func unread(id, group string, in request) *prefect.Flow {
	f := &prefect.Flow{
		ID: id, Name: in.want.flow.Name(), ProjectID: in.projectID, VersionGroupID: group,
		Description: framework.StringPointer(in.description),
	}
	if in.state != nil {
		f.TenantID, f.FlowGroupID = in.state.TenantID.ValueString(), in.state.FlowGroupID.ValueString()
	}
	return f
}

// isCurrent reports whether the newest version, whose group has the wanted key, is
// what is wanted. It is not if a description is wanted that it does not have, or
// if the key belongs to a later registration that failed: the Server stores the
// key before the version, and keeps it when it takes the version back.
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
		return false, nil //nolint:nilerr // not a flow: certainly not this one
	}
	return sameFlow(serialization.NewFlow(stored), in.want.flow), nil
}

func registerFailure(name string) framework.Failure {
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not register flow %q", name),
		Attribute: path.Root("flow_json"),
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check `project_id`: the project must exist in the tenant of the provider, or in that of `tenant_id`.",
			prefect.ErrForeignKey: "Check `project_id` and `version_group_id`: an object that the registration refers to " +
				"does not exist or has been deleted.",
		},
	}
}

// checkSchedule refuses a schedule that would start no runs, which the Server
// says nowhere. newest is nil for a new group.
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
			fmt.Sprintf("No run of flow %q would start, because %s.\n\nLeave `schedule_active` out or set it to "+
				"false, or give the flow a schedule whose clocks have values for all required parameters. A schedule of the flow "+
				"group, and its default parameters, count if the flow group exists already.", want.flow.Name(), reason))
	case scheduled && !active.IsUnknown():
		diags.AddAttributeWarning(path.Root("schedule_active"), "The schedule will not start runs",
			fmt.Sprintf("No run of flow %q will start by its schedule, because %s.\n\nGive each of them a value in "+
				"every clock, or in `default_parameters` of the flow group; or set `schedule_active = false` if this is meant.", want.flow.Name(), reason))
	}
	return diags
}

// ensureSchedule makes the schedule of a version active or inactive, if that is
// managed, and returns the version as it is then. The Server swallows errors of
// activation, so the outcome is read back.
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
			prefect.ErrInvalid: "The flow needs a schedule, of its own or of its flow group, that has values for all required parameters.",
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
				"The log of the Server's GraphQL service has the cause. Run the command again if it was temporary.", now.Version, now.ID))}
	}
	return now, nil
}
