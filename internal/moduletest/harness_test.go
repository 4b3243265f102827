package moduletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// providers are those that the modules and examples use, with the versions that
// the tool modules build.
func providers() map[string]string {
	return map[string]string{
		"hashicorp/azurerm":      "5.2.0",
		"hashicorp/helm":         "1.3.2",
		"azure/azapi":            "1.15.0",
		"prefect-server/prefect": "0.0.1",
	}
}

// bin is the directory of the built programs; the test is skipped without.
func bin(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PREFECT_MODULE_TESTS")
	if dir == "" {
		t.Skip("PREFECT_MODULE_TESTS is not set; `make test-modules` builds what is needed and sets it")
	}
	return dir
}

// root is the repository's.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// workspace is a directory with a copy of modules/ and examples/, in which
// Terraform finds its providers among the built programs.
type workspace struct {
	t   *testing.T
	dir string
	env []string
}

// newWorkspace copies the sources and lays the providers out as a mirror, so
// that `terraform init` checks version constraints as it does with a registry.
func newWorkspace(t *testing.T, env ...string) *workspace {
	t.Helper()
	programs := bin(t)
	w := &workspace{t: t, dir: t.TempDir()}
	for _, part := range []string{"modules", "examples"} {
		if err := os.CopyFS(filepath.Join(w.dir, part), os.DirFS(filepath.Join(root(t), part))); err != nil {
			t.Fatal(err)
		}
	}
	mirror := filepath.Join(w.dir, "mirror")
	for name, version := range providers() {
		kind := name[strings.LastIndexByte(name, '/')+1:]
		program := filepath.Join(programs, "terraform-provider-"+kind)
		if _, err := os.Stat(program); err != nil {
			t.Fatalf("the provider %s is not built: %v", name, err)
		}
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			dir := filepath.Join(mirror, host, name, version, runtime.GOOS+"_"+runtime.GOARCH)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(program, filepath.Join(dir, "terraform-provider-"+kind+"_v"+version)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.write("terraform.rc", fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror))
	w.env = append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.dir, "terraform.rc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"HELM_CACHE_HOME="+filepath.Join(w.dir, "helm"), "HELM_CONFIG_HOME="+filepath.Join(w.dir, "helm"), "HELM_DATA_HOME="+filepath.Join(w.dir, "helm"))
	w.env = append(w.env, env...)
	return w
}

func (w *workspace) write(name, content string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// try runs Terraform in a directory of the workspace and gives its output and
// exit code.
func (w *workspace) try(dir string, arguments ...string) (output string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 15*time.Minute)
	defer cancel()
	terraform := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if terraform == "" {
		terraform = "terraform"
	}
	command := exec.CommandContext(ctx, terraform, arguments...) //nolint:gosec // chosen by whoever runs the tests
	command.Dir, command.Env = filepath.Join(w.dir, dir), w.env
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Minute
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	begin := time.Now()
	if err := command.Run(); err != nil && command.ProcessState == nil {
		w.t.Fatalf("start %s: %v", terraform, err)
	}
	w.t.Logf("terraform %s in %s: exit code %d after %s", arguments[0], dir, command.ProcessState.ExitCode(), time.Since(begin).Round(100*time.Millisecond))
	for _, slow := range regexp.MustCompile(`(?m)^.* complete after (\d+m\S*|[2-9]\ds)`).FindAllString(both.String(), -1) {
		w.t.Log(slow)
	}
	return both.String(), command.ProcessState.ExitCode()
}

// run is try for what has to succeed.
func (w *workspace) run(dir string, arguments ...string) string {
	w.t.Helper()
	output, code := w.try(dir, append(arguments, "-no-color")...)
	if code != 0 {
		w.t.Fatalf("terraform %s failed in %s:\n%s", strings.Join(arguments, " "), dir, output)
	}
	return output
}

// planIsEmpty fails the test if the configuration and what there is differ.
func (w *workspace) planIsEmpty(dir, when string) {
	w.t.Helper()
	if output, code := w.try(dir, "plan", "-detailed-exitcode", "-input=false", "-no-color"); code != 0 {
		w.t.Fatalf("the plan %s is not empty (exit code %d):\n%s", when, code, output)
	}
}

// actions gives what a plan would do, by address, "no-op" left out.
func (w *workspace) actions(dir string, arguments ...string) map[string]string {
	w.t.Helper()
	w.run(dir, append([]string{"plan", "-input=false", "-out=plan.bin"}, arguments...)...)
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(w.run(dir, "show", "-json", "plan.bin")), &plan); err != nil {
		w.t.Fatal(err)
	}
	changes := map[string]string{}
	for _, c := range plan.ResourceChanges {
		if action := strings.Join(c.Change.Actions, " "); c.Mode == "managed" && action != "no-op" {
			changes[c.Address] = action
		}
	}
	return changes
}
