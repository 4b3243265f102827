package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// portForwardProtocol is the only one there is.
const portForwardProtocol = "portforward.k8s.io"

// servePortForward answers a kubelet's port-forward request: a SPDY connection
// on which each forwarded connection is a pair of streams, one for data and one
// for an error. A pod's ports are those of this machine's loopback interface.
func (n *Node) servePortForward(out http.ResponseWriter, in *http.Request) {
	name := in.PathValue("pod")
	if n.find(in.PathValue("namespace"), name) == nil {
		http.Error(out, fmt.Sprintf("pod %q not found", name), http.StatusNotFound)
		return
	}
	if _, err := httpstream.Handshake(in, out, []string{portForwardProtocol}); err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	forward := &portForward{pairs: map[string]*streamPair{}, logger: n.options.Logger.With("pod", name)}
	streams := make(chan httpstream.Stream, 1)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(out, in, func(s httpstream.Stream, _ <-chan struct{}) error {
		select {
		case streams <- s:
			return nil
		case <-in.Context().Done():
			return in.Context().Err()
		}
	})
	if connection == nil {
		return // the upgrader has answered
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithCancel(in.Context())
	defer cancel()
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	for {
		select {
		case s := <-streams:
			if pair := forward.add(s); pair != nil {
				serving.Go(func() { forward.serve(ctx, pair) })
			}
		case <-connection.CloseChan():
			return
		case <-ctx.Done():
			return
		}
	}
}

// portForward collects the streams of one connection.
type portForward struct {
	pairs  map[string]*streamPair
	logger interface{ Debug(string, ...any) }
}

// streamPair is one forwarded connection.
type streamPair struct{ data, failure httpstream.Stream }

// add takes a new stream in, and gives the pair when it is complete.
func (f *portForward) add(s httpstream.Stream) *streamPair {
	id := s.Headers().Get(corev1.PortForwardRequestIDHeader)
	pair := f.pairs[id]
	if pair == nil {
		pair = &streamPair{}
		f.pairs[id] = pair
	}
	switch s.Headers().Get(corev1.StreamType) {
	case corev1.StreamTypeData:
		pair.data = s
	case corev1.StreamTypeError:
		pair.failure = s
	}
	if pair.data == nil || pair.failure == nil {
		return nil
	}
	delete(f.pairs, id)
	return pair
}

// serve connects a pair with the port until either side ends.
func (f *portForward) serve(ctx context.Context, pair *streamPair) {
	defer func() { _ = pair.data.Reset() }()
	defer func() { _ = pair.failure.Close() }()
	port := pair.data.Headers().Get(corev1.PortHeader)
	if err := relay(ctx, pair.data, port); err != nil && ctx.Err() == nil {
		f.logger.Debug("port-forward failed", "port", port, "error", err)
		_, _ = fmt.Fprintf(pair.failure, "error forwarding port %s: %v", port, err)
	}
}

// relay copies in both directions. The end of one direction is passed on, and
// the other goes on to its own end.
func relay(ctx context.Context, data httpstream.Stream, port string) error {
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("invalid port: %w", err)
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(hostIP, port))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = connection.Close() }()
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()

	received := make(chan error, 1)
	go func() {
		_, err := io.Copy(data, connection)
		received <- err
	}()
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(connection, data)
		if tcp, ok := connection.(*net.TCPConn); ok {
			err = errors.Join(err, tcp.CloseWrite())
		}
		sent <- err
	}()
	// The answer counts: once the server has closed, nothing more can be said.
	select {
	case err = <-received:
	case <-ctx.Done():
		return nil
	}
	return err
}
