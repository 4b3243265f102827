//go:build unix

package process_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// The test program can also be a parent that is killed: it starts a process with
// a child, tells their ids and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PROCESS_TEST_PARENT"); dir != "" {
		parent(dir)
	}
	os.Exit(m.Run())
}

func parent(dir string) {
	guard, err := process.NewGuard(context.Background())
	if err == nil {
		err = guard.RemoveAtEnd(dir)
	}
	var line string
	if err == nil {
		line, err = family(guard)
	}
	if err != nil {
		line = err.Error() + "\n"
	}
	// Not before Start has returned: from then on the guard knows the group.
	_, _ = os.Stdout.WriteString(line)
	select {}
}

// family starts a process with a child and gives their ids.
func family(guard *process.Guard) (string, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	if _, err := process.Start(context.Background(), process.Spec{
		Path: "/bin/sh", Args: []string{"-c", "sleep 1000 & echo $$ $!; wait"}, Env: os.Environ(), Output: writer, Guard: guard,
	}); err != nil {
		return "", err
	}
	return bufio.NewReader(reader).ReadString('\n')
}

func TestNothingOutlivesAKilledParent(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "guarded 'directory'")
	if err := os.MkdirAll(filepath.Join(dir, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "PROCESS_TEST_PARENT="+dir)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, word := range strings.Fields(line) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatalf("the parent said: %s", line)
		}
		eventually(t, "the end of process "+word, func() bool { return !alive(pid) })
	}
	eventually(t, "the removal of the directory", func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestStopTakesTheWholeGroup(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(t.Context(), process.Spec{
		Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; sleep 1000 & echo $!; while :; do wait; done"}, Env: os.Environ(), Output: writer,
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	p.Stop(50 * time.Millisecond)
	var exit *process.ExitError
	if !errors.As(p.Err(), &exit) || exit.ShellCode() != 137 {
		t.Errorf("end: %v", p.Err())
	}
	eventually(t, "the end of the child", func() bool { return !alive(child) })
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	p, err := process.Start(t.Context(), process.Spec{Path: "/bin/sh", Args: []string{"-c", "exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	var exit *process.ExitError
	if !errors.As(p.Err(), &exit) || exit.Code != 3 || exit.ShellCode() != 3 {
		t.Errorf("end: %v", p.Err())
	}
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, rest, _ := strings.Cut(string(content), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come: %s", what)
		case <-ticker.C:
		}
	}
}
