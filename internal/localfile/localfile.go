// Package localfile reads the files that a configuration names. It rejects files that are not regular,
// because reading a named pipe or a device may never end, and files that are unreasonably large.
package localfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Size limits, in bytes.
const (
	// Small is more than any key, certificate, token or settings file needs.
	Small = 1 << 20
	// Template is more than Kubernetes accepts for a Job.
	Template = 4 << 20
)

// ErrNotRegular means a directory, device, socket or named pipe.
var ErrNotRegular = errors.New("not a regular file")

// ErrTooLarge means a file above the limit.
var ErrTooLarge = errors.New("too large")

// Read reads a regular file of at most limit bytes. Errors name the file; use errors.Is for fs.ErrNotExist
// and the like, ErrNotRegular and ErrTooLarge.
func Read(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the file and what was tried
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w: it is %s", ErrNotRegular, kind(info.Mode()))}
	}
	tooLarge := &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w: it has more than %s", ErrTooLarge, size(limit))}
	if info.Size() > limit {
		return nil, tooLarge
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	defer func() { _ = file.Close() }()
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // it need not grow
	if _, err := data.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	if int64(data.Len()) > limit { // it has grown
		return nil, tooLarge
	}
	return data.Bytes(), nil
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

func size(limit int64) string {
	if limit >= 1<<20 {
		return fmt.Sprintf("%d MiB", limit>>20)
	}
	return fmt.Sprintf("%d bytes", limit)
}
