package flowrun_test

import (
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlowRun_markDelayed has the Server take its time over the line that
// records a run. The provider has ended before Terraform would kill it, and a
// stranger with equal inputs starts a run of its own.
func TestAccFlowRun_markDelayed(t *testing.T) {
	t.Parallel()
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
	b.serve(func(run prefect.FlowRun) {
		b.starts(run)
		b.finishAll("Success")
	})
	b.Server.Faults().Add(prefectserver.Fault{Field: "write_run_logs", Delay: 1200 * time.Millisecond, Times: 1})
	first := newWorkspace(t, b)
	first.configure()
	first.succeeds()
	stranger := newWorkspace(t, b)
	stranger.configure()
	stranger.succeeds()
	if err := b.count(2); err != nil {
		t.Error(err)
	}
}
