package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// podLink is one open port-forward to one pod. Any number of connections share it.
type podLink struct {
	connection httpstream.Connection
	target     Target
	backend    backend
	idle       time.Duration

	mu       sync.Mutex
	uses     int         // connections open or being opened
	retired  bool        // takes no further connections, ends with the last one
	ended    bool        // the connection was closed from here
	timer    *time.Timer // closes an unused podLink
	requests int
}

// acquire reserves the podLink for another connection and reports whether that worked; the caller must then
// call release.
func (l *podLink) acquire() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.connection.CloseChan():
		l.retired = true
	default:
	}
	if l.retired {
		return false
	}
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.uses++
	return true
}

// release is called when a connection has ended.
func (l *podLink) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uses--
	switch {
	case l.uses > 0:
	case l.retired:
		l.closeLocked()
	default:
		l.timer = time.AfterFunc(l.idle, l.closeUnused)
	}
}

func (l *podLink) closeUnused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.uses == 0 {
		l.retired = true
		l.closeLocked()
	}
}

// retire stops the podLink from taking further connections.
func (l *podLink) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
}

// end closes the podLink with all connections.
func (l *podLink) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
	l.closeLocked()
}

func (l *podLink) closeLocked() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if !l.ended {
		l.ended = true
		// A proper close can take a while if the other side is gone.
		go func() { _ = l.connection.Close() }()
	}
}

func (l *podLink) nextRequest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	return strconv.Itoa(l.requests)
}

// dial opens a connection; the caller has acquired the podLink, and releases it if dial fails.
func (l *podLink) dial(ctx context.Context) (*connection, error) {
	type result struct {
		conn *connection
		err  error
	}
	made := make(chan result, 1)
	go func() {
		// Waits for the other side's reply and cannot be interrupted.
		conn, err := l.streams()
		made <- result{conn, err}
	}()
	select {
	case r := <-made:
		if r.err != nil {
			return nil, l.broken(r.err)
		}
		return r.conn, nil
	case <-ctx.Done():
		go func() {
			if r := <-made; r.conn != nil {
				r.conn.abandon()
			}
		}()
		return nil, fmt.Errorf("port-forward to Service %s: %w", l.target.Service, context.Cause(ctx))
	}
}

// streams opens the two streams that make a connection.
func (l *podLink) streams() (*connection, error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, strconv.Itoa(int(l.backend.port)))
	headers.Set(corev1.PortForwardRequestIDHeader, l.nextRequest())
	failure, err := l.connection.CreateStream(headers)
	if err != nil {
		return nil, fmt.Errorf("open a stream for errors: %w", err)
	}
	_ = failure.Close() // nothing is written to it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := l.connection.CreateStream(headers)
	if err != nil {
		_ = failure.Reset()
		l.connection.RemoveStreams(failure)
		return nil, fmt.Errorf("open a stream for data: %w", err)
	}
	return newConnection(l, data, failure), nil
}

// broken returns the error of a port-forward that no longer works.
func (l *podLink) broken(err error) error {
	return &Error{
		Kind: kubeclient.ErrUnreachable, Namespace: l.target.Namespace, Service: l.target.Service, Pod: l.backend.pod, Err: err, undelivered: true,
		Problem: "the port-forward broke: " + err.Error(), Remedy: "Try again: the provider reopens it",
	}
}

// refused returns the error that the node reported for a connection.
func (l *podLink) refused(message string) error {
	message = strings.TrimSpace(message)
	out := &Error{
		Kind: kubeclient.ErrUnreachable, Namespace: l.target.Namespace, Service: l.target.Service, Pod: l.backend.pod, Err: errors.New(message),
		Problem: "the node reports: " + message, Remedy: "Check that the pod runs and listens at the targetPort of the Service",
	}
	// A connection that was never made has carried nothing.
	for _, sign := range []string{"connection refused", "failed to connect", "connect:", "dial tcp"} {
		if strings.Contains(message, sign) {
			out.Kind, out.undelivered = ErrPodRefused, true
		}
	}
	return out
}
