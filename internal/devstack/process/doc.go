// Package process starts the programs that the development stack consists of
// and makes sure that none of them outlives it.
//
// Three things work together. Every program leads a process group of its own,
// so that its children end with it and a Ctrl-C in the terminal does not reach
// it before the stack has decided what to do. On Linux the kernel kills the
// program when the process that started it dies. And a Guard, a tiny shell
// waiting on a pipe, kills the process groups and removes the temporary
// directories when the pipe closes, which happens however the parent ends,
// SIGKILL included. (The guard learns of a group when Start returns. Should the
// parent be killed within the instant before, then on Linux the program still
// ends, and what it has started by then does not.)
//
// The package works on Linux and macOS. Elsewhere every function answers
// ErrUnsupported.
package process

import (
	"errors"
	"fmt"
	"runtime"
)

// ErrUnsupported is the answer of every function on an operating system
// without process groups and signals.
var ErrUnsupported = errors.New("the development stack does not run on " + runtime.GOOS)

// ExitError says how a program ended that did not end with exit code 0.
type ExitError struct {
	// Code is the exit code, or -1 when a signal ended the program.
	Code int
	// Signal is the number of the signal that ended the program, or 0.
	Signal int
}

// Error implements error.
func (e *ExitError) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("ended by signal %d", e.Signal)
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// ShellCode is the exit code that a shell or a container runtime reports: the
// program's own, or 128 plus the signal that ended it.
func (e *ExitError) ShellCode() int {
	if e.Signal != 0 {
		return 128 + e.Signal
	}
	return e.Code
}
