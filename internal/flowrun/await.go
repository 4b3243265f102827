package flowrun

import (
	"context"
	"errors"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// shownLogs is how many lines logs holds.
const shownLogs = 50

// await waits for the run of m, which has an id, and brings m up to date. It says
// whether the wait is over for good.
func await(ctx context.Context, data *framework.ProviderData, m *model) (settled bool, diags diag.Diagnostics) {
	g, diags := m.goal(ctx)
	if diags.HasError() {
		return false, diags
	}
	id := m.ID.ValueString()
	if g.WaitFor == waitNone {
		run, err := data.Prefect.GetFlowRun(ctx, id)
		if err != nil {
			diags.Append(framework.Diagnose(err, "Could not read flow run "+id)...)
			return false, diags
		}
		diags.Append(m.refresh(ctx, run)...)
		diags.Append(m.details(ctx, data.Prefect, nil)...)
		recordLater(ctx, data.Prefect, id, "This run is recorded in a Terraform state, which does not wait for it.")
		return !diags.HasError(), diags
	}
	w := newWaiter(data.Prefect, nil, id, g)
	unseen, done := w.watchJobs(ctx, data)
	defer done()
	out := w.wait(ctx)
	r := report{outcome: out, goal: g, unseen: unseen()}
	if out.Verdict == late && m.OnTimeout.ValueString() == onCancel {
		r.cancelled = true
		diags.Append(cancelLate(ctx, data.Prefect, m, &r)...)
	}
	if r.Run != nil {
		diags.Append(m.refresh(ctx, r.Run)...)
	}
	if !out.Interrupted {
		diags.Append(m.details(ctx, data.Prefect, &r)...)
	}
	job, d := jobValue(ctx, out.Jobs)
	diags.Append(d...)
	if !job.IsNull() {
		m.Job = job
	}
	settled, d = r.conclude(ctx, data.Prefect, m)
	diags.Append(d...)
	return settled && !diags.HasError(), diags
}

// watchJobs has the waiter watch the run's Jobs if a cluster is configured. unseen
// says afterwards what could not be seen, in words: the run is waited for all the
// same. done ends the watch.
func (w *waiter) watchJobs(ctx context.Context, data *framework.ProviderData) (unseen func() string, done func()) {
	nothing := func() {}
	because := func(err error) func() string {
		return func() string {
			if err == nil || ctx.Err() != nil {
				return ""
			}
			return err.Error()
		}
	}
	cluster, err := data.Kubernetes()
	if err != nil || cluster == nil {
		return because(err), nothing
	}
	follow, err := cluster.WatchRun(ctx, "", w.id)
	if err != nil {
		tflog.Warn(ctx, "The run's Jobs cannot be watched", map[string]any{"flow_run_id": w.id, "error": err.Error()})
		return because(err), nothing
	}
	w.watch, w.containerLog = follow, containerLogOf(cluster)
	return func() string {
		if err := follow.Err(); err != nil {
			return because(err)()
		}
		return because(w.output.Err)()
	}, follow.Close
}

// conclude turns the end of a wait into diagnostics, and says whether the wait
// is over for good.
func (r report) conclude(ctx context.Context, client *prefect.Client, m *model) (bool, diag.Diagnostics) {
	var diags diag.Diagnostics
	id := m.ID.ValueString()
	warn := func() { diags.AddWarning(r.summary(), r.detail()) }
	switch {
	case r.Interrupted:
		warn()
		recordLater(ctx, client, id, "This run is recorded in a Terraform state. Waiting for it was interrupted.")
		return false, diags
	case r.Err == nil && r.Verdict == succeeded:
		if r.unseen != "" {
			diags.AddWarning("The run's Job could not be observed", r.unseen+
				"\n\nThe run was followed on the Server alone. Facts about its Job may be missing or incomplete.")
		}
		recordLater(ctx, client, id, "This run is recorded in a Terraform state.")
		return true, diags
	case r.Err == nil && r.Verdict == failed && m.OnFailure.ValueString() == onWarn:
		r.accepted = true
		warn()
		recordLater(ctx, client, id, "This run is recorded in a Terraform state.")
		return true, diags
	case r.Err == nil && r.Verdict == late && m.OnTimeout.ValueString() == onWarn:
		warn()
		recordLater(ctx, client, id, "This run is recorded in a Terraform state. A deadline ended the wait for it.")
		return false, diags
	default:
		diags.AddError(r.summary(), r.detail())
		return false, diags
	}
}

// cancelLate cancels a run whose deadline has passed and waits for its end.
func cancelLate(ctx context.Context, client *prefect.Client, m *model, r *report) diag.Diagnostics {
	_, patience, diags := m.limits(ctx)
	run, err := cancel(ctx, client, m.ID.ValueString(), patience, nil)
	if run != nil {
		r.Run = run
	}
	if err != nil && ctx.Err() == nil {
		diags.Append(framework.Diagnose(err, "Could not cancel the flow run after its deadline")...)
	}
	return diags
}

// details brings the lists of states and log lines up to date. It fills the log
// of a report, if there is one.
func (m *model) details(ctx context.Context, client *prefect.Client, r *report) diag.Diagnostics {
	var diags, d diag.Diagnostics
	id := m.ID.ValueString()
	states, err := client.FlowRunStates(ctx, id)
	if err == nil {
		m.States, d = statesValue(ctx, states)
		diags.Append(d...)
	}
	logs, logErr := client.LastFlowRunLogs(ctx, id, shownLogs)
	if logErr == nil {
		logs = without(logs, logger)
		m.Logs, d = logsValue(ctx, logs)
		diags.Append(d...)
		if r != nil {
			r.logs = logs[max(0, len(logs)-explainLogs):]
		}
	}
	if err := errors.Join(err, logErr); err != nil {
		tflog.Warn(ctx, "States or log of the run could not be read", map[string]any{"flow_run_id": id, "error": err.Error()})
	}
	return diags
}

// without leaves out the lines of one logger.
func without(logs []prefect.Log, name string) []prefect.Log {
	kept := make([]prefect.Log, 0, len(logs))
	for _, l := range logs {
		if l.Name != name {
			kept = append(kept, l)
		}
	}
	return kept
}

// errNotEnded is returned when a cancelled run did not end in time.
var errNotEnded = errors.New("the run did not end in time after it was cancelled")

// cancel cancels a run and waits until it has finished, or until idle says that
// nothing executes it any more, for at most patience. It returns the run as last
// seen, nil if its record is gone.
func cancel(ctx context.Context, client *prefect.Client, id string, patience time.Duration, idle func(context.Context) bool) (*prefect.FlowRun, error) {
	if _, err := client.CancelFlowRun(ctx, id); err != nil {
		if errors.Is(err, prefect.ErrNotFound) {
			return nil, nil //nolint:nilnil // a run without a record needs no cancelling
		}
		return nil, err //nolint:wrapcheck // the client's errors say what was asked of whom
	}
	began := time.Now()
	deadline := began.Add(patience)
	for {
		run, err := client.GetFlowRun(ctx, id)
		switch {
		case errors.Is(err, prefect.ErrNotFound):
			return nil, nil //nolint:nilnil // as above
		case err != nil:
			return nil, err //nolint:wrapcheck // as above
		case states.IsFinished(run.State), idle != nil && idle(ctx):
			return run, nil
		case patience > 0 && time.Now().After(deadline):
			return run, errNotEnded
		}
		timer := time.NewTimer(unforeseen(time.Since(began), 4*time.Second))
		select {
		case <-ctx.Done():
			timer.Stop()
			return run, ctx.Err() //nolint:wrapcheck // only tells the caller to stop
		case <-timer.C:
		}
	}
}
