package flowrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// restartAction implements the action prefect_flow_run_restart.
type restartAction struct {
	framework.ActionType

	data *framework.ProviderData
}

var (
	_ action.ActionWithConfigure  = (*restartAction)(nil)
	_ action.ActionWithModifyPlan = (*restartAction)(nil)
)

// restartActionModel is the action's configuration.
type restartActionModel struct {
	ID       types.String `tfsdk:"id"`
	TenantID types.String `tfsdk:"tenant_id"`
	waitArguments
	ShowLogs types.Bool `tfsdk:"show_logs"`
}

// NewRestartAction returns the action prefect_flow_run_restart.
func NewRestartAction() action.Action {
	return &restartAction{ActionType: framework.ActionType{Name: "flow_run_restart", Describe: restartActionSchema}}
}

func restartActionSchema() schema.Schema {
	attributes := actionWaits("that the run is scheduled")
	attributes["id"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{framework.UUID()},
		MarkdownDescription: "UUID of the run, which must have finished.",
	}
	attributes["tenant_id"] = schema.StringAttribute{
		Optional: true, Validators: []validator.String{framework.UUID()}, MarkdownDescription: "UUID of the run's tenant. Default: the provider's tenant.",
	}
	return schema.Schema{
		MarkdownDescription: "Restarts a failed or cancelled flow run where it stopped, as \"Restart\" in Prefect's UI does, and waits for it. The run keeps its " +
			"id, name, parameters and labels. Its task runs that failed or were cancelled run again, and so do those that depend on them; task runs that succeeded do not.\n\n" +
			"A task that runs again needs the results of the tasks before it. The flow must therefore store results (`result=` of the flow or of its tasks, " +
			"with a location that every pod can read); otherwise the task gets `None` in their place, or fails. To run the whole flow again, use the action `prefect_flow_run`.\n\n" +
			"The action refuses a run that has not finished, a successful run without a failed task run, and a run with a task run that is still `Running`, " +
			"as after a crash: the flow runner would skip that task run, and the run would not finish. The Server ends such a task run about ten minutes after its last heartbeat. With a " +
			"cluster in the provider's `kubernetes`, the action first waits until the agent has deleted a failed Job of the run (for at most `timeouts.stop`), because " +
			"an agent fails an unfinished run that has one.\n\n" +
			"The Server lets an agent submit a run at most once in 30 seconds, so a run that failed within seconds of its start waits that long.",
		Attributes: attributes,
	}
}

// Configure takes over the provider data.
func (a *restartAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = framework.ConfigureAction(req, resp)
}

// run converts the configuration to the resource's model.
func (m restartActionModel) run() *model {
	r := emptyModel()
	r.ID, r.TenantID, r.waitArguments = m.ID, m.TenantID, m.waitArguments
	r.defaults()
	return &r
}

// ModifyPlan reports what the invocation would refuse, and what would keep the restarted run from running. What may change
// until then is a warning.
func (a *restartAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config restartActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.Ready() || config.ID.IsUnknown() || config.TenantID.IsUnknown() {
		return
	}
	m, data := config.run(), inTenant(a.data, config.TenantID)
	if resp.Diagnostics.Append(data.checkTenant(ctx)...); resp.Diagnostics.HasError() {
		return
	}
	restart, err := data.Prefect.FlowRunRestart(ctx, config.ID.ValueString())
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		resp.Diagnostics.Append(unreadable(config.ID, err)...)
		return
	case err != nil:
		resp.Diagnostics.Append(unchecked(err)...)
		return
	}
	if refused := refusal(restart); refused != nil {
		if mayPass(restart) {
			refused = diag.NewAttributeWarningDiagnostic(path.Root("id"), refused.Summary(), refused.Detail())
		}
		resp.Diagnostics.Append(refused)
		return
	}
	resp.Diagnostics.Append(tryRestart(ctx, data, m, restart)...)
	resp.Diagnostics.Append(checkAgents(ctx, data.Prefect, fmt.Sprintf("flow %q", restart.Run.Flow.Name), restart.Run.Labels, path.Root("id"))...)
}

const (
	// restartReads is the number of requests that read what a restart changes: the run, its task runs and the flow's edges.
	restartReads = 3
	// restartRequests is the number of requests that restart a run with few tasks: those, a line in its log, resetting task
	// runs, scheduling it, and reading it again.
	restartRequests = restartReads + 4
)

