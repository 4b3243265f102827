package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// workshop is a user with a project on a Server and a copy of the flows of
// testdata.
type workshop struct {
	*user
	server    *acctest.PrefectServer
	projectID string
	flows     string
}

const project = "interop"

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	_ = build(t) // before a Server is started in vain
	server := acctest.Server(t)
	w := &workshop{user: newUser(t, server), server: server}
	w.flows = filepath.Join(w.home, "flows")
	if err := os.CopyFS(w.flows, os.DirFS(testdata(t, "flows"))); err != nil {
		t.Fatal(err)
	}
	w.prefect("create", "project", project)
	found, err := server.Client.FindProject(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	w.projectID = found.ID
	return w
}

// script is the path of a flow's script.
func (w *workshop) script(name string) string { return filepath.Join(w.flows, name+".py") }

// register registers flows with further arguments of `prefect register`.
func (w *workshop) register(arguments ...string) string {
	w.t.Helper()
	return w.prefect(append([]string{"register", "--project", project}, arguments...)...)
}

// version is the newest version of a flow, nil if there is none.
func (w *workshop) version(name string) *prefect.Flow {
	w.t.Helper()
	all, err := w.server.Client.ListFlows(w.t.Context(), prefect.FlowFilter{ProjectID: w.projectID, Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// expect fails the test unless the newest version of a flow is this one.
func (w *workshop) expect(name string, version int) *prefect.Flow {
	w.t.Helper()
	found := w.version(name)
	if found == nil || found.Version != version {
		w.t.Fatalf("the newest version of %s is %+v, want version %d", name, found, version)
	}
	return found
}

// ask queries the Server.
func (w *workshop) ask(query string, variables map[string]any, out any) {
	w.t.Helper()
	if err := w.server.Client.Do(w.t.Context(), query, variables, out); err != nil {
		w.t.Fatal(err)
	}
}

// TestTenantAndProjects makes a tenant on an empty Server, and projects in it.
func TestTenantAndProjects(t *testing.T) {
	t.Parallel()
	_ = build(t)
	server := acctest.EmptyServer(t, prefectserver.Options{})
	u := newUser(t, server)

	id := find(t, u.prefect("server", "create-tenant", "--name", "The Team", "--slug", "the-team"), `Tenant created with ID: (\S+)`)
	tenant, err := server.Client.GetTenant(t.Context(), id)
	if err != nil || tenant.Name != "The Team" || tenant.Slug != "the-team" {
		t.Errorf("the tenant is %+v, %v", tenant, err)
	}
	if output, code := u.try("server", "create-tenant", "--name", "Another", "--slug", "the-team"); code == 0 {
		t.Errorf("a slug was given twice:\n%s", output)
	} else {
		says(t, output, "Uniqueness violation")
	}

	says(t, u.prefect("create", "project", "alpha", "--description", "The first one."), "alpha created")
	says(t, u.prefect("create", "project", "beta"), "beta created")
	says(t, u.prefect("create", "project", "beta"), "beta created") // the client keeps the refusal to itself
	says(t, u.prefect("create", "project", "beta", "--skip-if-exists"), "beta")
	if listed := u.prefect("get", "projects"); strings.Count(listed, "beta") != 1 {
		t.Errorf("a project was created twice:\n%s", listed)
	}
	says(t, u.prefect("get", "projects"), "NAME", "FLOW COUNT", "DESCRIPTION", "alpha", "The first one.", "beta")
	says(t, u.prefect("delete", "project", "beta"), "beta deleted")
	says(t, u.prefect("delete", "project", "beta"), "Error deleting project")
	if listed := u.prefect("get", "projects"); strings.Contains(listed, "beta") {
		t.Errorf("the deleted project is listed:\n%s", listed)
	}
}

// TestRegister registers by script, module and build document, with every
// option, and checks what the Server then has.
func TestRegister(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)

	// By script.
	says(t, w.register("-p", w.script("greet")),
		"Collecting flows...", "Building `Local` storage...", "Registering 'greet'... Done", "Version: 1", "1 registered")
	says(t, w.register("-p", w.script("greet")), "Skipped (metadata unchanged)", "0 registered, 1 skipped")
	says(t, w.register("-p", w.script("greet"), "--force"), "Version: 2", "1 registered")
	w.expect("greet", 2)

	// By build document: the same flow, so the same key, but --force stores none.
	document := filepath.Join(w.home, "flows.json")
	says(t, w.prefect("build", "-p", w.flows, "-o", document), "Building 'breaks'... Done", "5 built")
	says(t, w.register("--json", document, "-n", "greet"), "Version: 3")
	says(t, w.register("--json", document, "-n", "greet"), "Skipped (metadata unchanged)")
	says(t, w.register("-p", w.script("greet")), "Skipped (metadata unchanged)")

	// By module, and by the flow in it.
	module := w.with("PYTHONPATH=" + w.flows)
	says(t, module.prefect("register", "--project", project, "-m", "greet"), "Skipped (metadata unchanged)")
	says(t, module.prefect("register", "--project", project, "-m", "breaks.flow"), "Registering 'breaks'... Done", "Version: 1")
	says(t, module.prefect("build", "-m", "breaks", "-o", document, "--update"), "1 built")

	// Labels are merged and sorted.
	labelled := []string{"--json", document, "-n", "breaks", "--label", "z", "-l", "a"}
	says(t, w.register(labelled...), "Version: 2")
	says(t, w.register(labelled...), "Skipped (metadata unchanged)")
	if config := string(w.expect("breaks", 2).RunConfig); !strings.Contains(config, `"labels":["a","interop","z"]`) {
		t.Errorf("the run configuration is %s", config)
	}

	// The schedule: off, then on.
	says(t, w.register("--json", document, "-n", "mapped", "--no-schedule"), "Version: 1")
	if w.expect("mapped", 1).IsScheduleActive {
		t.Error("the schedule is active in spite of --no-schedule")
	}
	says(t, w.register("-p", w.script("mapped"), "--force"), "Version: 2")
	if !w.expect("mapped", 2).IsScheduleActive {
		t.Error("the schedule is not active")
	}

	// Wrong uses end with exit code 1 and say why.
	broken := filepath.Join(w.home, "broken.py")
	if err := os.WriteFile(broken, []byte("raise RuntimeError('no flow here')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct {
		arguments []string
		message   string
	}{
		{[]string{"register", "--project", "none", "-p", w.script("greet")}, "Project 'none' does not exist"},
		{[]string{"register", "--project", project, "-p", filepath.Join(w.home, "none.py")}, "doesn't exist"},
		{[]string{"register", "--project", project, "-p", w.script("greet"), "-n", "none"}, "Failed to find the following flows"},
		{[]string{"register", "--project", project, "-p", broken}, "no flow here"},
	} {
		if output, code := w.try(wrong.arguments...); code != 1 || !strings.Contains(output, wrong.message) {
			t.Errorf("%q: exit code %d, want 1 and %q:\n%s", wrong.arguments, code, wrong.message, output)
		}
	}
}

// TestRegisterWatch registers again whenever the script changes, until Ctrl-C.
func TestRegisterWatch(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	watching := w.start("prefect", "register", "--project", project, "-p", w.script("greet"), "--watch")
	newest := func(version int) {
		t.Helper()
		eventually(t, "the registration of a version", func() (bool, string) {
			found := w.version("greet")
			return found != nil && found.Version == version, watching.text()
		})
	}
	newest(1)
	text, err := os.ReadFile(w.script("greet"))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `default="world"`, `default="everybody"`, 1)
	if err := os.WriteFile(w.script("greet"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	newest(2)
	watching.interrupt()
	watching.wait()
	if changed == string(text) {
		t.Error("the script was not changed")
	}
}

// TestKeyOfScript checks that the key that the Server keeps of a flow that was
// registered from its script is that of its build document, here and there.
func TestKeyOfScript(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	document := filepath.Join(w.home, "flows.json")
	w.prefect("build", "-p", w.flows, "-o", document)
	w.register("-p", w.flows, "--label", "more")
	for _, name := range []string{"greet", "breaks", "mapped", "parent", "waits"} {
		want := keyOf(t, document, name, "more")
		if got := w.expect(name, 1).Group.Settings.IdempotencyKey; got != want {
			t.Errorf("%s: the client stored the key %q, want %q", name, got, want)
		}
	}
}
