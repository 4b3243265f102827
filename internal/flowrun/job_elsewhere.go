package flowrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

const (
	// submittedLine begins the line that an agent logs for a run when it has created the run's Job, and before the Job's name.
	submittedLine = "Submitted for execution: Job "
	// searchedLogs is how many of the last lines are searched for it.
	searchedLogs = 500
	// watchDelay is how long a watch may take to show a Job that was created.
	watchDelay = 3 * time.Second
)

// submission is what an agent logged about the Job of a run that it submitted since a moment of the Server's clock; "" if it
// logged nothing. A Job of an earlier submission may be gone by right.
func submission(ctx context.Context, client *prefect.Client, id string, since time.Time) string {
	logs, err := client.LastFlowRunLogs(ctx, id, searchedLogs)
	if err != nil {
		return "" // what is missing is a warning only
	}
	for _, l := range logs {
		if job, ok := strings.CutPrefix(l.Message, submittedLine); ok && l.Timestamp.After(since.Add(-time.Second)) {
			return strings.TrimSpace(job)
		}
	}
	return ""
}

// jobElsewhere says that an agent has created the Job of a run which was watched from before that, and that no such Job is where
// the provider looks; "" if there is no reason to say so.
func jobElsewhere(ctx context.Context, client *prefect.Client, cluster *kubeclient.Client, watch *runjobs.Watcher, id string, since time.Time) string {
	if len(watch.Snapshot()) > 0 {
		return ""
	}
	job := submission(ctx, client, id, since)
	if job == "" {
		return ""
	}
	timer := time.NewTimer(watchDelay)
	defer timer.Stop()
	for len(watch.Snapshot()) == 0 {
		select {
		case <-watch.Changes():
			continue
		case <-ctx.Done():
			return ""
		case <-timer.C:
		}
		break
	}
	if len(watch.Snapshot()) > 0 {
		return ""
	}
	where := "namespace " + cluster.Namespaces()[0]
	if all := cluster.Namespaces(); len(all) > 1 {
		where = "the namespaces " + strings.Join(all, ", ")
	}
	return fmt.Sprintf("There is no Job of this run in %s, though the agent submitted %s. Is `namespace` in the provider's `kubernetes` the agent's, "+
		"and does `kubernetes` lead to the agent's cluster? Set `namespaces` if agents create Jobs in several.", where, job)
}

// unobserved warns of a run that ended well without a look at its Job.
func unobserved(r runwait.Report) diag.Diagnostics {
	var diags diag.Diagnostics
	if r.Unseen != "" {
		diags.AddWarning("The run's Job could not be observed", r.Unseen+
			"\n\nThe run was followed on the Server alone. Facts about its Job may be missing or incomplete.")
	}
	if r.Elsewhere != "" {
		diags.AddWarning("The run's Job is not where the provider looks for it", r.Elsewhere+
			"\n\nThe run was followed on the Server alone.")
	}
	return diags
}
