//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	pid int
	// target is what signals are sent to: the process, or as a negative number
	// its group.
	target int
	mu     sync.Mutex
	done   chan struct{}
	err    error
}

// Start starts a program. It lives until it ends by itself, until Stop or
// Kill, or until ctx ends, which kills the whole group.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	cmd := exec.CommandContext(ctx, spec.Path, spec.Args...)
	cmd.Env = spec.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.Dir = spec.Dir
	// A nil *os.File in one of these interfaces would not be nil.
	if spec.Input != nil {
		cmd.Stdin = spec.Input
	}
	if spec.Output != nil {
		cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	}
	if spec.Errors != nil {
		cmd.Stderr = spec.Errors
	}
	cmd.SysProcAttr = attributes()
	cmd.SysProcAttr.Setpgid = !spec.SameGroup
	if spec.Isolate {
		if err := isolate(cmd.SysProcAttr); err != nil {
			return nil, fmt.Errorf("start %s: %w", spec.Path, err)
		}
	}

	p := &Process{done: make(chan struct{})}
	cmd.Cancel = func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		return kill(p.target, syscall.SIGKILL)
	}
	started := make(chan error, 1)
	// The kernel's parent-death signal is bound to the thread that started the
	// program, not to the process: the thread has to stay until the end.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := p.begin(cmd, spec); err != nil {
			started <- err
			return
		}
		started <- nil
		err := cmd.Wait()
		if !spec.SameGroup {
			// Whatever the program left behind in its group goes with it.
			_ = kill(p.target, syscall.SIGKILL)
			spec.Guard.remove(p.pid)
		}
		p.err = exitError(err)
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	return p, nil
}

// begin starts the program. The lock keeps a cancellation from looking for the
// target before it is known.
func (p *Process) begin(cmd *exec.Cmd, spec Spec) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	p.pid, p.target = cmd.Process.Pid, cmd.Process.Pid
	if !spec.SameGroup {
		p.target = -p.pid
		spec.Guard.add(p.pid)
	}
	return nil
}

// PID is the process id and, without SameGroup, the id of the process group.
func (p *Process) PID() int { return p.pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the program ended: nil for exit code 0, an *ExitError, or
// another error if waiting for it failed. It is valid once Done is closed.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Signal sends a signal to the whole process group (the program alone with
// SameGroup). A program that has ended is no error.
func (p *Process) Signal(signal syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
		return kill(p.target, signal)
	}
}

// Stop asks the process group to end, kills it after the grace period, and
// waits until it has ended.
func (p *Process) Stop(grace time.Duration) {
	if grace > 0 {
		_ = p.Signal(syscall.SIGTERM)
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-p.done:
			return
		case <-timer.C:
		}
	}
	_ = p.Signal(syscall.SIGKILL)
	<-p.done
}

func kill(target int, signal syscall.Signal) error {
	err := syscall.Kill(target, signal)
	// EPERM is macOS's answer for a group of zombies.
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("signal process %d: %w", target, err)
	}
	return nil
}

func exitError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	result := &ExitError{Code: exit.ExitCode()}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		result.Signal = int(status.Signal())
	}
	return result
}
