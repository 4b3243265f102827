package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAdopt adopts a Server that the CLI has filled: 300 flows in ten projects, with groups, hooks and runs. Everything is
// imported and nothing changes, then or afterwards, although the Server gives numbers back in another form.
func TestAdopt(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	const teams, each = 10, 30
	client := w.server.Client
	var running []*command // at a time, since Python spends most of it on starting
	for team := range teams {
		name := fmt.Sprintf("team %d", team)
		if _, err := client.CreateProject(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
		running = append(running, w.with("TEAM="+name).start("prefect", "register", "--project", name, "-p", testdata(t, "many.py")))
	}
	succeed(t, running)
	flows, err := client.ListFlows(t.Context(), prefect.FlowFilter{})
	if err != nil || len(flows) != teams*each {
		t.Fatalf("got %d flows (%v), want %d", len(flows), err, teams*each)
	}
	for _, f := range flows[:20] {
		if err := client.SetFlowGroupLabels(t.Context(), f.FlowGroupID, []string{"night"}); err != nil {
			t.Fatal(err)
		}
		if err := client.SetFlowGroupDefaultParameters(t.Context(), f.FlowGroupID, json.RawMessage(`{"path": "${x}", "whole": 2.5}`)); err != nil {
			t.Fatal(err)
		}
	}
	hook := prefect.CreateCloudHookInput{Type: prefect.CloudHookSlack, States: []string{"FAILED"}, Config: json.RawMessage(`{"url": "https://x/s3cr3t"}`)}
	if _, err := client.CreateCloudHook(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	running = nil
	for _, f := range flows[:5] {
		running = append(running, w.start("prefect", "run", "--id", f.ID, "--quiet"))
	}
	succeed(t, running)

	bin := filepath.Join(build(t), "bin")
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	space := acctest.NewWorkspace(t, program, bin)
	adopt := w.start(filepath.Join(bin, "terraform-provider-prefect"), "adopt", "-endpoint", w.server.API, "-tenant", w.server.TenantSlug, "-out", space.Dir)
	if code := adopt.wait(); code != 0 {
		t.Fatal(adopt.text())
	}
	const want = teams + 1 + teams*each + 20 + 1 // the workshop has a project of its own
	planned := space.Plan()
	for address, change := range planned {
		if change.Importing == nil || !slices.Equal(change.Actions, []string{"no-op"}) {
			t.Errorf("%s: %v, importing %v", address, change.Actions, change.Importing)
		}
	}
	if len(planned) != want {
		t.Errorf("the plan has %d resources, want %d", len(planned), want)
	}
	says(t, space.Apply(), fmt.Sprintf("%d imported, 0 added, 0 changed, 0 destroyed", want))
	space.Unchanged("after the import")
	w.with("TEAM=team 3").prefect("register", "--project", "team 3", "-p", testdata(t, "many.py"))
	space.Unchanged("after the CLI has registered the same flows again")
}

// succeed waits for commands that have to succeed.
func succeed(t *testing.T, commands []*command) {
	t.Helper()
	for _, c := range commands {
		if code := c.wait(); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", c.words, code, tail(c.text(), 40))
		}
	}
}
