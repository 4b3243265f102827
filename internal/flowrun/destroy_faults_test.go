package flowrun_test

import (
	"net/http"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// created creates a run by a process of its own, as Terraform does: a process does not destroy the run that it has created itself,
// because it takes that for a replacement.
func (b *bench) created(config map[string]any) acctest.Applied {
	b.t.Helper()
	made := acctest.Connect(b.t, b.PrefectServer, nil).Create("prefect_flow_run", config)
	if len(made.Diagnostics) > 0 {
		b.t.Fatal(made)
	}
	return made
}

// TestAccFlowRun_destroyUnmarked has the Server refuse every line that marks a run. The destroy warns of that only if it
// succeeds and leaves the run, because nothing else can continue with the run otherwise.
func TestAccFlowRun_destroyUnmarked(t *testing.T) {
	t.Parallel()
	const warning = "could not be marked as removed from the state"
	for name, c := range map[string]struct {
		policy string
		// field is the mutation that fails, or before which the run is deleted.
		field string
		gone  bool
		// says is in the only diagnostic; "" if there is none.
		says string
		left int
	}{
		"keep":         {policy: "keep", says: warning, left: 1},
		"cancel":       {policy: "cancel", says: warning, left: 1},
		"cancel, gone": {policy: "cancel", field: "cancel_flow_run", gone: true},
		"cancel fails": {policy: "cancel", field: "cancel_flow_run", says: "Could not cancel flow run", left: 1},
		"delete":       {policy: "delete"},
		"delete fails": {policy: "delete", field: "delete_flow_run", says: "Could not delete flow run", left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
			b.Server.Faults().Add(prefectserver.Fault{Field: "write_run_logs", Message: "The logs are full."})
			made := b.created(map[string]any{"flow_id": b.flow, "wait_for": "none", "on_destroy": c.policy})
			until(t, "the mark of the creation is lost", func() bool { return b.asked("WriteLog") > 0 })
			b.Server.ResetRequests()
			fault := prefectserver.Fault{Field: c.field, Message: "The database is upset."}
			if c.gone {
				fault = prefectserver.Fault{Field: c.field, Before: func() {
					if err := b.Client.DeleteFlowRun(t.Context(), b.runs()[0].ID); err != nil {
						t.Error(err)
					}
				}}
			}
			if c.field != "" {
				b.Server.Faults().Add(fault)
			}
			found := acctest.Connect(t, b.PrefectServer, nil).Destroy(made)
			switch {
			case c.says != "":
				one(t, found, c.says == warning, "", c.says)
			case len(found) > 0:
				t.Errorf("got %+v", found)
			}
			if b.asked("WriteLog") == 0 {
				t.Error("the destroy did not try to mark the run")
			}
			if err := b.count(c.left); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccFlowRun_destroyUnavailable has the Server answer 503 to everything. The run stays in the state, unless nothing was to
// be done to it, and can be destroyed when the Server answers again.
func TestAccFlowRun_destroyUnavailable(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"keep": "Scheduled", "cancel": "Cancelled", "delete": ""} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
			made := b.created(map[string]any{"flow_id": b.flow, "name": "nightly", "wait_for": "none", "on_destroy": policy})
			session, id := acctest.Connect(t, b.PrefectServer, nil), made.At("id")
			restore := b.Server.Faults().Add(prefectserver.Fault{Status: http.StatusServiceUnavailable})
			recording := acctest.Record(t, t.Name())
			read := session.Refresh(made)
			recording.AddDiagnostics("refresh", read.Diagnostics)
			if read.At("id") != id {
				t.Errorf("the refresh leaves %s", read)
			}
			left := session.TryDestroy(made)
			recording.AddDiagnostics("destroy", left.Diagnostics)
			if policy == "keep" {
				if left.State != nil {
					t.Errorf("the destroy leaves %v", left.State)
				}
			} else if left.At("id") != id || left.At("on_destroy") != policy {
				t.Errorf("the destroy leaves %v", left.State)
			}
			if restore() == 0 {
				t.Error("nothing failed")
			}
			if runs := b.runs(); len(runs) != 1 || runs[0].State != "Scheduled" {
				t.Fatalf("the runs are %+v", runs)
			}
			if left.State != nil {
				if found := session.Destroy(left); len(found) > 0 {
					t.Errorf("destroyed again: %+v", found)
				}
			}
			var state string
			for _, run := range b.runs() {
				state = run.State
			}
			if state != want {
				t.Errorf("the run is %q, want %q", state, want)
			}
		})
	}
}
