//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
)

// The test program is the command as well.
func TestMain(m *testing.M) {
	if os.Getenv("DEVSTACK_TEST_COMMAND") != "" {
		main()
	}
	os.Exit(m.Run())
}

// devstackCommand is the command with arguments; all its temporary files are in tmp.
func devstackCommand(t *testing.T, tmp string, arguments ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, arguments...)
	cmd.Env = append(os.Environ(), "DEVSTACK_TEST_COMMAND=1", "TMPDIR="+tmp, "PREFECT_ACC_KUBECONFIG=")
	return cmd
}

func needControlPlane(t *testing.T) {
	t.Helper()
	if err := controlplane.CheckBinaries(controlplane.DefaultBinDir()); err != nil {
		t.Skipf("%v", err)
	}
}

func exitCodeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err == nil {
		return 0
	}
	return exit.ExitCode()
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{nil, {"nonsense"}, {"help"}} {
		var messages bytes.Buffer
		if code := run(context.Background(), arguments, &messages); code != exitUsage || !strings.Contains(messages.String(), "devstack exec") {
			t.Errorf("%v: exit code %d, %s", arguments, code, &messages)
		}
	}
}

func TestExecPassesEnvironmentAndExitCodeOn(t *testing.T) {
	t.Parallel()
	needControlPlane(t)
	tmp := t.TempDir()
	cmd := devstackCommand(t, tmp, "exec", "--labels", "a,b", "--", "sh", "-c",
		`echo "$PREFECT__BACKEND $PREFECT__CLOUD__API $PREFECT__CLOUD__TENANT_ID"; test -s "$KUBECONFIG" || exit 9; cat; exit 7`)
	cmd.Stdin = strings.NewReader("from standard input\n")
	output, err := cmd.Output()
	if code := exitCodeOf(t, err); code != 7 {
		t.Errorf("exit code %d: %s", code, errorOutput(err))
	}
	fields := strings.Fields(string(output))
	if len(fields) != 6 || fields[0] != "server" || !strings.HasPrefix(fields[1], "http://127.0.0.1:") || !strings.HasSuffix(string(output), "from standard input\n") {
		t.Errorf("output: %q", output)
	}
	nothingLeft(t, tmp)
}

func TestExecForwardsSignals(t *testing.T) {
	t.Parallel()
	needControlPlane(t)
	tmp := t.TempDir()
	cmd := devstackCommand(t, tmp, "exec", "--cluster-only", "--", "sh", "-c", `trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done`)
	stdout := startCommand(t, cmd)
	if line := readLine(t, stdout); line != "up" {
		t.Fatalf("output: %q", line)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(t, cmd.Wait()); code != 5 {
		t.Errorf("exit code %d", code)
	}
	nothingLeft(t, tmp)
}

func TestUpEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	needControlPlane(t)
	tmp := t.TempDir()
	cmd := devstackCommand(t, tmp, "up")
	stdout := startCommand(t, cmd)
	for _, name := range []string{"PREFECT__BACKEND", "PREFECT__CLOUD__API", "PREFECT__CLOUD__TENANT_ID", "KUBECONFIG", "TF_CLI_CONFIG_FILE", "TF_VAR_kubeconfig", "TF_VAR_namespace", "TF_VAR_labels"} {
		if line := readLine(t, stdout); !strings.HasPrefix(line, "export "+name+"='") {
			t.Errorf("output: %q", line)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(t, cmd.Wait()); code != 0 {
		t.Errorf("exit code %d", code)
	}
	nothingLeft(t, tmp)
}

func TestKilledCommandLeavesNothing(t *testing.T) {
	t.Parallel()
	needControlPlane(t)
	tmp := t.TempDir()
	// The pause is for the guard to learn of the command.
	cmd := devstackCommand(t, tmp, "exec", "--cluster-only", "--", "sh", "-c", `sleep 0.5; echo up; sleep 1000`)
	stdout := startCommand(t, cmd)
	if line := readLine(t, stdout); line != "up" {
		t.Fatalf("output: %q", line)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	nothingLeft(t, tmp)
}

func startCommand(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return bufio.NewReader(stdout)
}

func readLine(t *testing.T, reader *bufio.Reader) string {
	t.Helper()
	line, err := reader.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// nothingLeft waits until no directory and no process of the stack is left.
func nothingLeft(t *testing.T, tmp string) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		files, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		processes := processesOf(tmp)
		if len(files) == 0 && len(processes) == 0 {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("left behind: %v, %v", files, processes)
		case <-ticker.C:
		}
	}
}

// processesOf lists the processes that have the directory in their environment.
func processesOf(tmp string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), tmp) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func errorOutput(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
