// Package api holds what Prefect Server's GraphQL service does: its mutations, and the
// queries that are not reads of a table. Operations take coerced input and a transaction,
// and answer payloads in the public field names; transport and validation are elsewhere.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const (
	// ReleaseVersion is the Server release whose behaviour this package has.
	ReleaseVersion = "2022.09.23"
	// ReleaseCoreVersion is the version of the client library inside that release; it
	// stamps every state the Server serialises.
	ReleaseCoreVersion = "1.4.1"

	defaultURL = "http://localhost:4200"
)

// API executes operations against a store. Only Store is required; the zero value of
// every other field means the documented default.
type API struct {
	Store *store.Store
	// Clock tells the time; time.Now by default.
	Clock func() time.Time
	// NewID makes the ids the GraphQL service itself chooses; random UUIDs by default.
	NewID func() string
	// NewName makes names of flow runs; two random words by default.
	NewName func() string
	// HTTPClient delivers cloud hooks. It must not be nil-wrapped; nil means a plain client.
	HTTPClient *http.Client
	// URL is the address that links in hook messages start with.
	URL string
	// Version and CoreVersion are what the query `api` answers.
	Version, CoreVersion string
	// Logger receives what the real service only logs, such as swallowed errors.
	Logger *slog.Logger

	submitted  expiringSet
	deliveries sync.WaitGroup
}

// Operation is one root field. The payload is a map in the names of the payload type (a
// plain value for scalar queries). An error that is an *Error is meant for the client.
type Operation func(ctx context.Context, tx *store.Tx, input map[string]any) (any, error)

// Error is an error as the client sees it.
type Error struct {
	// Message becomes errors[].message.
	Message string
	// Code becomes errors[].extensions.code.
	Code string
}

// CodeInternal is the code the gateway gives to every error an operation raises.
const CodeInternal = "INTERNAL_SERVER_ERROR"

func (e *Error) Error() string { return e.Message }

func fail(message string) error { return &Error{Message: message, Code: CodeInternal} }

// errInternal hides the cause from the client, as the real service does.
func errInternal() error {
	return fail("Unable to complete operation. An internal API error occurred.")
}

type headersKey struct{}

// WithHeaders returns a context that carries the headers of the request. Operations read
// X-Prefect-Agent-Id and X-Prefect-Core-Version from it; the gateway forwards no others.
func WithHeaders(ctx context.Context, headers http.Header) context.Context {
	return context.WithValue(ctx, headersKey{}, headers)
}

func header(ctx context.Context, name string) string {
	headers, ok := ctx.Value(headersKey{}).(http.Header)
	if !ok {
		return ""
	}
	return headers.Get(name)
}

type outboxKey struct{}

// outbox collects what must happen only once the transaction has been committed.
type outbox struct {
	events []hookEvent
	answer func(context.Context) any
}

// Execute runs one operation in a write transaction of its own.
//
// The real service has no transaction around a mutation: statements that succeeded before
// an error stay. Execute keeps them too, so an *Error does not roll back. Cloud hooks are
// called after the commit, in the background; see Wait.
func (a *API) Execute(ctx context.Context, op Operation, input map[string]any) (any, error) {
	box := &outbox{}
	ctx = context.WithValue(ctx, outboxKey{}, box)
	var (
		payload any
		failure error
	)
	err := a.Store.Update(func(tx *store.Tx) error {
		payload, failure = op(ctx, tx, input)
		var visible *Error
		if failure != nil && !errors.As(failure, &visible) {
			return failure
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, event := range box.events {
		a.callHooksInBackground(ctx, event)
	}
	if failure == nil && box.answer != nil {
		payload = box.answer(ctx)
	}
	return payload, failure
}

// Query runs one read-only operation.
func (a *API) Query(ctx context.Context, op Operation, input map[string]any) (any, error) {
	var payload any
	err := a.Store.View(func(tx *store.Tx) error {
		var err error
		payload, err = op(ctx, tx, input)
		return err
	})
	return payload, err
}

// Wait returns when every cloud hook called so far has been delivered or has failed.
func (a *API) Wait() { a.deliveries.Wait() }

// Mutations maps every mutation to its operation.
func (a *API) Mutations() map[string]Operation {
	all := map[string]Operation{}
	for _, group := range []map[string]Operation{
		a.tenantMutations(), a.projectMutations(), a.flowMutations(), a.taskMutations(),
		a.flowGroupMutations(), a.flowSettingMutations(), a.runMutations(), a.taskRunMutations(),
		a.stateMutations(), a.agentMutations(), a.logMutations(), a.artifactMutations(),
		a.cloudHookMutations(), a.messageMutations(),
	} {
		for name, op := range group {
			all[name] = op
		}
	}
	return all
}

func (a *API) now() time.Time {
	clock := a.Clock
	if clock == nil {
		clock = time.Now
	}
	return clock().UTC().Truncate(time.Microsecond)
}

func (a *API) newID() string {
	if a.NewID != nil {
		return a.NewID()
	}
	return uuid.NewString()
}

func (a *API) logger() *slog.Logger {
	if a.Logger != nil {
		return a.Logger
	}
	return slog.New(slog.DiscardHandler)
}

// expiringSet remembers keys for a while.
type expiringSet struct {
	mu      sync.Mutex
	expires map[string]time.Time
}

// add reports whether the key was not in the set, and puts it there until the time given.
func (s *expiringSet) add(key string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for known, expiry := range s.expires {
		if !now.Before(expiry) {
			delete(s.expires, known)
		}
	}
	if _, found := s.expires[key]; found {
		return false
	}
	if s.expires == nil {
		s.expires = map[string]time.Time{}
	}
	s.expires[key] = until
	return true
}
