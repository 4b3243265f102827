package flow

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// flowAction implements the actions on a flow that its version group names: prefect_flow_schedule and prefect_flow_archive.
type flowAction[M any] struct {
	framework.ActionType

	data *framework.ProviderData
	do   func(ctx context.Context, client *prefect.Client, config M, tell func(string)) error
	// of returns what the configuration has to say of the flow: its tenant and its version group.
	of func(config M) (tenant, group types.String)
	// failure is the headline of a failure, with the version group as %q.
	failure string
}

var (
	_ action.ActionWithConfigure = (*flowAction[scheduleActionModel])(nil)
	_ action.ActionWithConfigure = (*flowAction[archiveActionModel])(nil)
)

// Configure takes over the provider data.
func (a *flowAction[M]) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = framework.ConfigureAction(req, resp)
}

// Invoke does what the action does, once.
func (a *flowAction[M]) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config M
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.RequireReady(&resp.Diagnostics) {
		return
	}
	tenant, group := a.of(config)
	tell := func(message string) { resp.SendProgress(action.InvokeProgressEvent{Message: message}) }
	if err := a.do(ctx, a.data.Client(tenant), config, tell); err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary: fmt.Sprintf(a.failure, group.ValueString()), Attribute: path.Root("version_group_id"),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Give the version group of a registered flow, such as the `id` of a `prefect_flow`, and check the provider's `endpoint` and `tenant`.",
				prefect.ErrArchived: "All versions of the flow are archived. Register it again first.",
				context.Canceled:    "It may have been done. Invoke the action again.",
			},
		}.DiagnoseIn(err, tenant)...)
	}
}

type scheduleActionModel struct {
	VersionGroupID types.String `tfsdk:"version_group_id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	Active         types.Bool   `tfsdk:"active"`
}

// NewScheduleAction returns the action prefect_flow_schedule.
func NewScheduleAction() action.Action {
	return &flowAction[scheduleActionModel]{
		ActionType: framework.ActionType{Name: "flow_schedule", Describe: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "Activates or deactivates the schedule of a flow, for instance to pause it during maintenance. Deactivating deletes the runs that " +
					"the schedule created and that have not begun.\n\nA `prefect_flow` or `prefect_flow_group` that sets `schedule_active` sets it back with the next apply.",
				Attributes: map[string]schema.Attribute{
					"version_group_id": actionGroup(),
					"tenant_id":        actionTenant(),
					"active": schema.BoolAttribute{
						Required: true, MarkdownDescription: "`true` activates the schedule, `false` deactivates it.",
					},
				},
			}
		}},
		of: func(config scheduleActionModel) (tenant, group types.String) {
			return config.TenantID, config.VersionGroupID
		},
		failure: "Could not change the schedule of version group %q",
		do:      setSchedule,
	}
}

// setSchedule switches the schedule of a flow's current version.
func setSchedule(ctx context.Context, client *prefect.Client, config scheduleActionModel, tell func(string)) error {
	current, err := client.CurrentFlow(ctx, config.VersionGroupID.ValueString())
	if err != nil {
		return fmt.Errorf("find the flow: %w", err)
	}
	if current.Archived {
		return fmt.Errorf("flow %q, version %d: %w", current.Name, current.Version, prefect.ErrArchived)
	}
	set, word := client.SetScheduleInactive, "inactive"
	if config.Active.ValueBool() {
		set, word = client.SetScheduleActive, "active"
	}
	if err := set(ctx, current.ID); err != nil {
		return fmt.Errorf("version %d of flow %q: %w", current.Version, current.Name, err)
	}
	tell(fmt.Sprintf("The schedule of flow %q is %s", current.Name, word))
	return nil
}

type archiveActionModel struct {
	VersionGroupID types.String `tfsdk:"version_group_id"`
	TenantID       types.String `tfsdk:"tenant_id"`
}

// NewArchiveAction returns the action prefect_flow_archive.
func NewArchiveAction() action.Action {
	return &flowAction[archiveActionModel]{
		ActionType: framework.ActionType{Name: "flow_archive", Describe: func() schema.Schema {
			return schema.Schema{
				MarkdownDescription: "Archives a flow: all its versions. Its schedule stops, runs that have not begun are deleted or cancelled, and the history stays. " +
					"There is no way back but another registration: a `prefect_flow` registers a new version with the next apply.",
				Attributes: map[string]schema.Attribute{"version_group_id": actionGroup(), "tenant_id": actionTenant()},
			}
		}},
		of: func(config archiveActionModel) (tenant, group types.String) {
			return config.TenantID, config.VersionGroupID
		},
		failure: "Could not archive version group %q",
		do:      archive,
	}
}

// archive archives the versions of a flow that are not archived.
func archive(ctx context.Context, client *prefect.Client, config archiveActionModel, tell func(string)) error {
	group := config.VersionGroupID.ValueString()
	current, err := client.CurrentFlow(ctx, group)
	if err != nil {
		return fmt.Errorf("find the flow: %w", err)
	}
	if current.Archived {
		tell(fmt.Sprintf("Flow %q was archived already", current.Name))
		return nil
	}
	if err := framework.ArchiveFlows(ctx, client, prefect.FlowFilter{VersionGroupID: group}); err != nil {
		return err //nolint:wrapcheck // it names the version
	}
	tell(fmt.Sprintf("Flow %q is archived", current.Name))
	return nil
}

func actionGroup() schema.StringAttribute {
	return schema.StringAttribute{
		Required: true, Validators: []validator.String{framework.NotBlank()},
		MarkdownDescription: "Version group of the flow, such as the `id` of a `prefect_flow`.",
	}
}

func actionTenant() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Validators: []validator.String{framework.UUID()},
		MarkdownDescription: "UUID of the flow's tenant. Default: the provider's tenant.",
	}
}
