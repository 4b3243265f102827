package flowrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// buildDirectory is where the provider was built, if it was.
var buildDirectory string

// providerBinary builds the provider once for all tests that need it as a
// process of its own, which can be interrupted and killed.
var providerBinary = sync.OnceValues(func() (string, error) {
	directory, err := os.MkdirTemp("", "provider-under-test")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	buildDirectory = directory
	binary := filepath.Join(directory, "terraform-provider-prefect")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "github.com/prefect-server/terraform-provider-prefect")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the provider: %w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDirectory != "" {
		_ = os.RemoveAll(buildDirectory) // a temporary directory
	}
	os.Exit(code)
}

// workspace is a directory in which a terraform process works.
type workspace struct {
	*bench
	directory, cli string
}

func newWorkspace(t *testing.T, b *bench) *workspace {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("finds the provider's process in /proc")
	}
	binary, err := providerBinary()
	if err != nil {
		t.Fatal(err)
	}
	cli := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if cli == "" {
		if cli, err = exec.LookPath("terraform"); err != nil {
			t.Skip("needs terraform")
		}
	}
	w := &workspace{bench: b, directory: t.TempDir(), cli: cli}
	w.write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n", filepath.Dir(binary)))
	return w
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.directory, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) configure(lines ...string) {
	w.t.Helper()
	w.write("main.tf", "terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n"+w.config(lines...))
}

// process is a running terraform command.
type process struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan error
}

func (w *workspace) start(arguments ...string) *process {
	w.t.Helper()
	p := &process{Cmd: exec.CommandContext(context.Background(), w.cli, arguments...), done: make(chan error, 1)}
	p.Dir, p.Stdout, p.Stderr = w.directory, &p.out, &p.out
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); !strings.HasPrefix(name, "TF_") {
			p.Env = append(p.Env, variable)
		}
	}
	p.Env = append(p.Env, "TF_CLI_CONFIG_FILE="+filepath.Join(w.directory, "cli.tfrc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	if err := p.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { p.done <- p.Wait() }()
	w.t.Cleanup(func() { _ = p.Process.Kill() }) // fails if it has ended, as it should
	return p
}

func (w *workspace) apply() *process { return w.start("apply", "-auto-approve", "-no-color") }

// wait returns the output and whether the command succeeded.
func (p *process) wait(t testing.TB) (string, bool) {
	t.Helper()
	select {
	case err := <-p.done:
		return p.out.String(), err == nil
	case <-time.After(2 * time.Minute):
		t.Fatalf("terraform does not end: %s", p.out.String())
		return "", false
	}
}

// succeeds runs an apply that is to succeed.
func (w *workspace) succeeds() string {
	w.t.Helper()
	out, ok := w.apply().wait(w.t)
	if !ok {
		w.t.Fatalf("the apply failed: %s", out)
	}
	return out
}

// resourceInState is the part of the state that tests look at.
type resourceInState struct {
	Tainted bool
	Values  struct{ ID, State string }
}

func (w *workspace) state() *resourceInState {
	w.t.Helper()
	out, ok := w.start("show", "-json").wait(w.t)
	var shown struct {
		Values struct {
			RootModule struct{ Resources []resourceInState } `json:"root_module"`
		}
	}
	if start := strings.Index(out, "{"); !ok || start < 0 || json.Unmarshal([]byte(out[start:]), &shown) != nil {
		w.t.Fatalf("show: %s", out)
	}
	if len(shown.Values.RootModule.Resources) == 0 {
		return nil
	}
	return &shown.Values.RootModule.Resources[0]
}

// until polls a condition.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func (b *bench) running() bool {
	runs := b.runs()
	return len(runs) > 0 && runs[len(runs)-1].State == "Running"
}

func (b *bench) finishAll(state string) {
	b.t.Helper()
	for _, run := range b.runs() {
		if run.State == "Running" {
			b.set(run.ID, state, "finished by the test")
		}
	}
}

// lookedForEarlier counts how often the provider looked for the run of an earlier
// attempt.
func (b *bench) lookedForEarlier() int { return b.asked("FlowRunsByKey") }

// asked counts the requests of an operation that the embedded Server got.
func (b *bench) asked(operation string) int {
	n := 0
	for _, request := range b.Server.Requests() {
		if request.Operation == operation {
			n++
		}
	}
	return n
}

// killProvider ends the provider's process of a terraform command without
// warning.
func (p *process) killProvider(t testing.TB) {
	t.Helper()
	killed := false
	until(t, "a provider process", func() bool {
		for _, pid := range children(p.Process.Pid) {
			exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
			if err == nil && filepath.Base(exe) == "terraform-provider-prefect" {
				if found, err := os.FindProcess(pid); err == nil && found.Kill() == nil {
					killed = true
				}
			}
		}
		return killed
	})
}

