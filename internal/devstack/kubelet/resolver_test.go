package kubelet

import (
	"context"
	"errors"
	"net"
	"testing"
)

func TestResolverKnowsNoName(t *testing.T) {
	t.Parallel()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	go resolve(conn)
	resolver := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	_, err = resolver.LookupHost(t.Context(), "registry.invalid")
	var failure *net.DNSError
	if !errors.As(err, &failure) || !failure.IsNotFound {
		t.Errorf("got %v", err)
	}
}

func TestResolverIgnoresNoise(t *testing.T) {
	t.Parallel()
	for _, packet := range [][]byte{nil, make([]byte, 5), make([]byte, 12), append(make([]byte, 12), 200, 'x'), append([]byte{0, 0, 0x80}, make([]byte, 20)...)} {
		if answer := noSuchName(packet); answer != nil {
			t.Errorf("%v: %v", packet, answer)
		}
	}
}
