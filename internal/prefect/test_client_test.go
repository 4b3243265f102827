package prefect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// at once: tests do not wait before retries.
func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// env is an embedded Server with a tenant, and a client that works in it.
type env struct {
	*prefect.Client
	server *prefectserver.Server
	url    string
	tenant string
	events *eventLog
}

// newEnv starts a Server for one test.
func newEnv(t *testing.T, options prefectserver.Options, change ...func(*prefect.Config)) *env {
	t.Helper()
	server, err := prefectserver.New(options)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(listener.Close)
	log := &eventLog{}
	cfg := prefect.Config{Endpoint: listener.URL, Sleep: noSleep, Logger: log.add}
	for _, f := range change {
		f(&cfg)
	}
	root := newClient(t, cfg)
	tenant, err := root.CreateTenant(t.Context(), "Default", "default")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Tenant = "default"
	return &env{Client: newClient(t, cfg), server: server, url: listener.URL, tenant: tenant, events: log}
}

func newClient(t *testing.T, cfg prefect.Config) *prefect.Client {
	t.Helper()
	client, err := prefect.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// project makes a project.
func (e *env) project(t *testing.T, name string) string {
	t.Helper()
	id, err := e.CreateProject(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// flow registers a small flow in a new version group.
func (e *env) flow(t *testing.T, project, name string) *prefect.Flow {
	t.Helper()
	id, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: smallFlow(name)})
	if err != nil {
		t.Fatal(err)
	}
	flow, err := e.GetFlow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

// run creates a run of a flow.
func (e *env) run(t *testing.T, flowID string) string {
	t.Helper()
	id, err := e.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: flowID})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// smallFlow is a serialised flow of two tasks and an edge.
func smallFlow(name string) map[string]any {
	return flowOf(name, 2)
}

// flowOf is a serialised flow: a chain of so many tasks.
func flowOf(name string, tasks int) map[string]any {
	list, edges := make([]any, 0, tasks), make([]any, 0, tasks)
	slug := func(i int) string { return fmt.Sprintf("task-%03d", i) }
	for i := range tasks {
		list = append(list, map[string]any{
			"__version__": "1.4.1", "name": "task", "slug": slug(i), "type": "prefect.tasks.core.function.FunctionTask",
			"auto_generated": false, "tags": []any{}, "max_retries": json.Number("0"), "retry_delay": nil,
			"cache_key": nil, "trigger": map[string]any{"fn": "prefect.triggers.all_successful", "kwargs": map[string]any{}},
		})
		if i > 0 {
			edges = append(edges, map[string]any{
				"__version__": "1.4.1", "upstream_task": map[string]any{"slug": slug(i - 1)},
				"downstream_task": map[string]any{"slug": slug(i)}, "key": nil, "mapped": false,
			})
		}
	}
	return map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": name, "tasks": list, "edges": edges,
		"parameters": []any{}, "reference_tasks": []any{}, "schedule": nil, "environment": nil,
		"run_config": map[string]any{"type": "UniversalRun", "labels": []any{"x"}, "env": nil, "__version__": "1.4.1"},
		"storage":    map[string]any{"type": "Local", "__version__": "1.4.1"},
	}
}

// eventLog collects what the client tells its logger.
type eventLog struct {
	mu     sync.Mutex
	events []prefect.Event
}

func (l *eventLog) add(_ context.Context, e prefect.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *eventLog) all() []prefect.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]prefect.Event(nil), l.events...)
}

func ptr[T any](v T) *T { return &v }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve answers with a handler until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	return listener.URL
}
