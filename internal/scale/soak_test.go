package scale

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// TestManyWaitsHoldStill has 100 runs wait side by side in one provider for minutes, which the bubble's clock makes short. What
// the process holds must not grow with the polls. It looks at all of the process, so it is not parallel.
func TestManyWaitsHoldStill(t *testing.T) {
	const runs = 100
	synctest.Test(t, func(t *testing.T) {
		network := newPipes(t)
		server, stop := serveOn(t, network)
		session := acctest.Connect(t, server, nil)
		flow := registerOne(t, server)
		before := take(network)

		made := make([]acctest.Applied, runs)
		var waits sync.WaitGroup
		for i := range made {
			waits.Go(func() {
				made[i] = session.Create("prefect_flow_run", map[string]any{"flow_id": flow, "triggers": map[string]any{"n": strconv.Itoa(i)}})
			})
		}
		time.Sleep(5 * time.Second) // by then all have their run, and wait
		setAll(t, server, runs, states.Running)

		time.Sleep(65 * time.Second) // by then idle connections of the creation are closed
		server.Server.ResetRequests()
		early := take(network)
		time.Sleep(3 * time.Minute)
		polls := len(server.Server.Requests())
		server.Server.ResetRequests() // what the Server remembers of them is not the provider's
		late := take(network)
		t.Logf("before: %v; early: %v; %d polls later: %v", before, early, polls, late)
		if polls < 40 {
			t.Errorf("%d polls are too few to tell", polls)
		}
		late.within(t, early)

		setAll(t, server, runs, states.Success)
		waits.Wait()
		for _, run := range made {
			if run.State["state"] != states.Success {
				t.Fatalf("a run was left as %v: %+v", run.State["state"], run.Diagnostics)
			}
		}
		time.Sleep(2 * time.Minute) // for what follows an answer, and for idle connections to be closed
		after := take(network)
		t.Logf("after: %v", after)
		after.heap = before.heap // the Server keeps what became of the runs
		after.within(t, before)
		stop()
	})
}

// held is what the process holds.
type held struct {
	goroutines, connections int
	heap                    uint64
}

// take looks when nothing is under way.
func take(network *pipes) held {
	synctest.Wait()
	for range 3 { // a pool takes two collections to let go
		runtime.GC()
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return held{goroutines: runtime.NumGoroutine(), connections: network.count(), heap: memory.HeapAlloc}
}

func (h held) String() string {
	return fmt.Sprintf("%d goroutines, %d connections, %d KB", h.goroutines, h.connections, h.heap>>10)
}

// within fails the test if more is held than earlier. A connection that was just used stays for a minute, with goroutines at
// both ends.
func (h held) within(t *testing.T, earlier held) {
	t.Helper()
	const connections, goroutines, heap = 4, 20, 128 << 10
	if h.connections > earlier.connections+connections || h.goroutines > earlier.goroutines+goroutines || h.heap > earlier.heap+heap {
		t.Errorf("the process holds %v, and held %v", h, earlier)
	}
}

// serveOn starts an embedded Server behind a network in memory.
func serveOn(t *testing.T, network *pipes) (server *acctest.PrefectServer, stop func()) {
	t.Helper()
	embedded, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- embedded.Serve(ctx, network) }()
	server = &acctest.PrefectServer{API: "http://127.0.0.1:4200", Server: embedded}
	for range 2 { // once for the tenant, then in it
		if server.Client, err = prefect.New(prefect.Config{Endpoint: server.API, Tenant: server.TenantID}); err != nil {
			t.Fatal(err)
		}
		if server.TenantID == "" {
			if server.TenantID, err = server.Client.CreateTenant(t.Context(), "Soak", "soak"); err != nil {
				t.Fatal(err)
			}
		}
	}
	return server, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// registerOne registers a flow and returns its id.
func registerOne(t *testing.T, server *acctest.PrefectServer) string {
	t.Helper()
	var flow map[string]any
	if err := json.Unmarshal(generate(t, 1)[0], &flow); err != nil {
		t.Fatal(err)
	}
	project, err := server.Client.CreateProject(t.Context(), "soak", nil)
	if err != nil {
		t.Fatal(err)
	}
	id, err := server.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: flow})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// setAll puts all runs of the tenant, of which there must be so many, into a state.
func setAll(t *testing.T, server *acctest.PrefectServer, size int, state string) {
	t.Helper()
	runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{})
	if err != nil || len(runs) != size {
		t.Fatalf("the Server has %d runs, want %d: %v", len(runs), size, err)
	}
	const set = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id } } }`
	for _, run := range runs {
		one := map[string]any{"flow_run_id": run.ID, "state": map[string]any{"type": state, "message": "set by the test", "__version__": "1.4.1"}}
		if err := server.Client.Do(t.Context(), set, map[string]any{"input": map[string]any{"states": []any{one}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// pipes is a network in memory with one listener: a bubble's clock stands still while a goroutine waits for a real one.
type pipes struct {
	accepts chan net.Conn
	closed  chan struct{}
	close   sync.Once

	mu   sync.Mutex
	open int // ends of connections
}

// newPipes makes it the network of all clients of the process until the test ends.
func newPipes(t *testing.T) *pipes {
	t.Helper()
	p := &pipes{accepts: make(chan net.Conn), closed: make(chan struct{})}
	usual := http.DefaultTransport
	http.DefaultTransport = &http.Transport{DialContext: p.dial}
	t.Cleanup(func() { http.DefaultTransport = usual })
	return p
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.accepts <- p.counted(there):
		return p.counted(here), nil
	case <-p.closed:
		return nil, errors.New("nothing listens")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepts:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

// Addr implements net.Listener.
func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4200} }

// count is how many ends of connections are open.
func (p *pipes) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

func (p *pipes) counted(conn net.Conn) net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	return &countedConn{Conn: conn, once: sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open--
	})}
}

type countedConn struct {
	net.Conn
	once func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.once()
	return c.Conn.Close()
}
