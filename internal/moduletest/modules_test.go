package moduletest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// modules are the names of all modules.
func modules(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root(t), "modules"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

// inEachModule runs a test per module, in parallel, in the module's directory of
// one workspace.
func inEachModule(t *testing.T, test func(w *workspace, module, dir string)) {
	t.Helper()
	w := newWorkspace(t)
	for _, module := range modules(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			test(w.forModule(t, module), module, filepath.Join("modules", module))
		})
	}
}

// TestModules validates each module and runs its tests, with mocked providers.
func TestModules(t *testing.T) {
	t.Parallel()
	inEachModule(t, func(w *workspace, _, dir string) {
		w.run(dir, "init", "-input=false")
		w.run(dir, "validate")
		output := w.run(dir, "test")
		if passed := regexp.MustCompile(`\d+ passed, 0 failed`).FindString(output); passed != "" {
			w.t.Log(passed)
		} else {
			w.t.Errorf("no tests were run:\n%s", output)
		}
	})
}

// TestExistingClusterExample applies the example for a cluster that there is
// already, plans again and destroys. Only the namespace is one of the test's own.
// The Server is there before its tenant, for which the agent waits.
func TestExistingClusterExample(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	client := kubernetesClient(t, stack)
	w := newWorkspace(t)
	dir := "examples/existing-cluster"
	if !w.attributes() {
		w.withBlocks(filepath.Join(dir, "main.tf"))
	}
	port := freePort(t)
	w.write(filepath.Join(dir, "override.tf"), fmt.Sprintf(`
module "prefect_server" {
  namespace = "existing"
  values    = [%q]
}
`, w.embeddedValues(stack, port)))
	variables, err := json.Marshal(map[string]string{"kubeconfig": stack.Kubeconfig, "database_password": "Correct-Horse-1"})
	if err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(dir, "test.auto.tfvars.json"), string(variables))
	w.run(dir, "init", "-input=false")
	t.Cleanup(func() { w.report(stack) })
	w.run(dir, "apply", "-auto-approve", "-input=false", "-target=module.prefect_server")
	awaitWaiting(t, client, "existing")
	w.run(dir, "apply", "-auto-approve", "-input=false")
	awaitAgent(t, client, "existing", port)
	w.planIsEmpty(dir, "after the apply")
	if kept := w.run(dir, "state", "list"); !strings.Contains(kept, "prefect_tenant.default") {
		t.Errorf("the tenant is not in the state:\n%s", kept)
	}
	checkPassword(t, client, "existing", "prefect-database", "Correct-Horse-1")
	w.run(dir, "destroy", "-auto-approve", "-input=false")
}