func children(parent int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		return nil
	}
	var all []int
	for _, list := range lists {
		text, err := os.ReadFile(list) //nolint:gosec // a path in /proc
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// TestAccFlowRun_interrupted presses Ctrl-C while an apply waits: it ends at once,
// the run is in the state, and the next apply carries on with it.
func TestAccFlowRun_interrupted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var polls atomic.Int32
	b.PrefectServer = b.behind(func(request []byte) {
		if bytes.Contains(request, []byte("query NewestFlowRuns")) {
			polls.Add(1)
		}
	})
	b.serve(b.starts)
	w := newWorkspace(t, b)
	w.configure()

	p := w.apply()
	until(t, "the run is running", b.running)
	// The second question shows that the answer to the first has been read.
	until(t, "the apply waits", func() bool { return polls.Load() > 1 })
	interrupted := time.Now()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	out, ok := p.wait(t)
	if took := time.Since(interrupted); ok || took > 10*time.Second {
		t.Errorf("ended after %s, ok %t: %s", took, ok, out)
	}
	run := w.state()
	if run == nil || run.Tainted || run.Values.ID != b.runs()[0].ID {
		t.Fatalf("the run is not in the state as it should be: %+v\n%s", run, out)
	}

	p = w.apply()
	// Finish the run only once the second apply waits for it.
	until(t, "the second apply waits", func() bool { return len(children(p.Process.Pid)) > 0 })
	b.finishAll("Success")
	if out, ok := p.wait(t); !ok {
		t.Fatalf("the second apply failed: %s", out)
	}
	if run := w.state(); run == nil || run.Values.State != "Success" {
		t.Errorf("got %+v", run)
	}
	if err := b.count(1); err != nil {
		t.Error(err)
	}
	if out := w.succeeds(); !strings.Contains(out, "No changes") {
		t.Errorf("a third apply finds something to do: %s", out)
	}
}

// TestAccFlowRun_killed kills the provider's process at each step of a creation.
// The next apply finds the run again, whatever has become of it, and there is
// never a second one.
func TestAccFlowRun_killed(t *testing.T) {
	t.Parallel()
	hold := func(b *bench, fault prefectserver.Fault) { b.Server.Faults().Add(fault) }
	marking, killed := make(chan struct{}), make(chan struct{})
	for _, tt := range []struct {
		name string
		// prepare sets a trap before the apply; reached says when to kill.
		prepare func(b *bench)
		reached func(b *bench) bool
		// meanwhile happens between the kill and the next apply.
		meanwhile func(b *bench)
		fails     bool
		// ends has the run finish by itself, before the kill.
		ends bool
	}{
		{
			name: "before the run exists",
			prepare: func(b *bench) {
				hold(b, prefectserver.Fault{Field: "create_flow_run", Delay: 3 * time.Second, Times: 1})
			},
			reached: func(b *bench) bool { return b.lookedForEarlier() >= 2 }, // in the plan, and just before it creates
		},
		{
			name: "the run exists, the answer is lost",
			prepare: func(b *bench) {
				hold(b, prefectserver.Fault{Field: "create_flow_run", Drop: prefectserver.DropAfter, Times: 9})
			},
			reached: func(b *bench) bool { return len(b.runs()) > 0 },
		},
		{name: "while it waits", reached: func(b *bench) bool { return b.running() }},
		{
			name: "and the run succeeds meanwhile", reached: func(b *bench) bool { return b.running() },
			meanwhile: func(b *bench) { b.finishAll("Success") },
		},
		{
			name: "and the run fails meanwhile", reached: func(b *bench) bool { return b.running() },
			meanwhile: func(b *bench) { b.finishAll("Failed") }, fails: true,
		},
		{
			// The mark is set although its sender is gone; Terraform has the run, or not.
			name: "while the run is marked as recorded", ends: true,
			prepare: func(b *bench) {
				hold(b, prefectserver.Fault{Field: "write_run_logs", Times: 1, Before: func() { close(marking); <-killed }})
			},
			reached: func(*bench) bool {
				select {
				case <-marking:
					return true
				default:
					return false
				}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("etl"))
			finish := make(chan struct{})
			b.serve(func(run prefect.FlowRun) {
				b.starts(run)
				<-finish
				b.finishAll("Success")
			})
			if tt.ends {
				close(finish)
			}
			w := newWorkspace(t, b)
			w.configure()
			if tt.prepare != nil {
				tt.prepare(b)
			}
			p := w.apply()
			until(t, tt.name, func() bool { return tt.reached(b) })
			p.killProvider(t)
			if tt.ends {
				close(killed)
			}
			if out, ok := p.wait(t); ok != tt.ends {
				t.Fatalf("the apply survived: %t: %s", ok, out)
			}
			b.Server.Faults().Clear()
			if tt.meanwhile != nil {
				tt.meanwhile(b)
			}
			if !tt.ends {
				close(finish)
			}
			out, ok := w.apply().wait(t)
			if ok == tt.fails {
				t.Errorf("the next apply: ok %t: %s", ok, out)
			}
			if err := b.count(1); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if !tt.fails {
				if out := w.succeeds(); !strings.Contains(out, "No changes") {
					t.Errorf("a third apply finds something to do: %s", out)
				}
			}
		})
	}
}
