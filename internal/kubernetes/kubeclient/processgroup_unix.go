//go:build unix

package kubeclient

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command and its children end together.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
