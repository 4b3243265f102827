// Package prefectserver is an embedded Prefect Server: the public GraphQL API of
// Prefect 1's Server over an in-memory database that enforces the real one's
// constraints, with its background services, without containers or PostgreSQL.
//
// It leaves out Hasura's own mutations of tables (insert_, update_ and delete_), subscriptions, upgrades and
// telemetry. Text is ordered by code point rather than by the collation of a locale, regular expressions are Go's,
// and nothing outlives the process.
package prefectserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/query"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/services"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// DefaultBodyLimit is the largest request body in bytes that Prefect Server takes
// unless configured otherwise.
const DefaultBodyLimit = 5 << 20

// The intervals at which Prefect Server's own services run, for Options.
const (
	SchedulerInterval    = services.SchedulerInterval
	LazarusInterval      = services.LazarusInterval
	ZombieKillerInterval = services.ZombieKillerInterval
)

// Options configure a Server. The zero value is a Server without background
// services.
type Options struct {
	// Logger receives what the Server logs; nothing by default.
	Logger *slog.Logger
	// Clock tells the time; time.Now by default.
	Clock func() time.Time
	// BodyLimit is the largest request body in bytes; DefaultBodyLimit by default.
	BodyLimit int64
	// SchedulerInterval is how often runs are made from active schedules. Zero
	// turns it off; RunScheduler runs it on demand.
	SchedulerInterval time.Duration
	// LazarusInterval is how often runs without a heartbeat are put back. Zero
	// turns it off; RunLazarus runs it on demand.
	LazarusInterval time.Duration
	// ZombieKillerInterval is how often stale runs are failed. Zero turns it off;
	// RunZombieKiller runs it on demand.
	ZombieKillerInterval time.Duration
	// Version and CoreVersion are what the query api answers; a release's by default.
	Version, CoreVersion string
	// URL is what links in messages of cloud hooks start with; http://localhost:4200 by
	// default.
	URL string
	// HTTPClient delivers cloud hooks; a plain client by default.
	HTTPClient *http.Client
	// NewID and NewName make ids and names of runs, for tests; random by default.
	NewID, NewName func() string
}

// Server is an embedded Prefect Server. Use New.
type Server struct {
	logger    *slog.Logger
	bodyLimit int64
	intervals services.Intervals
	store     *store.Store
	api       *api.API
	services  *services.Services
	engine    *query.Engine
	faults    *Faults
	requests  *requestLog
}

// New returns a Server without any tenant. It does nothing by itself until Serve.
func New(options Options) (*Server, error) {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	clock := options.Clock
	if clock == nil {
		clock = time.Now
	}
	limit := options.BodyLimit
	if limit <= 0 {
		limit = DefaultBodyLimit
	}
	s := &Server{
		logger:    logger,
		bodyLimit: limit,
		intervals: services.Intervals{
			Scheduler: options.SchedulerInterval, Lazarus: options.LazarusInterval, ZombieKiller: options.ZombieKillerInterval,
		},
		store:    store.New(clock),
		faults:   &Faults{},
		requests: &requestLog{},
	}
	s.api = &api.API{
		Store: s.store, Clock: clock, Logger: logger, NewID: options.NewID, NewName: options.NewName,
		Version: options.Version, CoreVersion: options.CoreVersion, URL: options.URL, HTTPClient: options.HTTPClient,
	}
	s.services = &services.Services{API: s.api, Clock: clock, Logger: logger}
	engine, err := query.New(s.store, s.resolvers())
	if err != nil {
		return nil, fmt.Errorf("query engine: %w", err)
	}
	s.engine = engine
	return s, nil
}

// resolvers connects the operations of package api with the query engine.
func (s *Server) resolvers() map[string]query.Resolver {
	out := map[string]query.Resolver{}
	for name, operation := range s.api.Mutations() {
		out[name] = s.resolver(s.api.Execute, operation)
	}
	for name, operation := range s.api.Queries() {
		out[name] = s.resolver(s.api.Query, operation)
	}
	return out
}

func (s *Server) resolver(
	run func(context.Context, api.Operation, map[string]any) (any, error), operation api.Operation,
) query.Resolver {
	return func(ctx context.Context, input map[string]any) (any, error) {
		payload, err := run(ctx, operation, input)
		if err == nil {
			return payload, nil
		}
		var visible *api.Error
		if errors.As(err, &visible) {
			return nil, &query.ClientError{Message: visible.Message, Code: visible.Code}
		}
		s.logger.ErrorContext(ctx, "operation failed", "error", err)
		return nil, &query.ClientError{Message: internalMessage, Code: "API_ERROR"}
	}
}

// internalMessage is how Prefect Server words an error whose cause it keeps to
// itself.
const internalMessage = "Unable to complete operation. An internal API error occurred."

// Store is the Server's database, for tests that prepare or inspect rows.
func (s *Server) Store() *store.Store { return s.store }

// Faults lets tests make requests fail.
func (s *Server) Faults() *Faults { return s.faults }

// RunScheduler makes the next runs of every active schedule, once.
func (s *Server) RunScheduler(ctx context.Context) error {
	if _, err := s.services.RunScheduler(ctx); err != nil {
		return fmt.Errorf("scheduler: %w", err)
	}
	return nil
}

// RunLazarus puts back or fails the runs that have lost their process, once.
func (s *Server) RunLazarus(ctx context.Context) error {
	if _, err := s.services.RunLazarus(ctx); err != nil {
		return fmt.Errorf("lazarus: %w", err)
	}
	return nil
}

// RunZombieKiller fails runs that are marked as running but have no heartbeat, once.
func (s *Server) RunZombieKiller(ctx context.Context) error {
	if _, err := s.services.RunZombieKiller(ctx); err != nil {
		return fmt.Errorf("zombie killer: %w", err)
	}
	return nil
}

// shutdownGrace is how long requests in flight may take once the Server stops.
const shutdownGrace = 5 * time.Second

// Serve answers requests and runs the background services until ctx ends, then
// lets requests in flight finish. It closes the listener. It returns nil if it
// ended because of ctx.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving %s: %w", listener.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		s.services.Run(running, s.intervals)
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(running), shutdownGrace)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			return errors.Join(fmt.Errorf("shutting down: %w", err), server.Close())
		}
		return nil
	})
	err := group.Wait()
	s.api.Wait()
	if err != nil {
		return fmt.Errorf("prefect server: %w", err)
	}
	return nil
}