// Invoke restarts the run and reports progress while it waits for the run.
func (a *restartAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config restartActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.RequireReady(&resp.Diagnostics) {
		return
	}
	m, data := config.run(), inTenant(a.data, config.TenantID)
	g, diags := m.goal(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(data.checkTenant(ctx)...)
	if resp.Diagnostics.HasError() {
		return // before the run is changed
	}
	tell := func(message string) { resp.SendProgress(action.InvokeProgressEvent{Message: message}) }
	restart, earlier, diags := a.restart(ctx, m, tell)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	tell(restartedText(restart))
	if g.WaitFor == runwait.WaitNone {
		return
	}
	run, err := data.Prefect.GetFlowRun(ctx, restart.Run.ID)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary:  fmt.Sprintf("Flow run %q (%s) was restarted, but could not be read", restart.Run.Name, restart.Run.ID),
			Remedies: map[error]string{context.Canceled: notCancelled, prefect.ErrNotFound: deletedMeanwhile},
		}.Diagnose(err)...)
		return
	}
	w := runwait.New(data.Prefect, data.FlowRunPolls(data.Prefect), run.ID, g)
	w.EarlierJobs = earlier
	requests := restartRequests
	if data.HasCluster() {
		requests += restartReads // again after the wait for earlier Jobs
	}
	w.Started(run, requests)
	var from time.Time
	if run.StateTimestamp != nil {
		from = *run.StateTimestamp
	}
	w.Restarted = from
	resp.Diagnostics.Append(m.awaitInvoked(ctx, data, w, g, tell, !config.ShowLogs.Equal(types.BoolValue(false)), from)...)
}

// restartedText says what was restarted.
func restartedText(r *prefect.Restart) string {
	text := fmt.Sprintf("Restarted flow run %q (%s) of flow %s, version %d, which was %s", r.Run.Name, r.Run.ID, r.Run.Flow.Name, r.Run.Flow.Version, r.Run.State)
	if len(r.Reset)+len(r.Waiting)+r.Kept == 0 {
		return text
	}
	return fmt.Sprintf("%s: %s to execute, %d already finished", text, framework.Count(len(r.Reset)+len(r.Waiting), "task run"), r.Kept)
}

// restarting is the key of a lock: finding out what a restart changes and changing it are separate steps.
type restarting string

// String says what is locked.
func (r restarting) String() string { return "flow run " + string(r) }

const (
	// restartLogger and restartMessage are the line that a restart leaves in the run's log, where the next attempt begins.
	restartLogger  = "terraform.restart"
	restartMessage = "Restarted by Terraform"
	// restartInterrupted is the advice for a restart that was interrupted.
	restartInterrupted = "The Server may already have restarted the run. If so, it continues: look for it on the Server, and cancel it with the action " +
		"`prefect_flow_run_cancel` if you do not want it. Otherwise invoke the action again."
)

// restartable returns what restarting the run of m changes now, or why it is refused.
func restartable(ctx context.Context, data tenantData, m *model) (*prefect.Restart, diag.Diagnostics) {
	restart, err := data.Prefect.FlowRunRestart(ctx, m.ID.ValueString())
	if err != nil {
		return nil, unreadable(m.ID, err)
	}
	if refused := refusal(restart); refused != nil {
		return nil, diag.Diagnostics{refused}
	}
	return restart, nil
}

// restart restarts the run of m, unless it is known to fail. earlier are the UIDs of its Jobs so far.
func (a *restartAction) restart(ctx context.Context, m *model, tell func(string)) (restart *prefect.Restart, earlier []string, diags diag.Diagnostics) {
	id, data := m.ID.ValueString(), inTenant(a.data, m.TenantID)
	release, diags := data.Lock(ctx, restarting(id))
	if diags.HasError() {
		return nil, nil, diags
	}
	defer release()
	restart, diags = restartable(ctx, data, m)
	if diags.HasError() {
		return nil, nil, diags
	}
	if data.HasCluster() {
		diags.Append(tryRestart(ctx, data, m, restart)...)
		if diags.HasError() {
			return nil, nil, diags
		}
		var d diag.Diagnostics
		earlier, d = a.awaitEarlierJobs(ctx, m, restart, tell)
		if diags.Append(d...); diags.HasError() {
			return nil, nil, diags
		}
		// That can take minutes, in which somebody else may have restarted the run.
		restart, d = restartable(ctx, data, m)
		if diags.Append(d...); diags.HasError() {
			return nil, nil, diags
		}
	}
	if err := data.Prefect.WriteFlowRunLog(ctx, id, restartLogger, restartMessage); err != nil && ctx.Err() == nil {
		tflog.Warn(ctx, "The run's log could not be written to", map[string]any{"flow_run_id": id, "error": err.Error()})
	}
	if err := data.Prefect.RestartFlowRun(ctx, restart, restartMessage); err != nil {
		diags.Append(framework.Failure{
			Summary:  fmt.Sprintf("Could not restart flow run %q (%s)", restart.Run.Name, id),
			Remedies: map[error]string{context.Canceled: restartInterrupted, prefect.ErrNotFound: deletedMeanwhile},
		}.Diagnose(err)...)
	}
	return restart, earlier, diags
}
