package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience limits every command. The commands of the tests take less than a tenth of it.
const patience = 10 * time.Minute

// Workspace is a directory in which a command line of Terraform or OpenTofu works with the provider as a program of its own.
type Workspace struct {
	// Dir is the directory.
	Dir string
	// Last is the cost of the last command.
	Last Cost

	t       testing.TB
	program string
	env     []string
}

// Cost is what a command used, together with the processes that it started.
type Cost struct {
	Wall, CPU time.Duration
	// Memory is the most that one of the processes had resident, in bytes; 0 where the system does not say.
	Memory int64
}

// Measure runs a command and returns its cost. An error is that of its start: what became of it is in its ProcessState.
func Measure(command *exec.Cmd) (Cost, error) {
	begin := time.Now()
	if err := command.Start(); err != nil {
		return Cost{}, fmt.Errorf("start %s: %w", command.Path, err)
	}
	memory := watchMemory(command.Process)
	_ = command.Wait() // its ProcessState says it
	wall := time.Since(begin)
	return Cost{Wall: wall, CPU: command.ProcessState.UserTime() + command.ProcessState.SystemTime(), Memory: memory()}, nil
}

// NewWorkspace makes an empty one for the program of a command line, in which the provider is the one in a directory of
// built programs. Variables of the environment that would change what Terraform does are forgotten; env gives others, as
// NAME=VALUE.
func NewWorkspace(t testing.TB, program, providers string, env ...string) *Workspace {
	t.Helper()
	acceptance(t)
	w := &Workspace{Dir: t.TempDir(), t: t, program: program}
	rc := filepath.Join(t.TempDir(), "terraform.rc")
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n", filepath.ToSlash(providers))
	if err := os.WriteFile(rc, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") {
			w.env = append(w.env, variable)
		}
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+rc, "TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color", "CHECKPOINT_DISABLE=1")
	w.env = append(w.env, env...)
	return w
}

// Configure writes main.tf: the provider, for a Server and a cluster that may be nil, and the configuration.
func (w *Workspace) Configure(server *PrefectServer, cluster *KubernetesCluster, configuration string) {
	w.t.Helper()
	w.Write("main.tf", "terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n\n"+
		ProviderConfig(server, cluster)+"\n"+configuration)
}

// Write writes a file of the directory.
func (w *Workspace) Write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Read reads a file of the directory.
func (w *Workspace) Read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.Dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// Try runs a command of the command line and returns its output and exit code.
func (w *Workspace) Try(arguments ...string) (output string, code int) {
	w.t.Helper()
	return w.TryUntil(nil, arguments...)
}

// TryUntil is Try, but a person presses Ctrl-C when the channel is closed.
func (w *Workspace) TryUntil(interrupt <-chan struct{}, arguments ...string) (output string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), patience)
	defer cancel()
	command := exec.CommandContext(ctx, w.program, arguments...) //nolint:gosec // chosen by the developer
	command.Dir, command.Env = w.Dir, w.env
	command.WaitDelay = time.Minute
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	ended := make(chan struct{})
	defer close(ended)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	go func() {
		select {
		case <-interrupt:
			cancel()
		case <-ended:
		}
	}()
	var err error
	if w.Last, err = Measure(command); err != nil {
		w.t.Fatal(err)
	}
	return both.String(), command.ProcessState.ExitCode()
}

// Run is Try for a command that must succeed.
func (w *Workspace) Run(arguments ...string) string {
	w.t.Helper()
	output, code := w.Try(arguments...)
	if code != 0 {
		w.t.Fatalf("%s %s: exit code %d\n%s", filepath.Base(w.program), strings.Join(arguments, " "), code, output)
	}
	return output
}

// Apply applies the configuration.
func (w *Workspace) Apply(arguments ...string) string {
	w.t.Helper()
	return w.Run(append([]string{"apply", "-auto-approve", "-input=false"}, arguments...)...)
}

// Unchanged fails the test unless a plan is empty.
func (w *Workspace) Unchanged(when string) {
	w.t.Helper()
	if output, code := w.Try("plan", "-detailed-exitcode", "-input=false"); code != 0 {
		w.t.Fatalf("the plan %s is not empty (exit code %d):\n%s", when, code, output)
	}
}

// PlannedChange is what a plan would do with a resource.
type PlannedChange struct {
	Actions []string `json:"actions"`
	// Importing is not nil if the resource is imported.
	Importing map[string]any `json:"importing"`
}

// Plan returns the planned changes of managed resources by address.
func (w *Workspace) Plan(arguments ...string) map[string]PlannedChange {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "plan")
	w.Run(append([]string{"plan", "-input=false", "-out=" + file}, arguments...)...)
	var plan struct {
		ResourceChanges []struct {
			Address string        `json:"address"`
			Mode    string        `json:"mode"`
			Change  PlannedChange `json:"change"`
		} `json:"resource_changes"`
	}
	shown := w.Run("show", "-json", file)
	if err := json.Unmarshal([]byte(shown[max(strings.Index(shown, "{"), 0):]), &plan); err != nil {
		w.t.Fatalf("read the plan: %v\n%s", err, shown)
	}
	changes := map[string]PlannedChange{}
	for _, r := range plan.ResourceChanges {
		if r.Mode == "managed" {
			changes[r.Address] = r.Change
		}
	}
	return changes
}
