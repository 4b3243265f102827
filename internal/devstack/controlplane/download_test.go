//go:build linux

package controlplane_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serverArchive is an archive as Kubernetes releases it, with programs that say
// their names.
func serverArchive(t *testing.T, programs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	archive := tar.NewWriter(compressed)
	for _, name := range programs {
		text := "#!/bin/sh\necho " + name + "\n"
		if err := archive.WriteHeader(&tar.Header{Name: "kubernetes/server/bin/" + name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDownload has the script take the programs from a host of the test's own, or
// say why it does not, so that they are compiled.
func TestDownload(t *testing.T) {
	t.Parallel()
	good := serverArchive(t, "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")
	for name, row := range map[string]struct {
		served, pinned  []byte
		version, reason string
		unreachable     bool
		requests        int32
	}{
		"good":            {served: good, pinned: good, version: "1.34.4", requests: 1},
		"not pinned":      {served: good, pinned: good, version: "1.35.0", reason: "no checksum is pinned"},
		"other content":   {served: good, pinned: append([]byte{0}, good...), version: "1.34.4", reason: "is pinned", requests: 1},
		"cut short":       {served: good[:len(good)/2], pinned: good, version: "1.34.4", reason: "is pinned", requests: 1},
		"lacks a program": {served: serverArchive(t, "kubelet"), pinned: serverArchive(t, "kubelet"), version: "1.34.4", reason: "does not hold", requests: 1},
		"not there":       {pinned: good, version: "1.34.4", reason: "404", requests: 1},
		"unreachable":     {pinned: good, version: "1.34.4", reason: "connect", unreachable: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if row.served == nil || !strings.HasPrefix(r.URL.Path, "/v1.34.4/kubernetes-server-linux-") {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write(row.served)
			}))
			if row.unreachable {
				host.Close()
			} else {
				t.Cleanup(host.Close)
			}
			sum := sha512.Sum512(row.pinned)
			checksums := filepath.Join(t.TempDir(), "checksums.txt")
			line := fmt.Sprintf("1.34.4 linux-%s %s\n", runtime.GOARCH, hex.EncodeToString(sum[:]))
			if err := os.WriteFile(checksums, []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}
			into := filepath.Join(t.TempDir(), "bin")
			command := exec.CommandContext(t.Context(), "bash", "binaries/download.sh", row.version, into)
			command.Env = append(os.Environ(), "KUBERNETES_DOWNLOADS="+host.URL, "KUBERNETES_CHECKSUMS="+checksums, "TMPDIR="+t.TempDir(), "no_proxy=127.0.0.1")
			begin := time.Now()
			output, err := command.CombinedOutput()
			if (err == nil) != (row.reason == "") || !strings.Contains(string(output), row.reason) {
				t.Errorf("got %v: %s\nwant %q", err, output, row.reason)
			}
			if spent := time.Since(begin); spent > 15*time.Second {
				t.Errorf("it took %s", spent)
			}
			if got := requests.Load(); got != row.requests {
				t.Errorf("%d requests, want %d", got, row.requests)
			}
			programs, err := filepath.Glob(filepath.Join(into, "*"))
			if want := map[bool]int{true: 3}[row.reason == ""]; err != nil || len(programs) != want {
				t.Errorf("programs: %v (%v), want %d", programs, err, want)
			}
			for _, program := range programs {
				said, err := exec.CommandContext(t.Context(), program).Output()
				if err != nil || strings.TrimSpace(string(said)) != filepath.Base(program) {
					t.Errorf("%s says %q (%v)", program, said, err)
				}
			}
		})
	}
}

// TestDownloadIsPinned checks that the release which would be downloaded is the
// one that would be compiled.
func TestDownloadIsPinned(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("binaries/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(module), "\tk8s.io/kubernetes v")
	version, _, _ := strings.Cut(rest, " ")
	version = strings.TrimSpace(strings.SplitN(version, "\n", 2)[0])
	checksums, err := os.ReadFile("binaries/checksums.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range []string{"linux-amd64", "linux-arm64"} {
		if !strings.Contains(string(checksums), "\n"+version+" "+platform+" ") {
			t.Errorf("no checksum of Kubernetes %s for %s: take it from Kubernetes' changelog", version, platform)
		}
	}
}
