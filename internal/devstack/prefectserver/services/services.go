// Package services holds the background work of Prefect Server: the scheduler, which makes runs of active schedules;
// Lazarus, which puts runs back whose process has died; and the zombie killer, which ends runs that have no
// heartbeat.
package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// The intervals of the real services.
const (
	SchedulerInterval    = 150 * time.Second
	LazarusInterval      = 10 * time.Minute
	ZombieKillerInterval = 2 * time.Minute
)

const (
	// staleAfter is how long a run may go without a heartbeat.
	staleAfter = 10 * time.Minute
	// scheduledRuns is how many runs of a flow are scheduled ahead.
	scheduledRuns = 10
)

// Intervals says how often each service runs; zero is never.
type Intervals struct {
	Scheduler, Lazarus, ZombieKiller time.Duration
}

// Services runs the background work of one API.
type Services struct {
	API *api.API
	// Clock tells the time that heartbeats are compared with; the API's by default.
	Clock func() time.Time
	// Logger receives errors of rounds; none by default.
	Logger *slog.Logger
}

// Run runs the services at their intervals until the context ends. A round starts an
// interval after the one before it started. Errors are logged, and the next round tries
// again.
func (s *Services) Run(ctx context.Context, every Intervals) {
	var group sync.WaitGroup
	for _, service := range []struct {
		name  string
		every time.Duration
		round func(context.Context) (int, error)
	}{
		{"scheduler", every.Scheduler, s.RunScheduler},
		{"lazarus", every.Lazarus, s.RunLazarus},
		{"zombie killer", every.ZombieKiller, s.RunZombieKiller},
	} {
		if service.every > 0 {
			group.Go(func() { s.loop(ctx, service.name, service.every, service.round) })
		}
	}
	group.Wait()
}

func (s *Services) loop(ctx context.Context, name string, every time.Duration, round func(context.Context) (int, error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if _, err := round(ctx); err != nil && ctx.Err() == nil {
			s.logger().ErrorContext(ctx, "service round failed", "service", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// RunScheduler makes the next runs of every flow whose schedule is active, and returns how
// many runs the schedules name, old and new. A flow that fails does not stop the others.
func (s *Services) RunScheduler(ctx context.Context) (int, error) {
	flows, err := s.find("flow", func(_ *store.Tx, flow store.Row) bool {
		return flow["is_schedule_active"] == true && flow["archived"] == false
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(flows, func(x, y store.Row) int { return strings.Compare(id(y), id(x)) })
	return s.each(ctx, flows, func(ctx context.Context, tx *store.Tx, flow store.Row) (int, error) {
		runs, err := s.API.ScheduleFlowRuns(ctx, tx, id(flow), scheduledRuns)
		return len(runs), err
	})
}

// each does something about every row, in a transaction of its own, and adds up the
// counts. Errors of one row do not stop the others.
func (s *Services) each(
	ctx context.Context, rows []store.Row, do func(context.Context, *store.Tx, store.Row) (int, error),
) (int, error) {
	total := 0
	var failures []error
	for _, row := range rows {
		if ctx.Err() != nil {
			return total, fmt.Errorf("round interrupted: %w", context.Cause(ctx))
		}
		count, err := s.API.Execute(ctx, func(ctx context.Context, tx *store.Tx, _ map[string]any) (any, error) {
			return do(ctx, tx, row)
		}, nil)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", id(row), err))
		}
		if number, ok := count.(int); ok && err == nil {
			total += number
		}
	}
	return total, errors.Join(failures...)
}

func (s *Services) find(table string, matches func(*store.Tx, store.Row) bool) ([]store.Row, error) {
	var found []store.Row
	err := s.API.Store.View(func(tx *store.Tx) error {
		for row := range tx.Scan(table) {
			if matches(tx, row) {
				found = append(found, row)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s: %w", table, err)
	}
	return found, nil
}

func (s *Services) now() time.Time {
	switch {
	case s.Clock != nil:
		return s.Clock()
	case s.API.Clock != nil:
		return s.API.Clock()
	}
	return time.Now()
}

func (s *Services) logger() *slog.Logger {
	if s.Logger != nil {
		return s.Logger
	}
	return slog.New(slog.DiscardHandler)
}

func id(row store.Row) string { return text(row, "id") }

func text(row store.Row, column string) string {
	value, _ := row[column].(string)
	return value
}

func count(row store.Row, column string) int64 {
	value, _ := row[column].(int64)
	return value
}

// byUpdated orders rows by when they last changed, the oldest first.
func byUpdated(x, y store.Row) int {
	updatedX, _ := x["updated"].(time.Time)
	updatedY, _ := y["updated"].(time.Time)
	return updatedX.Compare(updatedY)
}

// stale reports whether a flow run's last sign of life is too old; a run that never gave one
// is not stale.
func stale(flowRun store.Row, cutoff time.Time) bool {
	heartbeat, ok := flowRun["heartbeat"].(time.Time)
	return ok && !heartbeat.After(cutoff)
}

// disabled reports whether the flow group of a flow turns a setting off.
func disabled(tx *store.Tx, flowID, setting string) bool {
	flow, _ := tx.Get("flow", flowID)
	group, _ := tx.Get("flow_group", text(flow, "flow_group_id"))
	settings, _ := group["settings"].(map[string]any)
	value, given := settings[setting]
	return given && value == false
}
