package flowrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// runAction implements the action prefect_flow_run, which runs a flow at each invocation.
type runAction struct {
	framework.ActionType

	data *framework.ProviderData
}

var (
	_ action.ActionWithConfigure  = (*runAction)(nil)
	_ action.ActionWithModifyPlan = (*runAction)(nil)
)

// runActionModel is the action's configuration.
type runActionModel struct {
	arguments
	FlowName    types.String `tfsdk:"flow_name"`
	ProjectName types.String `tfsdk:"project_name"`
	ShowLogs    types.Bool   `tfsdk:"show_logs"`

	ParametersWO        framework.JSON `tfsdk:"parameters_wo"`
	ParametersWOVersion types.Int64    `tfsdk:"parameters_wo_version"`
	ContextWO           framework.JSON `tfsdk:"context_wo"`
	ContextWOVersion    types.Int64    `tfsdk:"context_wo_version"`
	EnvWO               types.Map      `tfsdk:"env_wo"`
	EnvWOVersion        types.Int64    `tfsdk:"env_wo_version"`
}

// NewRunAction returns the action prefect_flow_run.
func NewRunAction() action.Action {
	return &runAction{ActionType: framework.ActionType{Name: "flow_run", Describe: runActionSchema}}
}

// Configure takes over the provider data.
func (a *runAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = framework.ConfigureAction(req, resp)
}

// resource converts the configuration to the resource's model.
func (m runActionModel) resource() *model {
	r := emptyModel()
	r.arguments = m.arguments
	if m.Parameters.IsNull() {
		r.Parameters = m.ParametersWO
	}
	if m.Context.IsNull() {
		r.Context = m.ContextWO
	}
	r.defaults()
	return &r
}

// inputs are those of the resource, with the write-only environment variables.
func (m runActionModel) inputs(ctx context.Context, r *model) (inputs, diag.Diagnostics) {
	in, diags := r.inputs(ctx)
	in.WriteOnly = m.Parameters.IsNull() && !m.ParametersWO.IsNull()
	env, d := framework.StringsByKey(ctx, m.EnvWO)
	diags.Append(d...)
	if len(env) == 0 || in.RunConfig == nil {
		return in, diags
	}
	all := map[string]any{}
	if given, ok := in.RunConfig["env"].(map[string]any); ok {
		maps.Copy(all, given)
	}
	for name, value := range env {
		all[name] = value
	}
	in.RunConfig["env"] = all
	return in, diags
}

// withheld refuses an invocation for which Terraform has withheld a write-only value: the run would have others.
func (m runActionModel) withheld() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, one := range []struct {
		name    string
		value   attr.Value
		version types.Int64
	}{
		{parametersWriteOnly, m.ParametersWO, m.ParametersWOVersion}, {"context_wo", m.ContextWO, m.ContextWOVersion}, {"env_wo", m.EnvWO, m.EnvWOVersion},
	} {
		if one.value.IsNull() && !one.version.IsNull() {
			diags.AddAttributeError(path.Root(one.name), "A write-only value is missing",
				fmt.Sprintf("`%s_version` is %s, but `%s` has no value. Terraform does not pass ephemeral values to an action that `-invoke` starts.\n\n"+
					"Start the action by an `action_trigger` of a resource, give a value that is not ephemeral, or remove `%s_version`. No run was created.",
					one.name, one.version, one.name, one.name))
		}
	}
	return diags
}

