package flowrun

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// A line in the log of a run marks it as being in a Terraform state. Without the mark, another resource with the same
// inputs might treat the run as one that a killed apply has left behind.

// markTime is how long writing a mark may take; less while Terraform stops the provider.
const markTime = 3 * time.Second

// markRecorded marks the run on the Server. It tries for a moment even while Terraform is stopping. A run that is gone
// needs no mark.
func markRecorded(ctx context.Context, client *prefect.Client, id, message string) error {
	ctx, cancel := context.WithTimeout(ctx, markTime)
	defer cancel()
	err := client.WriteFlowRunLog(ctx, id, runwait.OwnLogger, message)
	if err == nil || errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	tflog.Warn(ctx, "The run's log could not be written to", map[string]any{"flow_run_id": id, "error": err.Error()})
	return err //nolint:wrapcheck // the client's errors name the request
}

// recordLater marks the run as recorded once Terraform has the answer of the current call. If it were marked
// earlier and the provider killed in between, the run would be lost: not in the state, and not open on the
// Server. The mark may fail, and Terraform may kill the provider before it is written, so the record says that it is owed.
func recordLater(ctx context.Context, data tenantData, id, message string, kept *record) {
	kept.Mark = message
	data.Afterwards.Do(func(until context.Context) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the call has returned
		defer cancel()
		defer context.AfterFunc(until, cancel)()
		_ = markRecorded(ctx, data.Prefect, id, message) // the next refresh does it again
	})
}

// remark writes the mark that a run still lacks. It asks the Server once after each mark that was owed; what cannot be
// done is left to the next refresh.
func remark(ctx context.Context, client *prefect.Client, key string, before, after framework.Private) diag.Diagnostics {
	var kept record
	_, diags := framework.GetPrivate(ctx, before, recordKey, &kept)
	if diags.HasError() || kept.Mark == "" {
		return diags
	}
	runs, err := client.OpenFlowRuns(ctx, key, runwait.OwnLogger)
	if err != nil {
		tflog.Warn(ctx, "It is not known whether the run is marked as recorded", map[string]any{"flow_run_id": kept.ID, "error": err.Error()})
		return diags
	}
	for _, run := range runs {
		if run.ID == kept.ID && !run.Marked && markRecorded(ctx, client, kept.ID, kept.Mark) != nil {
			return diags
		}
	}
	kept.Mark = ""
	diags.Append(framework.SetPrivate(ctx, after, recordKey, kept)...)
	return diags
}
