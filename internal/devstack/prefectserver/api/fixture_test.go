package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

const missing = "00000000-0000-0000-0000-000000000000"

// start is when the clock of every test starts, a Monday.
var start = time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests set; every reading is a microsecond after the one before, so
// that rows have an order.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// server is an API with a tenant and a project.
type server struct {
	*testing.T
	*api.API
	clock           *clock
	headers         http.Header
	tenant, project string
}

func newServer(t *testing.T) *server {
	t.Helper()
	clock := &clock{now: start}
	s := &server{
		T: t, clock: clock, headers: http.Header{},
		API: &api.API{Store: store.New(clock.read), Clock: clock.read},
	}
	t.Cleanup(s.Wait)
	s.tenant = s.id("create_tenant", in{"name": "T", "slug": "t"})
	s.project = s.id("create_project", in{"tenant_id": s.tenant, "name": "P"})
	return s
}

// in is the coerced input of an operation.
type in map[string]any

func (s *server) try(name string, input in) (map[string]any, error) {
	s.Helper()
	op, found := s.Mutations()[name]
	execute := s.Execute
	if !found {
		op, found = s.Queries()[name]
		execute = s.Query
	}
	if !found {
		s.Fatalf("no operation %s", name)
	}
	payload, err := execute(api.WithHeaders(context.Background(), s.headers), op, input)
	if err != nil {
		return nil, err
	}
	answer, ok := payload.(map[string]any)
	if !ok {
		s.Fatalf("%s: payload %v", name, payload)
	}
	return answer, nil
}

func (s *server) call(name string, input in) map[string]any {
	s.Helper()
	payload, err := s.try(name, input)
	if err != nil {
		s.Fatalf("%s(%v): %v", name, input, err)
	}
	return payload
}

func (s *server) id(name string, input in) string {
	s.Helper()
	id, _ := s.call(name, input)["id"].(string)
	if id == "" {
		s.Fatalf("%s(%v): no id", name, input)
	}
	return id
}

// success calls an operation and checks the success it answers.
func (s *server) success(want bool, name string, input in) {
	s.Helper()
	if got := s.call(name, input)["success"]; got != want {
		s.Errorf("%s(%v): success %v", name, input, got)
	}
}

// refused calls an operation and checks the error it answers.
func (s *server) refused(message, name string, input in) {
	s.Helper()
	_, err := s.try(name, input)
	var visible *api.Error
	if !errors.As(err, &visible) {
		s.Errorf("%s(%v): got error %v, want %q", name, input, err, message)
		return
	}
	if visible.Message != message || visible.Code != api.CodeInternal {
		s.Errorf("%s(%v): got %q (%s), want %q", name, input, visible.Message, visible.Code, message)
	}
}

func (s *server) row(table, id string) store.Row {
	s.Helper()
	var row store.Row
	err := s.Store.View(func(tx *store.Tx) error {
		row, _ = tx.Get(table, id)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return row
}

// rows returns the rows of a table where a column has a value, in order of insertion.
func (s *server) rows(table, column string, value any) []store.Row {
	s.Helper()
	var rows []store.Row
	err := s.Store.View(func(tx *store.Tx) error {
		rows = append(rows, tx.By(table, column, value)...)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

// decode reads JSON as the store keeps it.
func decode(t *testing.T, document string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return value
}

// flowOf is a serialised flow of two tasks; rest replaces or adds fields.
func flowOf(t *testing.T, name, rest string) map[string]any {
	t.Helper()
	document, _ := decode(t, `{
		"name": "`+name+`", "__version__": "1.4.1", "schedule": null, "environment": null,
		"tasks": [
			{"slug": "a-1", "name": "a", "tags": [], "max_retries": 2, "retry_delay": 30, "trigger": {"fn": "all", "kwargs": {}}},
			{"slug": "b-1", "name": "b", "tags": ["x"]}],
		"edges": [{"upstream_task": {"slug": "a-1"}, "downstream_task": {"slug": "b-1"}, "key": "x", "mapped": true}],
		"parameters": [], "run_config": {"type": "KubernetesRun", "labels": ["prod", "k8s"]}}`).(map[string]any)
	if rest != "" {
		changes, _ := decode(t, rest).(map[string]any)
		for key, value := range changes {
			document[key] = value
		}
	}
	return document
}

// register registers a version of a flow.
func (s *server) register(name, rest string) string {
	s.Helper()
	return s.id("create_flow", in{"project_id": s.project, "serialized_flow": flowOf(s.T, name, rest)})
}

func (s *server) run(input in) string {
	s.Helper()
	return s.id("create_flow_run", input)
}

// state puts a flow run into a state.
func (s *server) state(run, kind string) {
	s.Helper()
	s.call("set_flow_run_states", in{"states": []any{map[string]any{
		"flow_run_id": run, "state": map[string]any{"type": kind},
	}}})
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if count, ok := got.(int64); ok {
		got = json.Number(strconv.FormatInt(count, 10))
	}
	if !store.EqualJSON(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