// Invoke runs the flow and reports progress while it waits for the run.
func (a *runAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config runActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.RequireReady(&resp.Diagnostics) {
		return
	}
	m := config.resource()
	tell := func(message string) { resp.SendProgress(action.InvokeProgressEvent{Message: message}) }
	g, diags := m.goal(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(config.withheld()...)
	if resp.Diagnostics.HasError() {
		return // before there is a run to wait for
	}
	run, joined, diags := a.start(ctx, config, m)
	resp.Diagnostics.Append(diags...)
	if run == nil {
		return
	}
	m.ID = types.StringValue(run.ID)
	did := "Started"
	if joined {
		did = "The idempotency key belongs to"
	}
	tell(fmt.Sprintf("%s flow run %q (%s) of flow %s, version %d", did, run.Name, run.ID, run.Flow.Name, run.Flow.Version))
	if resp.Diagnostics.HasError() || g.WaitFor == runwait.WaitNone {
		return
	}
	data := inTenant(a.data, m.TenantID)
	w := runwait.New(data.Prefect, data.FlowRunPolls(data.Prefect), run.ID, g)
	w.Started(run, creationRequests)
	resp.Diagnostics.Append(m.awaitInvoked(ctx, data, w, g, tell, !config.ShowLogs.Equal(types.BoolValue(false)), time.Time{})...)
}

// startInterrupted is the advice for an action that was interrupted while starting a run. No later apply
// adopts that run.
const startInterrupted = "The Server may already have created the run. If so, it continues: look for it on the Server, and cancel it with the action " +
	"`prefect_flow_run_cancel` if you do not want it. The next invocation starts another run, unless `idempotency_key` is set."

const (
	// notCancelled is the advice for an action that was interrupted while it read the run that it has started.
	notCancelled = "The run is not cancelled. The action `prefect_flow_run_cancel` cancels it."
	// deletedMeanwhile is the advice for a run that is gone although the action has just used it.
	deletedMeanwhile = "Somebody has deleted the run, or its flow, project or tenant, meanwhile."
	// cancelInterrupted is the advice for an interrupted cancellation.
	cancelInterrupted = "The Server may have cancelled the run already. Invoke the action again to see its end."
)

// start starts a run: always a new one, unless the configuration has a key. joined reports whether the run
// already existed.
func (a *runAction) start(ctx context.Context, config runActionModel, m *model) (run *prefect.FlowRun, joined bool, diags diag.Diagnostics) {
	in, diags := config.inputs(ctx, m)
	data := inTenant(a.data, config.TenantID)
	if diags.Append(data.checkTenant(ctx)...); diags.HasError() {
		return nil, false, diags
	}
	if err := config.findByName(ctx, data.Prefect, &in); err != nil {
		return nil, false, append(diags, notFoundByName(err)...)
	}
	key := m.IdempotencyKey.ValueString()
	var before []prefect.FlowRun
	if key == "" {
		key = keyStart + "action-" + uuid.NewString() // for retried requests
	} else {
		var err error
		before, err = data.Prefect.ListFlowRuns(ctx, prefect.FlowRunFilter{
			IdempotencyKey: key, FlowID: in.FlowID, VersionGroupID: in.VersionGroupID, Limit: 20,
		})
		if err != nil {
			diags.Append(framework.Diagnose(err, "Could not look up the run of the idempotency key")...)
			return nil, false, diags
		}
	}
	id, d := createRun(ctx, data, m, in, key, startInterrupted)
	diags.Append(d...)
	if diags.HasError() {
		return nil, false, diags
	}
	run, err := data.Prefect.GetFlowRun(ctx, id)
	if err != nil {
		diags.Append(framework.Failure{
			Summary:  fmt.Sprintf("Flow run %s was started, but could not be read", id),
			Remedies: map[error]string{context.Canceled: notCancelled, prefect.ErrNotFound: deletedMeanwhile},
		}.Diagnose(err)...)
		return nil, false, diags
	}
	return run, slices.ContainsFunc(before, func(r prefect.FlowRun) bool { return r.ID == id }), diags
}

// awaitInvoked waits for the run of an action, whose log it shows unless logs is false. The zero time from stands for the whole
// log; otherwise what was written before is that of an earlier attempt.
func (m *model) awaitInvoked(
	ctx context.Context, data tenantData, w *runwait.Waiter, g runwait.Goal, tell func(string), logs bool, from time.Time,
) diag.Diagnostics {
	w.Tell = tell
	since := prefect.LogsFrom(from)
	if logs {
		w.NewLogs = func(ctx context.Context) (lines []prefect.Log, err error) {
			lines, since, err = data.Prefect.FlowRunLogs(ctx, m.ID.ValueString(), since)
			return lines, err //nolint:wrapcheck // only logged
		}
	}
	r, diags := m.follow(ctx, data, w, g)
	r.Invoked = true
	if r.Verdict == runwait.Succeeded && r.Err == nil && !r.Interrupted {
		diags.Append(unobserved(r)...)
		return diags
	}
	if !r.Interrupted {
		diags.Append(m.details(ctx, data.Prefect, &r)...)
		r.Logs = slices.DeleteFunc(r.Logs, func(l prefect.Log) bool { return l.Timestamp.Before(from) })
	}
	if r.Accepted || r.Err == nil && r.Verdict == runwait.Late && m.OnTimeout.ValueString() == onWarn {
		diags.AddWarning(r.Summary(), r.Detail())
	} else {
		diags.AddError(r.Summary(), r.Detail())
	}
	return diags
}

// cancelAction implements the action prefect_flow_run_cancel.
type cancelAction struct {
	framework.ActionType

	data *framework.ProviderData
}

var _ action.ActionWithConfigure = (*cancelAction)(nil)

type cancelActionModel struct {
	ID             types.String `tfsdk:"id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	Timeout        types.String `tfsdk:"timeout"`
}

// NewCancelAction returns the action prefect_flow_run_cancel.
func NewCancelAction() action.Action {
	return &cancelAction{ActionType: framework.ActionType{Name: "flow_run_cancel", Describe: cancelActionSchema}}
}

// Configure takes over the provider data.
func (a *cancelAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = framework.ConfigureAction(req, resp)
}

// Invoke cancels the run, or all of a flow, and waits for their end.
func (a *cancelAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config cancelActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, data := config.ID.ValueString(), inTenant(a.data, config.TenantID)
	if resp.Diagnostics.Append(data.checkTenant(ctx)...); resp.Diagnostics.HasError() {
		return
	}
	timeouts := emptyModel()
	timeouts.Timeouts = types.ObjectValueMust(timeoutTypes(), map[string]attr.Value{
		"agent": types.StringNull(), "pick_up": types.StringNull(), "pod_start": types.StringNull(), "lost_job": types.StringNull(),
		"total": types.StringNull(), "stop": config.Timeout,
	})
	_, patience, diags := timeouts.limits(ctx)
	resp.Diagnostics.Append(diags...)
	reminder, stop := runwait.NewReminder(ctx, func(message string) { resp.SendProgress(action.InvokeProgressEvent{Message: message}) })
	defer stop()
	if config.ID.IsNull() {
		resp.Diagnostics.Append(cancelAll(ctx, data.Prefect, config.VersionGroupID.ValueString(), patience, reminder)...)
		return
	}
	run, err := data.Prefect.GetFlowRun(ctx, id)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary: fmt.Sprintf("Could not cancel flow run %s", id), Attribute: path.Root("id"),
			Remedies: map[error]string{
				prefect.ErrNotFound: noSuchRun,
				context.Canceled:    "Nothing was done. Invoke the action again.",
			},
		}.Diagnose(err)...)
		return
	}
	tell := func(format string, values ...any) {
		reminder.Say(fmt.Sprintf("Flow run %q %s", run.Name, fmt.Sprintf(format, values...)))
	}
	if states.IsFinished(run.State) {
		tell("has already finished: it is %s", run.State)
		return
	}
	tell("is %s and is being cancelled", runwait.StateName(run.State))
	reminder.At(fmt.Sprintf("flow run %q has been cancelled and has not ended", run.Name))
	ended, err := runwait.Cancel(ctx, data.Prefect, id, patience, nil)
	switch {
	case errors.Is(err, runwait.ErrNotEnded):
		resp.Diagnostics.AddError(fmt.Sprintf("Flow run %q has not ended", run.Name),
			fmt.Sprintf("The run is still %s %s after it was cancelled, because its process has not stopped.\n\n"+
				"If the process is gone, the Server ends the run after some minutes. To wait longer, raise `timeout`.", runwait.StateName(ended.State), patience))
	case err != nil:
		resp.Diagnostics.Append(framework.Failure{
			Summary:  fmt.Sprintf("Could not cancel flow run %q (%s)", run.Name, id),
			Remedies: map[error]string{context.Canceled: cancelInterrupted},
		}.Diagnose(err)...)
	case ended == nil:
		tell("was deleted during the cancellation")
	default:
		tell("is %s", ended.State)
	}
}
