//go:build linux

package kubelet_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/kubelet"
)

// The test program is also the node's first process, and a program with a node
// that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == kubelet.InitArgument {
		os.Exit(kubelet.Main(os.Args[2]))
	}
	if dir := os.Getenv("KUBELET_TEST_PARENT"); dir != "" {
		_, err := start(context.Background(), dir)
		fmt.Println(err)
		select {}
	}
	os.Exit(m.Run())
}

// start starts a node without a cluster, of the files in a directory.
func start(ctx context.Context, dir string) (*kubelet.Node, error) {
	bin := controlplane.DefaultBinDir()
	n, err := kubelet.Start(ctx, kubelet.Options{Kubelet: filepath.Join(bin, "kubelet"), Dir: dir, Name: "test-node"})
	if err != nil {
		return nil, err
	}
	return n, n.AwaitContainerd(ctx)
}

// parts is a directory with what a node takes, but with the smallest image
// alone. Without them the test is skipped.
func parts(t *testing.T) string {
	t.Helper()
	if os.Getenv("PREFECT_E2E_NODE") == "" {
		t.Skip("takes a real node; `make e2e-node` runs it")
	}
	made, dir := kubelet.DefaultDir(controlplane.DefaultBinDir()), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(made, "root"), filepath.Join(dir, "root")); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(filepath.Join(made, "images", "pause.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "images", "pause.tar"), image, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// traces are what the node whose directory is in temp has on this machine:
// directory, control groups and network interface. With a name they are those of
// the node of that name, whether it has a directory or not.
func traces(t *testing.T, temp, name string) (string, []string) {
	t.Helper()
	if name == "" {
		dirs, err := filepath.Glob(filepath.Join(temp, "devstack-kubelet-*"))
		if err != nil || len(dirs) != 1 {
			t.Fatalf("directories of nodes: %q, %v", dirs, err)
		}
		name = filepath.Base(dirs[0])
	}
	var found []string
	for _, pattern := range []string{filepath.Join(temp, name), "/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, names...)
	}
	if i, err := net.InterfaceByName("node" + strings.TrimPrefix(name, "devstack-kubelet-")); err == nil {
		found = append(found, i.Name)
	}
	return name, found
}

// running returns the name of the node, all of whose traces are there.
func running(t *testing.T, temp string) string {
	t.Helper()
	name, found := traces(t, temp, "")
	if len(found) < 3 {
		t.Fatalf("a running node has a directory, control groups and an interface, but there are: %q", found)
	}
	return name
}

// gone waits until there is no trace of the node.
func gone(t *testing.T, temp, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, found := traces(t, temp, name)
		if len(found) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("left behind: %q", found)
		}
	}
}

func TestNodeLeavesNothing(t *testing.T) {
	dir, temp := parts(t), t.TempDir()
	t.Setenv("TMPDIR", temp)
	n, err := start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(n.Gateway().String(), "0"))
	if err != nil {
		t.Errorf("this machine's address for pods cannot be listened on: %v", err)
	} else {
		_ = listener.Close()
	}
	name := running(t, temp)
	for range 2 { // the second does nothing
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if _, found := traces(t, temp, name); len(found) > 0 {
		t.Errorf("left behind: %q", found)
	}
}

func TestKilledProgramLeavesNothing(t *testing.T) {
	dir, temp := parts(t), t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "KUBELET_TEST_PARENT="+dir, "TMPDIR="+temp)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || line != "<nil>\n" {
		t.Fatalf("the node did not start: %q, %v", line, err)
	}
	name := running(t, temp)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
	gone(t, temp, name)
}

func TestMissingPartsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := kubelet.Start(t.Context(), kubelet.Options{Kubelet: "/nowhere/kubelet", Dir: t.TempDir(), Name: "n"})
	if err == nil || !strings.Contains(err.Error(), kubelet.MakeTarget) {
		t.Errorf("got %v", err)
	}
}
