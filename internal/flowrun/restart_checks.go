package flowrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// unreadable explains that the run to restart could not be read.
func unreadable(id types.String, err error) diag.Diagnostics {
	return framework.Failure{
		Summary: "Could not restart flow run " + id.ValueString(), Attribute: path.Root("id"),
		Remedies: map[error]string{
			prefect.ErrNotFound: noSuchRun + " A run whose record was deleted cannot be restarted.",
			context.Canceled:    "The run was not restarted. Invoke the action again.",
		},
	}.Diagnose(err)
}

// mayPass reports whether what the action refuses now may be different when it is invoked.
func mayPass(r *prefect.Restart) bool { return !states.IsFinished(r.Run.State) || len(r.Running) > 0 }

// namedTaskRuns is how many task runs a message names.
const namedTaskRuns = 5

// refusal returns why the run is not restarted; nil if it can be.
func refusal(r *prefect.Restart) diag.Diagnostic {
	fail := func(summary, detail string) diag.Diagnostic {
		return diag.NewAttributeErrorDiagnostic(path.Root("id"), fmt.Sprintf(summary, r.Run.Name), detail)
	}
	switch {
	case !states.IsFinished(r.Run.State):
		return fail("Flow run %q has not finished", fmt.Sprintf("The run is %s. Restarting it now could execute it twice at the same time.\n\n"+
			"Wait for its end, or cancel it with the action `prefect_flow_run_cancel`. The run was not restarted.", runwait.StateName(r.Run.State)))
	case len(r.Running) > 0:
		return fail("Flow run %q has a task run that is still Running", fmt.Sprintf("The run is %s, but the Server considers %s to be running: %s. "+
			"The flow runner skips what is running, so the restarted run would not finish.\n\n"+
			"If the process is gone, the Server ends the task run about ten minutes after its last heartbeat, unless the flow's heartbeat is off. "+
			"Then invoke the action again. The run was not restarted.",
			r.Run.State, framework.Count(len(r.Running), "task run"), taskRunNames(r.Running)))
	case len(r.Reset)+len(r.Waiting) == 0 && states.IsA(r.Run.State, states.Success):
		return fail("Flow run %q has nothing to restart", fmt.Sprintf("The run is %s, and none of its task runs failed or was cancelled.\n\n"+
			"To run the flow again, use the action `prefect_flow_run`. The run was not restarted.", r.Run.State))
	}
	return nil
}

// taskRunNames lists some of the task runs.
func taskRunNames(runs []prefect.TaskRun) string {
	var names []string
	for _, r := range runs[:min(len(runs), namedTaskRuns)] {
		name := r.TaskName
		if r.MapIndex >= 0 {
			name = fmt.Sprintf("%s[%d]", name, r.MapIndex)
		}
		names = append(names, name)
	}
	text := framework.Quoted(names)
	if more := len(runs) - namedTaskRuns; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// tryRestart checks the Job that the agent would create for the restarted run, if a cluster is configured.
func tryRestart(ctx context.Context, data tenantData, m *model, r *prefect.Restart) diag.Diagnostics {
	if !data.HasCluster() {
		return nil
	}
	flow, err := data.Prefect.LookForFlowVersion(ctx, r.Run.FlowID)
	if err != nil {
		return framework.Diagnose(err, fmt.Sprintf("Could not read the flow of run %q", r.Run.Name))
	}
	in := inputs{FlowID: r.Run.FlowID, RunConfig: map[string]any{}} // that of the run, even if it is none
	if value, err := decodeJSON(string(r.Run.RunConfig)); err == nil {
		if object, ok := value.(map[string]any); ok {
			in.RunConfig = object
		}
	}
	deadlines, _, diags := m.limits(ctx)
	diags.Append(tryJob(ctx, data, flow, in, deadlines.Total, restarted)...)
	return diags
}

// earlierJobsPoll is how often the Jobs of the earlier attempt are listed while they are waited for.
const earlierJobsPoll = 2 * time.Second

// awaitEarlierJobs waits until none of the run's Jobs stands in the way of a restart: an agent fails an unfinished run that has
// a failed Job, and a Job that is active would execute the run beside the new one. It returns the UIDs of the Jobs.
func (a *restartAction) awaitEarlierJobs(ctx context.Context, m *model, r *prefect.Restart, tell func(string)) ([]string, diag.Diagnostics) {
	cluster, err := a.data.Kubernetes()
	if err != nil || cluster == nil {
		return nil, nil // tryRestart has reported the error
	}
	_, patience, diags := m.limits(ctx)
	reminder, stop := runwait.NewReminder(ctx, tell)
	defer stop()
	began := time.Now()
	ticker := time.NewTicker(earlierJobsPoll)
	defer ticker.Stop()
	for waited := false; ; waited = true {
		jobs, err := runjobs.List(ctx, cluster, "", r.Run.ID)
		switch {
		case ctx.Err() != nil:
			diags.Append(framework.Failure{
				Summary:  fmt.Sprintf("Could not restart flow run %q", r.Run.Name),
				Remedies: map[error]string{context.Canceled: "The run was not restarted. Invoke the action again."},
			}.Diagnose(context.Cause(ctx))...)
			return nil, diags
		case err != nil && !errors.Is(err, runjobs.ErrPartial):
			diags.AddWarning(fmt.Sprintf("The Jobs of flow run %q could not be read", r.Run.Name), framework.Sentence(err.Error())+
				"\n\nThe run is restarted anyway. If a failed Job of it still exists, the agent fails the run again.")
			return nil, diags
		}
		at := slices.IndexFunc(jobs, func(j runjobs.Job) bool { return !j.Completed && !j.Deleted })
		if at < 0 {
			uids := make([]string, 0, len(jobs))
			for _, j := range jobs {
				uids = append(uids, j.UID)
			}
			return uids, diags
		}
		job := &jobs[at]
		if patience > 0 && time.Since(began) > patience {
			diags.Append(inTheWay(r, job, patience))
			return nil, diags
		}
		if !waited {
			reminder.Say(fmt.Sprintf("Job %s/%s of flow run %q still exists; the restart waits until the agent has deleted it", job.Namespace, job.Name, r.Run.Name))
		}
		reminder.At(fmt.Sprintf("Job %s/%s of flow run %q still exists", job.Namespace, job.Name, r.Run.Name))
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// inTheWay explains that a Job of the earlier attempt prevents the restart.
func inTheWay(r *prefect.Restart, job *runjobs.Job, patience time.Duration) diag.Diagnostic {
	status, effect := "is active", "It could execute the run a second time."
	if job.Failed {
		status, effect = "has failed", "The agent would fail the restarted run because of it."
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("id"), fmt.Sprintf("The earlier Job of flow run %q still exists", r.Run.Name),
		fmt.Sprintf("Job %s/%s %s, and the agent has not deleted it within %s. %s\n\n"+
			"An agent with `--disable-job-deletion` never deletes Jobs. Delete it with `kubectl -n %s delete job %s`, and invoke the action again. "+
			"The run was not restarted.", job.Namespace, job.Name, status, patience, effect, job.Namespace, job.Name))
}
