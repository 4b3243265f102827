package devstack

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// startServer starts the embedded Server and makes its tenant.
func (s *Stack) startServer(ctx context.Context) error {
	begin := time.Now()
	server, err := prefectserver.New(prefectserver.Options{
		Logger:               s.options.Logger,
		SchedulerInterval:    prefectserver.SchedulerInterval,
		LazarusInterval:      prefectserver.LazarusInterval,
		ZombieKillerInterval: prefectserver.ZombieKillerInterval,
	})
	if err != nil {
		return fmt.Errorf("start the Prefect Server: %w", err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.listenAddress())
	if err != nil {
		return fmt.Errorf("start the Prefect Server: %w", err)
	}
	s.Server, s.API = server, "http://"+reachable(listener.Addr())
	s.background(ctx, "Prefect Server", func(ctx context.Context) error { return server.Serve(ctx, listener) })
	client, err := prefect.New(prefect.Config{Endpoint: s.API})
	if err != nil {
		return fmt.Errorf("make a client of the Prefect Server: %w", err)
	}
	if s.TenantID, err = client.CreateTenant(ctx, s.options.Tenant, s.options.Tenant); err != nil {
		return fmt.Errorf("create the tenant: %w", err)
	}
	s.progress("Prefect Server is ready at %s (%s)", s.API, since(begin))
	return nil
}

// reachable is the address that clients on this machine use.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}
