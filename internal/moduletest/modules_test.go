package moduletest

import (
	"os"
	"path/filepath"
	"regexp"
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

// TestModules validates each module and runs its tests, with mocked providers.
func TestModules(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	for _, module := range modules(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			w := w.forModule(t, module)
			dir := filepath.Join("modules", module)
			w.run(dir, "init", "-input=false")
			w.run(dir, "validate")
			output := w.run(dir, "test")
			if passed := regexp.MustCompile(`\d+ passed, 0 failed`).FindString(output); passed != "" {
				t.Log(passed)
			} else {
				t.Errorf("no tests were run:\n%s", output)
			}
		})
	}
}

// TestExistingClusterExample validates the example that the other tests do not
// apply. Its provider block has the syntax of version 3 of the helm provider.
func TestExistingClusterExample(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	dir := "examples/existing-cluster"
	if !w.attributes() {
		file := filepath.Join(w.dir, dir, "main.tf")
		source, err := os.ReadFile(file) //nolint:gosec // a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		w.write(filepath.Join(dir, "main.tf"), string(regexp.MustCompile(`(?s)(provider "helm" \{.*?kubernetes) = \{`).ReplaceAll(source, []byte("$1 {"))))
	}
	w.run(dir, "init", "-input=false")
	w.run(dir, "validate")
}
