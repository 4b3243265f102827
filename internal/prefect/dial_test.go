package prefect_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// dialError is an error of a dialer that knows what happened.
type dialError struct{ permanent, undelivered bool }

func (dialError) Error() string       { return "the tunnel says no" }
func (e dialError) Permanent() bool   { return e.permanent }
func (e dialError) Undelivered() bool { return e.undelivered }

// brokenConn takes everything and answers with an error.
type brokenConn struct {
	net.Conn
	err     error
	written chan struct{}
	once    *sync.Once
}

// Read fails once the request has been written: before that, nothing could have had an effect.
func (c brokenConn) Read([]byte) (int, error) {
	<-c.written
	return 0, c.err
}

func (c brokenConn) Write(p []byte) (int, error) {
	c.once.Do(func() { close(c.written) })
	return len(p), nil
}

func (c brokenConn) Close() error { return c.Conn.Close() }

// TestDial repeats what a dialer of the caller's says may be repeated, and nothing else.
func TestDial(t *testing.T) {
	t.Parallel()
	const repeated = 3
	for name, tt := range map[string]struct {
		err       dialError
		connects  bool
		want      int32
		ambiguous bool
	}{
		"no connection":               {dialError{undelivered: true}, false, repeated, false},
		"never a connection":          {dialError{permanent: true, undelivered: true}, false, 1, false},
		"broken, nothing delivered":   {dialError{undelivered: true}, true, repeated, false},
		"broken, perhaps with effect": {dialError{}, true, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dials atomic.Int32
			client := newClient(t, prefect.Config{
				Endpoint: "http://service.namespace", MaxRetries: repeated - 1, Sleep: noSleep, ProxyURL: "http://proxy.invalid",
				Dial: func(_ context.Context, _, address string) (net.Conn, error) {
					dials.Add(1)
					if address != "service.namespace:80" {
						t.Errorf("dials %s", address)
					}
					if !tt.connects {
						return nil, tt.err
					}
					one, other := net.Pipe()
					t.Cleanup(func() { _ = other.Close() })
					return brokenConn{one, tt.err, make(chan struct{}), new(sync.Once)}, nil
				},
			})
			err := client.Do(t.Context(), aMutation, nil, nil)
			var failed *prefect.Error
			if !errors.Is(err, prefect.ErrUnreachable) || !errors.As(err, &failed) || failed.Ambiguous != tt.ambiguous || !strings.Contains(err.Error(), tt.err.Error()) {
				t.Errorf("got %v", err)
			}
			if dials.Load() != tt.want {
				t.Errorf("%d attempts, want %d", dials.Load(), tt.want)
			}
		})
	}
}
