package services_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/services"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// server is an API with a project, its services and a clock that tests set.
type server struct {
	*testing.T
	*services.Services
	api     *api.API
	mu      sync.Mutex
	now     time.Time
	project string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{T: t, now: time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)}
	s.api = &api.API{Store: store.New(s.read), Clock: s.read}
	s.Services = &services.Services{API: s.api}
	tenant := s.id("create_tenant", map[string]any{"name": "T", "slug": "t"})
	s.project = s.id("create_project", map[string]any{"tenant_id": tenant, "name": "P"})
	return s
}

func (s *server) read() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Microsecond)
	return s.now
}

func (s *server) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *server) call(name string, input map[string]any) map[string]any {
	s.Helper()
	payload, err := s.api.Execute(s.Context(), s.api.Mutations()[name], input)
	if err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	answer, _ := payload.(map[string]any)
	return answer
}

func (s *server) id(name string, input map[string]any) string {
	s.Helper()
	id, _ := s.call(name, input)["id"].(string)
	return id
}

func (s *server) rows(table, column string, value any) []store.Row {
	s.Helper()
	var rows []store.Row
	if err := s.api.Store.View(func(tx *store.Tx) error {
		rows = append(rows, tx.By(table, column, value)...)
		return nil
	}); err != nil {
		s.Fatal(err)
	}
	return rows
}

func (s *server) run(id string) store.Row {
	s.Helper()
	rows := s.rows("flow_run", "id", id)
	if len(rows) != 1 {
		s.Fatalf("run %s: %v", id, rows)
	}
	return rows[0]
}

// register registers a flow of one task that may be retried.
func (s *server) register(name string, clocks ...any) string {
	s.Helper()
	document := map[string]any{
		"name": name, "tasks": []any{map[string]any{"slug": "a-1", "max_retries": json.Number("1"), "retry_delay": json.Number("90000")}},
	}
	if len(clocks) > 0 {
		document["schedule"] = map[string]any{"clocks": clocks}
	}
	return s.id("create_flow", map[string]any{"project_id": s.project, "serialized_flow": document})
}

func (s *server) state(key, id, kind string) {
	s.Helper()
	mutation := map[string]string{"flow_run_id": "set_flow_run_states", "task_run_id": "set_task_run_states"}[key]
	s.call(mutation, map[string]any{"states": []any{map[string]any{key: id, "state": map[string]any{"type": kind}}}})
}

// started makes a run of a flow and puts it into a state.
func (s *server) started(flow, kind string) string {
	s.Helper()
	id := s.id("create_flow_run", map[string]any{"flow_id": flow})
	s.state("flow_run_id", id, kind)
	return id
}

func (s *server) task(run string) store.Row {
	s.Helper()
	return s.rows("task_run", "flow_run_id", run)[0]
}

