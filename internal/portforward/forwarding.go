package portforward

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

// forwarding forwards the connections of a listener through a tunnel.
type forwarding struct {
	listener net.Listener
	way      *tunnel.Tunnel
	stop     context.CancelFunc
	working  sync.WaitGroup
}

// forward starts a forwarding.
func forward(listener net.Listener, way *tunnel.Tunnel) *forwarding {
	// Not a request's context, which ends with the request.
	ctx, stop := context.WithCancel(context.Background())
	f := &forwarding{listener: listener, way: way, stop: stop}
	f.working.Go(func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			f.working.Go(func() { f.carry(ctx, here) })
		}
	})
	return f
}

// carry forwards one connection until both sides have finished, or the forwarding ends.
func (f *forwarding) carry(ctx context.Context, here net.Conn) {
	defer func() { _ = here.Close() }()
	dialing, cancel := context.WithTimeout(ctx, patience)
	there, err := f.way.DialContext(dialing, "", "")
	cancel()
	if err != nil {
		return // the client sees its connection close, as with any unavailable Service
	}
	defer func() { _ = there.Close() }()
	ended := context.AfterFunc(ctx, func() {
		_ = here.Close()
		_ = there.Close()
	})
	defer ended()
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = io.Copy(there, here)
		finish(there)
	})
	_, _ = io.Copy(here, there)
	finish(here)
	sending.Wait()
}

// finish closes the writing side; the other side may still send.
func finish(connection net.Conn) {
	if half, ok := connection.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = connection.Close()
}

// end closes everything and waits for it to end.
func (f *forwarding) end() {
	_ = f.listener.Close()
	f.stop()
	f.way.Close()
	f.working.Wait()
}
