//go:build !linux

package kubelet

import (
	"context"
	"errors"
	"net"
)

var errUnsupported = errors.New("a real node takes Linux")

// Check answers that a node takes Linux.
func Check(context.Context) error { return errUnsupported }

// Main answers 1.
func Main(string) int { return 1 }

// Node does not exist on this operating system.
type Node struct{}

// Start answers that a node takes Linux.
func Start(context.Context, Options) (*Node, error) { return nil, errUnsupported }

// Gateway is nil.
func (*Node) Gateway() net.IP { return nil }

// Address is nil.
func (*Node) Address() net.IP { return nil }

// Join answers that a node takes Linux.
func (*Node) Join(context.Context, Credentials) error { return errUnsupported }

// Done is nil.
func (*Node) Done() <-chan struct{} { return nil }

// Err answers that a node takes Linux.
func (*Node) Err() error { return errUnsupported }

// Stop does nothing.
func (*Node) Stop() error { return nil }
