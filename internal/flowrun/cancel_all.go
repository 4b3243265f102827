package flowrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// cancelAll cancels every unfinished run of a flow and waits until these have ended, for at most patience (0: no limit).
func cancelAll(ctx context.Context, client *prefect.Client, versionGroup string, patience time.Duration, reminder *runwait.Reminder) diag.Diagnostics {
	failure := framework.Failure{
		Summary:  "Could not cancel the runs of version group " + versionGroup,
		Remedies: map[error]string{context.Canceled: "Some runs may have been cancelled. Invoke the action again to cancel the rest."},
	}
	unfinished := prefect.FlowRunFilter{VersionGroupID: versionGroup, States: states.Unfinished()}
	runs, err := client.ListFlowRuns(ctx, unfinished)
	if err != nil {
		return failure.Diagnose(err)
	}
	if len(runs) == 0 {
		if _, err := client.FindFlowGroup(ctx, versionGroup); err != nil { // no run is also what a typo finds
			failure.Attribute = path.Root("version_group_id")
			failure.Remedies[prefect.ErrNotFound] = "Give the `id` of a `prefect_flow`, and check the provider's `endpoint` and `tenant`. Set `tenant_id` for a flow of another tenant."
			return failure.Diagnose(err)
		}
		reminder.Say("No run of the flow is unfinished")
		return nil
	}
	err = framework.ForEach(ctx, runs, func(run *prefect.FlowRun) error {
		reminder.Say(fmt.Sprintf("Flow run %q is %s and is being cancelled", run.Name, runwait.StateName(run.State)))
		return framework.CancelRun(ctx, client, run)
	})
	if err != nil {
		return failure.Diagnose(err)
	}
	err = framework.AwaitNoRuns(ctx, client, unfinished, runs, patience, func(left []prefect.FlowRun) {
		reminder.At(framework.Count(len(left), "run") + " of the flow have been cancelled and have not ended")
	})
	if stubborn := (*framework.StillRunningError)(nil); errors.As(err, &stubborn) {
		return diag.Diagnostics{diag.NewErrorDiagnostic(
			fmt.Sprintf("%s of version group %s did not end", framework.Count(len(stubborn.Runs), "run"), versionGroup),
			fmt.Sprintf("%s after they were cancelled, these runs are still unfinished, because their processes have not stopped:\n%s\n"+
				"If a process is gone, the Server ends its run after some minutes. To wait longer, raise `timeout`.", patience, framework.RunList(stubborn.Runs)))}
	}
	if err != nil {
		return failure.Diagnose(err)
	}
	reminder.Say("All runs of the flow have ended")
	return nil
}
