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
	// submittedLine starts the line that an agent logs for a run when it has created the run's Job; the Job's
	// name follows.
	submittedLine = "Submitted for execution: Job "
	// searchedLogs is how many of the last lines to search for it.
	searchedLogs = 500
	// watchDelay is how long a watch may take to show a new Job.
	watchDelay = 3 * time.Second
)

// submission returns what an agent logged about submitting the run's Job since the given time, by the
// Server's clock; "" if nothing. The Job of an earlier submission may legitimately be gone.
func submission(ctx context.Context, client *prefect.Client, id string, since time.Time) string {
	logs, err := client.LastFlowRunLogs(ctx, id, searchedLogs)
	if err != nil {
		return "" // only a warning is lost
	}
	for _, l := range logs {
		if job, ok := strings.CutPrefix(l.Message, submittedLine); ok && l.Timestamp.After(since.Add(-time.Second)) {
			return strings.TrimSpace(job)
		}
	}
	return ""
}

// jobElsewhere explains that an agent created the run's Job during the watch, but not where the provider
// looks; "" otherwise.
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
	return fmt.Sprintf("There is no Job of this run in %s, although the agent submitted %s. Check that the provider's `kubernetes` leads to the agent's "+
		"cluster and that its `namespace` is the agent's. Set `namespaces` if agents create Jobs in several.", where, job)
}

// unobserved warns about a successful run whose Job was not seen.
func unobserved(r runwait.Report) diag.Diagnostics {
	var diags diag.Diagnostics
	if r.Unseen != "" {
		diags.AddWarning("The run's Job could not be observed", r.Unseen+
			"\n\nThe run was followed only on the Server. Information about its Job may be missing or incomplete.")
	}
	if r.Elsewhere != "" {
		diags.AddWarning("The run's Job is not where the provider looks for it", r.Elsewhere+
			"\n\nThe run was followed only on the Server.")
	}
	return diags
}