// round runs a service once and checks the count.
func (s *server) round(service func(context.Context) (int, error), want int) {
	s.Helper()
	count, err := service(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	if count != want {
		s.Errorf("%d runs, want %d", count, want)
	}
}

func cron(expression string) any {
	return map[string]any{"type": "CronClock", "cron": expression}
}

func TestSchedulerKeepsRunsAhead(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", cron("0 0 * * *"))
	s.register("plain")
	s.round(s.RunScheduler, 0)
	s.advance(72 * time.Hour)
	s.round(s.RunScheduler, 3)
	if runs := len(s.rows("flow_run", "flow_id", flow)); runs != 13 {
		t.Errorf("%d runs", runs)
	}
	s.call("set_schedule_inactive", map[string]any{"flow_id": flow})
	s.advance(72 * time.Hour)
	s.round(s.RunScheduler, 0)
	s.call("set_schedule_active", map[string]any{"flow_id": flow})
	s.call("archive_flow", map[string]any{"flow_id": flow})
	s.advance(72 * time.Hour)
	s.round(s.RunScheduler, 0)
}

func TestSchedulerOutlivesABadFlow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, name := range []string{"a", "b", "c"} {
		flow := s.register(name)
		group, _ := s.rows("flow", "id", flow)[0]["flow_group_id"].(string)
		s.call("set_flow_group_schedule", map[string]any{
			"flow_group_id": group, "interval_clocks": []any{map[string]any{"interval": int64(3600)}},
		})
		s.call("set_schedule_active", map[string]any{"flow_id": flow})
		if name != "b" {
			continue
		}
		if err := s.api.Store.Update(func(tx *store.Tx) error {
			_, err := tx.Update("flow", flow, store.Row{"parameters": []any{map[string]any{"name": "p", "required": true}}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.advance(2 * time.Hour)
	count, err := s.RunScheduler(t.Context())
	var visible *api.Error
	if count != 4 || !errors.As(err, &visible) || visible.Message != "Required parameters were not supplied: {'p'}" {
		t.Errorf("%d runs, error %v", count, err)
	}
}

func TestLazarus(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f")
	submitted, running, waiting := s.started(flow, "Submitted"), s.started(flow, "Running"), s.started(flow, "Scheduled")
	busy := s.started(flow, "Running")
	s.state("task_run_id", text(s.task(busy), "id"), "Running")
	s.advance(9 * time.Minute)
	s.round(s.RunLazarus, 0)
	s.advance(2 * time.Minute)
	s.round(s.RunLazarus, 2)
	for _, id := range []string{submitted, running} {
		run := s.run(id)
		if run["state"] != "Scheduled" || run["times_resurrected"] != int64(1) || run["state_message"] != "Rescheduled by a Lazarus process." {
			t.Errorf("run: %v", run)
		}
		logs := s.rows("log", "flow_run_id", id)
		if len(logs) != 1 || logs[0]["message"] != "Rescheduled by a Lazarus process. This is attempt 1." {
			t.Errorf("logs: %v", logs)
		}
	}
	for id, state := range map[string]string{waiting: "Scheduled", busy: "Running"} {
		if run := s.run(id); run["state"] != state || run["times_resurrected"] != int64(0) {
			t.Errorf("run: %v", run)
		}
	}
}

func TestLazarusGivesUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.started(s.register("f"), "Submitted")
	for range 3 {
		s.advance(11 * time.Minute)
		s.round(s.RunLazarus, 1)
		s.state("flow_run_id", run, "Submitted")
	}
	s.advance(11 * time.Minute)
	s.round(s.RunLazarus, 0)
	want := "A Lazarus process attempted to reschedule this run 3 times without success. Marking as failed."
	if row := s.run(run); row["state"] != "Failed" || row["state_message"] != want {
		t.Errorf("run: %v", row)
	}
}

func TestSettingsKeepTheServicesOff(t *testing.T) {
	t.Parallel()
	for mutation, want := range map[string]struct{ lazarus, zombies int }{
		"":                             {1, 1},
		"disable_flow_lazarus_process": {0, 1},
		"disable_flow_heartbeat":       {0, 0},
	} {
		s := newServer(t)
		flow := s.register("f")
		if mutation != "" {
			s.call(mutation, map[string]any{"flow_id": flow})
		}
		s.started(flow, "Submitted")
		s.started(flow, "Cancelling")
		s.advance(11 * time.Minute)
		s.round(s.RunLazarus, want.lazarus)
		s.round(s.RunZombieKiller, want.zombies)
	}
}

func TestZombieKiller(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f")
	cancelling, running := s.started(flow, "Cancelling"), s.started(flow, "Running")
	task := text(s.task(running), "id")
	s.state("task_run_id", task, "Running")
	s.round(s.RunZombieKiller, 0)
	s.advance(11 * time.Minute)
	s.round(s.RunZombieKiller, 2)
	if row := s.run(cancelling); row["state"] != "Failed" || row["state_message"] != "No heartbeat detected from the flow run; marking the run as failed." {
		t.Errorf("cancelling run: %v", row)
	}
	row := s.task(running)
	if row["state"] != "Retrying" || row["state_message"] != "No heartbeat detected from the remote task; retrying the run.This will be retry 1 of 1." {
		t.Errorf("task run: %v", row)
	}
	// The retry delay is 25 hours.
	if begin, _ := row["state_start_time"].(time.Time); begin.Sub(s.read()).Round(time.Minute) != 25*time.Hour {
		t.Errorf("retry at %v", begin)
	}
	s.state("task_run_id", task, "Running")
	s.advance(11 * time.Minute)
	s.round(s.RunZombieKiller, 1)
	want := "No heartbeat detected from the remote task; marking the task run " + task + " (None) as failed."
	if row := s.task(running); row["state"] != "Failed" || row["state_message"] != want {
		t.Errorf("task run: %v", row)
	}
	if logs := s.rows("log", "task_run_id", task); len(logs) != 2 || logs[0]["level"] != "ERROR" {
		t.Errorf("logs: %v", logs)
	}
}

func TestLoopsRunAndStop(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", cron("0 0 * * *"))
	s.advance(72 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Services.Run(ctx, services.Intervals{Scheduler: time.Millisecond, ZombieKiller: time.Millisecond})
	}()
	deadline := time.After(10 * time.Second)
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for len(s.rows("flow_run", "flow_id", flow)) < 13 {
		select {
		case <-deadline:
			t.Fatal("the scheduler made no runs")
		case <-poll.C:
		}
	}
	cancel()
	<-done
}

func text(row store.Row, column string) string {
	value, _ := row[column].(string)
	return value
}
