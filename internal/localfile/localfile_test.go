//go:build unix

package localfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", size)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if data, err := localfile.Read(write("fits", 10), 10); err != nil || len(data) != 10 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		write("large", 11): localfile.ErrTooLarge, dir: localfile.ErrNotRegular, pipe: localfile.ErrNotRegular, "/dev/zero": localfile.ErrNotRegular,
		filepath.Join(dir, "none"): fs.ErrNotExist,
	} {
		if _, err := localfile.Read(path, 10); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
