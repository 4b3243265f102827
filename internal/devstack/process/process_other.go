//go:build !unix

package process

import (
	"context"
	"syscall"
	"time"
)

// Process is a running program; there are none on this operating system.
type Process struct{}

// Start answers ErrUnsupported.
func Start(context.Context, Spec) (*Process, error) { return nil, ErrUnsupported }

// PID is 0.
func (*Process) PID() int { return 0 }

// Done is never closed.
func (*Process) Done() <-chan struct{} { return nil }

// Err answers ErrUnsupported.
func (*Process) Err() error { return ErrUnsupported }

// Signal answers ErrUnsupported.
func (*Process) Signal(syscall.Signal) error { return ErrUnsupported }

// Stop does nothing.
func (*Process) Stop(time.Duration) {}

// Guard does nothing on this operating system.
type Guard struct{}

// NewGuard answers ErrUnsupported.
func NewGuard(context.Context) (*Guard, error) { return nil, ErrUnsupported }

// RemoveAtEnd answers ErrUnsupported.
func (*Guard) RemoveAtEnd(string) error { return ErrUnsupported }

// RemoveCgroupAtEnd answers ErrUnsupported.
func (*Guard) RemoveCgroupAtEnd(string) error { return ErrUnsupported }

// Close does nothing.
func (*Guard) Close() error { return nil }
