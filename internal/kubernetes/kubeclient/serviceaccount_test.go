//go:build unix

package kubeclient

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// TestServiceAccountFiles: files of a pod that are not files are refused, in place of being waited for.
func TestServiceAccountFiles(t *testing.T) {
	t.Parallel()
	for _, pipe := range []string{"token", "ca.crt"} {
		t.Run(pipe, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, name := range []string{"token", "ca.crt", "namespace"} {
				path := filepath.Join(dir, name)
				if name == pipe {
					if err := syscall.Mkfifo(path, 0o600); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config := Config{ServiceAccount: dir, Environment: func(name string) string {
				return map[string]string{"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "9"}[name]
			}}
			if _, err := config.podConfig(); !errors.Is(err, localfile.ErrNotRegular) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
