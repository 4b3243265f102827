package controlplane_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
)

// start starts a control plane, or skips where there are no programs.
func start(t *testing.T) *controlplane.ControlPlane {
	t.Helper()
	if err := controlplane.CheckBinaries(controlplane.DefaultBinDir()); err != nil {
		t.Skipf("%v", err)
	}
	begin := time.Now()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %s", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return plane
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	t.Parallel()
	plane := start(t)
	dir := filepath.Dir(plane.KubeconfigPath())
	if len(processesOf(t, dir)) != 4 {
		t.Errorf("processes: %v", processesOf(t, dir))
	}
	begin := time.Now()
	if err := plane.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped after %s", time.Since(begin).Round(time.Millisecond))
	if left := processesOf(t, dir); len(left) != 0 {
		t.Errorf("processes left behind: %v", left)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory is still there (%v)", err)
	}
	if err := plane.Err(); err != nil {
		t.Errorf("a wanted end was reported as a failure: %v", err)
	}
}

func TestMissingProgramsNameTheMakeTarget(t *testing.T) {
	t.Parallel()
	_, err := controlplane.Start(t.Context(), controlplane.Options{BinDir: t.TempDir()})
	if !errors.Is(err, controlplane.ErrNoBinaries) || !strings.Contains(err.Error(), controlplane.MakeTarget) {
		t.Errorf("error: %v", err)
	}
}

func TestErrorCarriesTheLogOfTheProgramThatEnded(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		script := "#!/bin/sh\nexec sleep 1000\n"
		if name == "kube-apiserver" {
			script = "#!/bin/sh\necho no good reason\nexit 7\n"
		}
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	_, err := controlplane.Start(t.Context(), controlplane.Options{BinDir: bin})
	var failure *controlplane.ComponentError
	if !errors.As(err, &failure) {
		t.Fatalf("error: %v", err)
	}
	if failure.Component != "kube-apiserver" || failure.Log != "no good reason" || !strings.Contains(err.Error(), "exit code 7") {
		t.Errorf("error: %v", err)
	}
}

// processesOf lists the processes whose command line mentions a directory.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("no /proc on this operating system")
	}
	var found []string
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err == nil && strings.Contains(string(line), dir) {
			name, _, _ := strings.Cut(string(line), "\x00")
			found = append(found, filepath.Base(name))
		}
	}
	return found
}
