//go:build unix && !linux

package process

import (
	"errors"
	"syscall"
)

// attributes puts a program into its own process group. Only Linux can also
// bind its life to the parent's; elsewhere the Guard alone does that.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// isolate answers that there are no namespaces here.
func isolate(*syscall.SysProcAttr) error {
	return errors.New("only Linux has namespaces")
}
