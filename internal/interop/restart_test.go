package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestRestart has the real flow runner execute a run that failed and that the action restarts: what had succeeded is not
// executed again, and gives its result to what is.
func TestRestart(t *testing.T) {
	t.Parallel()
	w, dir := newWorkshop(t), t.TempDir()
	u := w.with("RESTART_DIR="+dir,
		"PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS=prefect.engine.cloud.CloudFlowRunner",
		"PREFECT__ENGINE__TASK_RUNNER__DEFAULT_CLASS=prefect.engine.cloud.CloudTaskRunner")
	u.prefect("register", "--project", project, "-p", testdata(t, "restarted.py"))
	run := strings.TrimSpace(u.prefect("run", "--name", "restarted", "--project", project, "--quiet"))
	executor := u.with("PREFECT__CONTEXT__FLOW_RUN_ID=" + run)
	traces := func(extract, load, tidy string) {
		t.Helper()
		for name, want := range map[string]string{"extract": extract, "load": load, "tidy": tidy} {
			if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want && (err == nil || want != "") {
				t.Errorf("task %s has left %q, want %q", name, got, want)
			}
		}
	}

	executor.prefect("execute", "flow-run")
	traces(".", "", ".")
	if err := os.WriteFile(filepath.Join(dir, "mended"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	session := acctest.Connect(t, w.server, nil)
	for _, d := range session.Invoke("prefect_flow_run_restart", map[string]any{"id": run, "wait_for": "none"}, func(message string) { told = append(told, message) }) {
		if !d.Warning { // that there is no agent
			t.Fatalf("got %+v", d)
		}
	}
	says(t, strings.Join(told, "\n"), "which was Failed: 3 task runs to execute, 1 already finished")

	executor.prefect("execute", "flow-run")
	traces(".", "42.", "..")
	states, err := w.server.Client.FlowRunStates(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range states {
		names = append(names, s.State)
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "Scheduled Running Failed Scheduled") || !strings.HasSuffix(got, "Running Success") {
		t.Errorf("the run was %s", got)
	}
}
