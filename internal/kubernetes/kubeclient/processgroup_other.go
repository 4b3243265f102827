//go:build !unix

package kubeclient

import "os/exec"

// ownGroup makes a command and its children end together, where the system supports that.
func ownGroup(*exec.Cmd) {}
