//go:build unix && !linux

package process

import "syscall"

// attributes puts a program into its own process group. Only Linux can also
// bind its life to the parent's; elsewhere the Guard alone does that.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
