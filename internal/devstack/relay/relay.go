// Package relay passes TCP connections on.
package relay

import (
	"context"
	"io"
	"net"
)

// Serve passes the connections of a listener on to an address. It returns why it
// accepts no more of them, which is that the listener was closed, if it was.
// failed is called when the address cannot be reached; nil means nothing.
func Serve(listener net.Listener, to string, failed func(error)) error {
	for {
		in, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := pass(in, to); err != nil && failed != nil {
				failed(err)
			}
		}()
	}
}

// pass passes one connection on until one side closes it.
func pass(in net.Conn, to string) error {
	defer func() { _ = in.Close() }()
	out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(out, in); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(in, out); ended <- struct{}{} }()
	<-ended
	return nil
}
