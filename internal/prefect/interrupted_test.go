package prefect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// interruption is when a creation is interrupted.
type interruption int

const (
	afterwards   interruption = iota // the Server has carried it out, but not answered
	before                           // the Server carries it out a moment later
	instead                          // the Server never carries it out
	disconnected                     // the Server has carried it out, and is gone
)

// An object whose creation was interrupted is not lost if the Server has it.
func TestInterruptedCreation(t *testing.T) {
	t.Parallel()
	creations := map[string]func(ctx context.Context, c *prefect.Client) (string, error){
		"tenant": func(ctx context.Context, c *prefect.Client) (string, error) { return c.CreateTenant(ctx, "New", "new") },
		"project": func(ctx context.Context, c *prefect.Client) (string, error) {
			return c.CreateProject(ctx, "new", ptr("d"))
		},
		"cloud_hook": func(ctx context.Context, c *prefect.Client) (string, error) {
			return c.CreateCloudHook(ctx, prefect.CreateCloudHookInput{
				Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
			})
		},
	}
	cases := map[string]struct {
		when  interruption
		found bool
		err   error
	}{
		"after":        {afterwards, true, nil},
		"before":       {before, true, nil},
		"instead":      {instead, false, context.Canceled},
		"disconnected": {disconnected, false, prefect.ErrUncertain},
	}
	for kind, create := range creations {
		for name, c := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				e := newEnv(t, prefectserver.Options{})
				ctx, cancel := context.WithCancel(t.Context())
				url, sleep := interrupts(t, e, kind, c.when, cancel)
				client := newClient(t, prefect.Config{Endpoint: url, Tenant: "default", MaxRetries: -1, Sleep: sleep})
				_, err := client.TenantID(t.Context())
				check(t, err)
				id, err := create(ctx, client)
				if !errors.Is(err, c.err) || c.err == nil && err != nil || c.err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("the error is %v, want %v", err, c.err)
				}
				if (id != "") != c.found || c.found && e.count(t, kind, `id: {_eq: "`+id+`"}`) != 1 {
					t.Errorf("the id is %q", id)
				}
				if c.when == instead && errors.Is(err, prefect.ErrUncertain) {
					t.Errorf("the Server was asked: %v", err)
				}
			})
		}
	}
}

// A Server that is not ready has not executed the request that waits for it, however its
// answer to the question looks.
func TestInterruptedWhileNotReady(t *testing.T) {
	t.Parallel()
	url, looks := respond(t, http.StatusServiceUnavailable, "text/html", "<html>")
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: time.Hour, Sleep: func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}})
	_, err := client.CreateTenant(ctx, "New", "new")
	if !errors.Is(err, context.Canceled) || errors.Is(err, prefect.ErrUncertain) {
		t.Errorf("interrupted: %v", err)
	}
	if n := looks.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
	// Nor is the result looked for when the time is over.
	clock := time.Now()
	now := func() time.Time { return clock }
	client = newClient(t, prefect.Config{Endpoint: url, ReadyTimeout: 3 * time.Second, Now: now, Sleep: func(_ context.Context, d time.Duration) error {
		clock = clock.Add(d)
		return nil
	}})
	looks.Store(0)
	if _, err := client.CreateTenant(t.Context(), "New", "new"); !errors.Is(err, prefect.ErrUnavailable) || strings.Contains(err.Error(), "may have") {
		t.Errorf("not ready in time: %v", err)
	}
	if n := looks.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// Nothing is looked for if the request has never left.
func TestInterruptedBeforeCreation(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	_, err := e.TenantID(t.Context())
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.server.ResetRequests()
	if _, err := e.CreateProject(ctx, "new", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if sent := e.server.Requests(); len(sent) != 0 {
		t.Errorf("requests were sent: %v", sent)
	}
}

// interrupts serves e's Server and interrupts the creation of a kind of objects. A Server that is slow carries it out
// while the client sleeps between two looks.
func interrupts(t *testing.T, e *env, kind string, when interruption, cancel func()) (url string, sleep func(context.Context, time.Duration) error) {
	t.Helper()
	handler := e.server.Handler()
	gone := make(chan struct{})
	late := make(chan func(context.Context), 1)
	sleep = func(ctx context.Context, _ time.Duration) error {
		select {
		case carryOut := <-late:
			carryOut(ctx)
		default:
		}
		return ctx.Err()
	}
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		carryOut := func(ctx context.Context) {
			again := r.Clone(context.WithoutCancel(ctx))
			again.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(httptest.NewRecorder(), again)
		}
		select {
		case <-gone:
			panic(http.ErrAbortHandler)
		default:
		}
		if !strings.Contains(string(body), "create_"+kind+"(") {
			r.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(w, r)
			return
		}
		switch when {
		case afterwards:
			carryOut(r.Context())
		case disconnected:
			carryOut(r.Context())
			close(gone)
		case before:
			late <- carryOut
		case instead:
		}
		cancel()
		<-r.Context().Done()
	})), sleep
}
