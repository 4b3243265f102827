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
	if os.Getenv("KUBELET_TEST_PARENT") != "" {
		_, err := start(context.Background())
		fmt.Println(err)
		select {}
	}
	os.Exit(m.Run())
}

func start(ctx context.Context) (*kubelet.Node, error) {
	bin := controlplane.DefaultBinDir()
	n, err := kubelet.Start(ctx, kubelet.Options{Kubelet: filepath.Join(bin, "kubelet"), Dir: kubelet.DefaultDir(bin), Name: "test-node"})
	if err != nil {
		return nil, err
	}
	return n, n.AwaitContainerd(ctx)
}

// traces are what nodes leave on a machine while they run: directories, network
// interfaces, control groups and mounts.
func traces(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, pattern := range []string{filepath.Join(os.TempDir(), "devstack-node-*"), "/sys/fs/cgroup/devstack-node-*", "/sys/fs/cgroup/*/devstack-node-*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found[name] = true
		}
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if strings.HasPrefix(i.Name, "node") {
			found["interface "+i.Name] = true
		}
	}
	return found
}

// left waits until nothing is there that was not before.
func left(t *testing.T, before map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var more []string
		for trace := range traces(t) {
			if !before[trace] {
				more = append(more, trace)
			}
		}
		if len(more) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("left behind: %q", more)
		}
	}
}

func need(t *testing.T) {
	t.Helper()
	if os.Getenv("PREFECT_E2E_NODE") == "" {
		t.Skip("takes a real node; `make e2e-node` runs it")
	}
}

func TestNodeLeavesNothing(t *testing.T) {
	need(t)
	before := traces(t)
	n, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(n.Gateway().String(), "0"))
	if err != nil {
		t.Errorf("this machine's address for pods cannot be listened on: %v", err)
	} else {
		_ = listener.Close()
	}
	if len(traces(t)) < len(before)+3 {
		t.Errorf("a running node leaves too few traces for this test to mean anything: %v", traces(t))
	}
	for range 2 { // the second does nothing
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	left(t, before)
}

func TestKilledProgramLeavesNothing(t *testing.T) {
	need(t)
	before := traces(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "KUBELET_TEST_PARENT=1")
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
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
	left(t, before)
}

func TestMissingPartsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := kubelet.Start(t.Context(), kubelet.Options{Kubelet: "/nowhere/kubelet", Dir: t.TempDir(), Name: "n"})
	if err == nil || !strings.Contains(err.Error(), kubelet.MakeTarget) {
		t.Errorf("got %v", err)
	}
}
