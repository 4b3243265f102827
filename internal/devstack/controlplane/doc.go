// Package controlplane runs a real Kubernetes control plane on this machine:
// etcd, kube-apiserver, kube-controller-manager and kube-scheduler, as programs
// that were downloaded or compiled beforehand: see the directory binaries.
//
// controller-runtime's envtest was considered and not taken: it starts no
// controllers and no scheduler, so no Job would get a pod.
//
// It is test equipment. Data is thrown away, nothing is synced to disk, and
// everything listens on the loopback interface only. There is no kubelet:
// package node brings one of its own.
package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MakeTarget is the target of the repository's makefile that compiles the
// programs.
const MakeTarget = "make controlplane"

// ErrNoBinaries is returned when a program of the control plane has not been
// compiled.
var ErrNoBinaries = errors.New("the control plane's programs are missing: run `" + MakeTarget + "` first")

// Names of the programs.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
)

// module is the first line of the go.mod beside which build/bin lies.
const module = "module github.com/prefect-server/terraform-provider-prefect"

// DefaultBinDir is build/bin beside the go.mod of the repository that the
// working directory is in, or build/bin in the working directory outside of it.
func DefaultBinDir() string {
	relative := filepath.Join("build", "bin")
	dir, err := os.Getwd()
	if err != nil {
		return relative
	}
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			first, _, _ := strings.Cut(string(content), "\n")
			if strings.TrimSpace(first) == module {
				return filepath.Join(dir, relative)
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return relative
		}
		dir = parent
	}
}

// CheckBinaries reports whether all programs are in a directory; the error wraps
// ErrNoBinaries and names the first that is not.
func CheckBinaries(dir string) error {
	for _, name := range []string{etcd, apiServer, controllerManager, scheduler} {
		path := program(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrNoBinaries, err)
		}
		if info.IsDir() || (runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0) {
			return fmt.Errorf("%w (%s is not a program)", ErrNoBinaries, path)
		}
	}
	return nil
}

func program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}
