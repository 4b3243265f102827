package prefect_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// A Server that is starting shows these one after the other.
func TestFirstRequestWaitsForTheServer(t *testing.T) {
	t.Parallel()
	stages := []func(http.ResponseWriter){
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, graphQLError("request to http://hasura:3000/v1alpha1/graphql failed, reason: connect ECONNREFUSED 10.1.1.1:3000", "X"))
		},
		func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, graphQLError("Unable to connect to postgres.", "X"))
		},
	}
	var n, ready atomic.Int64
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "query Ready") {
			ready.Add(1)
		}
		if i := int(n.Add(1)) - 1; i < len(stages) {
			stages[i](w)
			return
		}
		_, _ = io.WriteString(w, noTenants)
	}))
	var waited atomic.Int64
	client := newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: time.Minute, Sleep: func(_ context.Context, d time.Duration) error {
		waited.Add(int64(d))
		return nil
	}})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := client.Do(t.Context(), aQuery, nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := ready.Load(); got != int64(len(stages))+1 {
		t.Errorf("looked %d times for %d stages", got, len(stages))
	}
	if waited.Load() == 0 {
		t.Error("did not wait between looks")
	}
}

// The name of a Server that was only just installed may come after the Server. Only readiness waits for it.
func TestReadinessWaitsForAName(t *testing.T) {
	t.Parallel()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, noTenants) }))
	var dials atomic.Int64
	config := func(unknown int64, ready time.Duration) prefect.Config {
		dials.Store(0)
		return prefect.Config{
			Endpoint: "http://prefect.invalid", ReadyTimeout: ready, Sleep: noSleep,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				if dials.Add(1) <= unknown {
					return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "prefect.invalid", IsNotFound: true}}
				}
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(url, "http://"))
			},
		}
	}
	if err := newClient(t, config(3, time.Hour)).Do(t.Context(), aQuery, nil, nil); err != nil {
		t.Errorf("with ready_timeout: %v", err)
	}
	if err := newClient(t, config(3, 0)).ReadyWithin(t.Context(), time.Hour); err != nil {
		t.Errorf("with wait: %v", err)
	}
	clock := time.Now()
	ends := config(1000, 10*time.Second)
	ends.Now = func() time.Time { return clock }
	ends.Sleep = func(_ context.Context, d time.Duration) error { clock = clock.Add(d); return nil }
	client := newClient(t, ends)
	if err := client.WaitReady(t.Context()); !errors.Is(err, prefect.ErrUnreachable) || !strings.Contains(err.Error(), "cannot be resolved") || dials.Load() != 5 {
		t.Errorf("at the end: %v after %d attempts", err, dials.Load())
	}
	if err := newClient(t, config(3, 0)).Do(t.Context(), aQuery, nil, nil); !errors.Is(err, prefect.ErrUnreachable) || dials.Load() != 1 {
		t.Errorf("an ordinary request: %v after %d attempts", err, dials.Load())
	}
}

func TestReadinessEnds(t *testing.T) {
	t.Parallel()
	url, looks := respond(t, http.StatusBadGateway, "text/html", "<html>")
	clock := time.Now()
	now := func() time.Time { return clock }
	client := newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: 10 * time.Second, Now: now, Sleep: func(_ context.Context, d time.Duration) error {
		clock = clock.Add(d)
		return nil
	}})
	err := client.Do(t.Context(), aQuery, nil, nil)
	if !errors.Is(err, prefect.ErrUnavailable) || !strings.Contains(err.Error(), "not ready after 10s") {
		t.Errorf("error: %v", err)
	}
	if n := looks.Load(); n != 5 {
		t.Errorf("%d looks in 10 s", n)
	}
	// What waiting cannot cure is said at once.
	for status, kind := range map[int]error{401: prefect.ErrUnauthorized, 404: prefect.ErrNotPrefect} {
		url, n := respond(t, status, "text/html", "<html>")
		client := newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: time.Hour, Sleep: noSleep})
		if err := client.WaitReady(t.Context()); !errors.Is(err, kind) || n.Load() != 1 {
			t.Errorf("%d: %v after %d looks", status, err, n.Load())
		}
	}
	// Without a timeout it looks once.
	url, n := respond(t, http.StatusBadGateway, "text/html", "")
	if err := newClient(t, prefect.Config{Endpoint: url}).WaitReady(t.Context()); !errors.Is(err, prefect.ErrUnavailable) || n.Load() != 1 {
		t.Errorf("once: %v after %d looks", err, n.Load())
	}
	// Cancellation ends the wait.
	ctx, cancel := context.WithCancel(t.Context())
	client = newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: time.Hour, Logger: func(context.Context, prefect.Event) { cancel() }})
	if err := client.WaitReady(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
