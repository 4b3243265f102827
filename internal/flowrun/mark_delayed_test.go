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

// TestAccFlowRun_markLost has the Server fail, and take longer than Terraform waits, when a run is to be marked. The next
// refresh marks it, and only that one, so that a stranger with equal inputs starts a run of its own.
func TestAccFlowRun_markLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]prefectserver.Fault{
		"failure":  {Field: "write_run_logs", Message: "The logs are full."},
		"too slow": {Field: "write_run_logs", Delay: 5 * time.Second, Message: "Too late."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
			b.serve(func(run prefect.FlowRun) {
				b.starts(run)
				b.finishAll("Success")
			})
			remove := b.Server.Faults().Add(fault)
			first := newWorkspace(t, b)
			first.configure()
			first.succeeds()
			if remove() == 0 {
				t.Fatal("no mark was lost")
			}
			marks := func() (written, looked int) {
				for _, r := range b.Server.Requests() {
					switch r.Operation {
					case "WriteLog":
						written++
					case "FlowRunsByKey":
						looked++
					}
				}
				b.Server.ResetRequests()
				return written, looked
			}
			marks()
			first.succeeds()
			if written, looked := marks(); written != 1 || looked != 1 {
				t.Errorf("the next refresh looked %d times and wrote %d marks", looked, written)
			}
			first.succeeds()
			if written, looked := marks(); written != 0 || looked != 0 {
				t.Errorf("a later refresh looked %d times and wrote %d marks", looked, written)
			}
			stranger := newWorkspace(t, b)
			stranger.configure()
			stranger.succeeds()
			if err := b.count(2); err != nil {
				t.Error(err)
			}
		})
	}
}
