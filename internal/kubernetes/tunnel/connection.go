package tunnel

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/streaming/pkg/httpstream"
)

// failureWait is how long to wait for the reason that a connection ended.
const failureWait = 2 * time.Second

// maxFailure limits that reason, in bytes.
const maxFailure = 8 << 10

// connection is a connection to a pod's port. It does not support deadlines.
type connection struct {
	podLink       *podLink
	data, failure httpstream.Stream

	message   string        // set before explained is closed
	explained chan struct{} // the node's error stream has ended
	unheard   atomic.Bool   // something was written after the last read
	closing   sync.Once
	closed    chan struct{}
}

var _ net.Conn = (*connection)(nil)

func newConnection(l *podLink, data, failure httpstream.Stream) *connection {
	c := &connection{podLink: l, data: data, failure: failure, explained: make(chan struct{}), closed: make(chan struct{})}
	go func() {
		defer close(c.explained)
		message, _ := io.ReadAll(io.LimitReader(failure, maxFailure)) // keep what arrived before an error
		c.message = string(message)
		if len(message) > 0 {
			// The node could not connect, or lost the connection: do not use this pod again.
			l.retire()
		}
	}()
	return c
}

// Read implements net.Conn.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if n > 0 {
		c.unheard.Store(false)
	}
	if err == nil || n > 0 {
		return n, nil
	}
	if explanation := c.explanation(); explanation != nil {
		return 0, explanation
	}
	if errors.Is(err, io.EOF) {
		return 0, io.EOF
	}
	return 0, err //nolint:wrapcheck // as of any connection
}

// Write implements net.Conn.
func (c *connection) Write(p []byte) (int, error) {
	c.unheard.Store(true)
	n, err := c.data.Write(p)
	if err != nil {
		if explanation := c.explanation(); explanation != nil {
			return n, explanation
		}
	}
	return n, err //nolint:wrapcheck // as of any connection
}

// explanation returns what the node reported about the end of a connection, or nil.
func (c *connection) explanation() error {
	timer := time.NewTimer(failureWait)
	defer timer.Stop()
	select {
	case <-c.explained:
		if c.message != "" {
			return c.podLink.refused(c.message)
		}
	case <-c.closed:
		return net.ErrClosed
	case <-timer.C:
	}
	return nil
}

// CloseWrite closes the writing side, as for a TCP connection. What the pod sends can still be read.
func (c *connection) CloseWrite() error {
	return c.data.Close() //nolint:wrapcheck // as of any connection
}

// Close implements net.Conn. A podLink with an unanswered request may be dead without knowing it, so it is
// not used for further connections.
func (c *connection) Close() error {
	c.closing.Do(func() {
		if c.unheard.Load() {
			c.podLink.retire()
		}
		c.abandonStreams()
		c.podLink.release()
	})
	return nil
}

// abandon closes the streams of a connection that nobody waits for any more, after the podLink was released.
func (c *connection) abandon() { c.closing.Do(c.abandonStreams) }

func (c *connection) abandonStreams() {
	close(c.closed)
	_ = c.data.Reset()
	_ = c.failure.Reset()
	c.podLink.connection.RemoveStreams(c.data, c.failure)
}

type forwardedAddr string

func (forwardedAddr) Network() string  { return "port-forward" }
func (a forwardedAddr) String() string { return string(a) }

// LocalAddr implements net.Conn.
func (c *connection) LocalAddr() net.Addr { return forwardedAddr("local") }

// RemoteAddr implements net.Conn.
func (c *connection) RemoteAddr() net.Addr {
	return forwardedAddr(c.podLink.target.Namespace + "/" + c.podLink.backend.pod)
}

// SetDeadline implements net.Conn; there are no deadlines.
func (*connection) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements net.Conn; there are no deadlines.
func (*connection) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements net.Conn; there are no deadlines.
func (*connection) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
