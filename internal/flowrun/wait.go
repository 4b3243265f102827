package flowrun

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// reportedLogs is the maximum number of lines of a run's log in a diagnostic.
const reportedLogs = 20

// creationRequests is the number of requests that start a run: two looks for an earlier run, by the plan and
// by the creation, one for its flow, the creation, and reading the run.
const creationRequests = 5

// await waits for the run of m, which has an id, and updates m. It records in kept whether the wait is
// permanently over. started is the run as it was just read, if this call started it.
func await(ctx context.Context, data tenantData, m *model, kept *record, started *prefect.FlowRun) diag.Diagnostics {
	kept.Settled = false
	g, diags := m.goal(ctx)
	if diags.HasError() {
		return diags
	}
	id := m.ID.ValueString()
	if g.WaitFor == runwait.WaitNone {
		run := started
		if run == nil {
			var err error
			if run, err = data.Prefect.GetFlowRun(ctx, id); err != nil {
				diags.Append(framework.Diagnose(err, "Could not read flow run "+id)...)
				return diags
			}
		}
		diags.Append(m.refresh(ctx, run)...)
		diags.Append(m.details(ctx, data.Prefect, nil)...)
		recordLater(ctx, data, id, "This run is recorded in a Terraform state, which does not wait for it.", kept)
		kept.Settled = !diags.HasError()
		return diags
	}
	w := runwait.New(data.Prefect, data.FlowRunPolls(data.Prefect), id, g)
	if started != nil {
		w.Started(started, creationRequests)
	}
	r, diags := m.follow(ctx, data, w, g)
	if r.Run != nil {
		diags.Append(m.refresh(ctx, r.Run)...)
	}
	if !r.Interrupted {
		diags.Append(m.details(ctx, data.Prefect, &r)...)
	}
	job, d := jobValue(ctx, r.Jobs)
	diags.Append(d...)
	if !job.IsNull() {
		m.Job = job
	}
	settled, d := conclude(ctx, data, kept, r, m.OnTimeout.ValueString())
	diags.Append(d...)
	kept.Settled = settled && !diags.HasError()
	return diags
}

// follow waits for the run of m, watches its Jobs if a cluster is configured, and cancels the run if a
// deadline requires it.
func (m *model) follow(ctx context.Context, data tenantData, w *runwait.Waiter, g runwait.Goal) (runwait.Report, diag.Diagnostics) {
	var diags diag.Diagnostics
	w.Log = writeLog
	id := m.ID.ValueString()
	looked, done := watchJobs(ctx, data, w, id)
	defer done()
	r := runwait.Report{Outcome: w.Wait(ctx), Goal: g}
	r.Unseen, r.Elsewhere = looked(r.Output.Err)
	if r.Verdict == runwait.Late && m.OnTimeout.ValueString() == onCancel {
		r.Cancelled = true
		_, patience, _ := m.limits(ctx)
		run, err := runwait.Cancel(ctx, data.Prefect, id, patience, nil)
		if run != nil {
			r.Run = run
		}
		if err != nil && ctx.Err() == nil {
			diags.Append(framework.Diagnose(err, "Could not cancel the flow run after its deadline")...)
		}
	}
	r.Accepted = r.Err == nil && r.Verdict == runwait.Failed && m.OnFailure.ValueString() == onWarn
	return r, diags
}

// writeLog writes a log message of a wait to Terraform's log.
func writeLog(ctx context.Context, level slog.Level, message string, fields map[string]any) {
	switch {
	case level >= slog.LevelWarn:
		tflog.Warn(ctx, message, fields)
	case level >= slog.LevelInfo:
		tflog.Info(ctx, message, fields)
	default:
		tflog.Debug(ctx, message, fields)
	}
}

// watchJobs makes the waiter watch the run's Jobs if a cluster is configured. Afterwards, looked describes
// what could not be seen, and reports a Job that should have been visible but was not; neither stops the
// wait. done ends the watch.
func watchJobs(ctx context.Context, data tenantData, w *runwait.Waiter, id string) (looked func(logs error) (unseen, elsewhere string), done func()) {
	unseen := func(err error) string {
		if err == nil || ctx.Err() != nil {
			return ""
		}
		return err.Error()
	}
	since := data.Prefect.ServerTime()
	cluster, err := data.Kubernetes()
	if err != nil || cluster == nil {
		return func(error) (string, string) { return unseen(err), "" }, func() {}
	}
	follow, err := runjobs.Watch(ctx, cluster, "", id)
	if err != nil {
		tflog.Warn(ctx, "The run's Jobs cannot be watched", map[string]any{"flow_run_id": id, "error": err.Error()})
		return func(error) (string, string) { return unseen(err), "" }, func() {}
	}
	w.Observe(follow, func(ctx context.Context, namespace, pod, container string, lines int64, previous bool) ([]string, error) {
		return runjobs.ContainerLog(ctx, cluster, namespace, pod, container, lines, previous) //nolint:wrapcheck // callers check its kind
	})
	return func(logs error) (string, string) {
		if err := errors.Join(follow.Err(), logs); err != nil {
			return unseen(err), ""
		}
		return "", jobElsewhere(ctx, data.Prefect, cluster, follow, id, since)
	}, follow.Close
}

// conclude converts the end of a wait to diagnostics, and reports whether the wait is permanently over.
func conclude(ctx context.Context, data tenantData, kept *record, r runwait.Report, onTimeout string) (bool, diag.Diagnostics) {
	var diags diag.Diagnostics
	mark := func(message string) { recordLater(ctx, data, kept.ID, message, kept) }
	warn := func() { diags.AddWarning(r.Summary(), r.Detail()) }
	switch {
	case r.Interrupted:
		warn()
		mark("This run is recorded in a Terraform state. Waiting for it was interrupted.")
		return false, diags
	case r.Err == nil && r.Verdict == runwait.Succeeded:
		diags.Append(unobserved(r)...)
		mark("This run is recorded in a Terraform state.")
		return true, diags
	case r.Accepted:
		warn()
		mark("This run is recorded in a Terraform state.")
		return true, diags
	case r.Err == nil && r.Verdict == runwait.Late && onTimeout == onWarn:
		warn()
		mark("This run is recorded in a Terraform state. A deadline ended the wait for it.")
		return false, diags
	default:
		diags.AddError(r.Summary(), r.Detail())
		return false, diags
	}
}

// details updates the lists of states and log lines. It adds the end of the log to r, if r is not nil.
func (m *model) details(ctx context.Context, client *prefect.Client, r *runwait.Report) diag.Diagnostics {
	var diags, d diag.Diagnostics
	id := m.ID.ValueString()
	history, err := client.GetFlowRunHistory(ctx, id)
	if err != nil {
		tflog.Warn(ctx, "States and log of the run could not be read", map[string]any{"flow_run_id": id, "error": err.Error()})
		return diags
	}
	m.States, d = statesValue(ctx, history.States)
	diags.Append(d...)
	logs := runwait.WithoutOwn(history.Logs)
	m.Logs, d = logsValue(ctx, logs)
	diags.Append(d...)
	if r != nil {
		r.Logs = logs[max(0, len(logs)-reportedLogs):]
	}
	return diags
}
