package acctest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/clientconfig"
)

// PrefectServer is the Server of a test and the tenant that the test has to
// itself.
type PrefectServer struct {
	// API is the URL for clients.
	API string
	// TenantID and TenantSlug are the test's tenant; empty for EmptyServer.
	TenantID, TenantSlug string
	// Client works in the tenant.
	Client *prefect.Client
	// Server is the embedded Server, or nil if the environment names one.
	Server *prefectserver.Server
}

// Server returns the Server of a test, with a fresh tenant. Both end with the
// test.
func Server(t testing.TB) *PrefectServer {
	t.Helper()
	return ServerWith(t, prefectserver.Options{})
}

// ServerWith is Server with options for the embedded one, which another Server
// may do without.
func ServerWith(t testing.TB, options prefectserver.Options) *PrefectServer {
	t.Helper()
	acceptance(t)
	if api := os.Getenv("PREFECT_ACC_API"); api != "" {
		return withTenant(t, &PrefectServer{API: api})
	}
	return withTenant(t, embedded(t, options))
}

// RequireEmbedded skips the rest of a test that can do without the embedded
// Server until here.
func RequireEmbedded(t testing.TB, server *PrefectServer) {
	t.Helper()
	if server.Server == nil {
		t.Skip(skipNotEmbedded)
	}
}

const skipNotEmbedded = "needs the embedded Server, but PREFECT_ACC_API names another"

// Embedded is Server for tests that inject faults, count requests or need a
// Server of certain options. It is skipped if the environment names a Server.
func Embedded(t testing.TB, options prefectserver.Options) *PrefectServer {
	t.Helper()
	return withTenant(t, EmptyServer(t, options))
}

// EmptyServer is an embedded Server without a tenant. It is skipped if the
// environment names a Server.
func EmptyServer(t testing.TB, options prefectserver.Options) *PrefectServer {
	t.Helper()
	acceptance(t)
	if os.Getenv("PREFECT_ACC_API") != "" {
		t.Skip(skipNotEmbedded)
	}
	server := embedded(t, options)
	server.Client = client(t, server.API, "")
	return server
}

// embedded starts a Server that ends with the test.
func embedded(t testing.TB, options prefectserver.Options) *PrefectServer {
	t.Helper()
	if options.Logger == nil {
		options.Logger = Logger()
	}
	server, err := prefectserver.New(options)
	if err != nil {
		t.Fatalf("make the embedded Server: %v", err)
	}
	// Pods of a real node reach this machine at another address than its own.
	host := cmp.Or(os.Getenv("PREFECT_ACC_LISTEN"), "127.0.0.1")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	connections := &connections{Listener: listener}
	// Not the test's own context: clean-ups still need the Server after it ends.
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, connections) }()
	t.Cleanup(func() {
		stop()
		connections.closeAll()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the embedded Server ended with: %v", err)
		}
	})
	return &PrefectServer{API: "http://" + listener.Addr().String(), Server: server}
}

// connections is a listener that can close what it has accepted. Clients open
// connections that they then do not use, and for those an HTTP server waits
// seconds when it shuts down, which every test would pay.
type connections struct {
	net.Listener
	mu     sync.Mutex
	open   []net.Conn
	closed bool
}

// Accept implements net.Listener.
func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed { // accepted between the end of the test and that of the listener
		_ = conn.Close()
	}
	c.open = append(c.open, conn)
	return conn, nil
}

func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.open {
		_ = conn.Close() // most are closed already
	}
}

// withTenant creates the test's tenant and deletes it with everything in it
// after the test.
func withTenant(t testing.TB, server *PrefectServer) *PrefectServer {
	t.Helper()
	server.TenantSlug = Name("acc")
	admin := client(t, server.API, "")
	id, err := admin.CreateTenant(t.Context(), "Acceptance test", server.TenantSlug)
	if err != nil {
		t.Fatalf("create a tenant for the test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := admin.DeleteTenant(ctx, id); err != nil && !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("delete the test's tenant: %v", err)
		}
	})
	server.TenantID = id
	server.Client = client(t, server.API, id)
	return server
}

// clientConfig is what the provider would configure a client with for this
// endpoint.
func clientConfig(t testing.TB, api, tenant string) prefect.Config {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	config, err := clientconfig.Resolve(prefect.Config{Endpoint: api, Tenant: tenant}, os.Getenv, home)
	if err != nil {
		t.Fatalf("configure a client: %v", err)
	}
	return config
}

func client(t testing.TB, api, tenant string) *prefect.Client {
	t.Helper()
	made, err := prefect.New(clientConfig(t, api, tenant))
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	return made
}

// Logger is that of embedded parts: silent unless PREFECT_ACC_LOG is set.
func Logger() *slog.Logger {
	if os.Getenv("PREFECT_ACC_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// AnotherTenant is the same Server with a further tenant of its own.
func AnotherTenant(t testing.TB, server *PrefectServer) *PrefectServer {
	t.Helper()
	return withTenant(t, &PrefectServer{API: server.API, Server: server.Server})
}
