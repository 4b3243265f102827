package runwait

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// manyRuns is a Server with runs that start at once and end at their time.
type manyRuns struct {
	fakeServer
	ends map[string]time.Time
	gone string // a run that does not exist any more
}

func (s *manyRuns) GetFlowRun(ctx context.Context, id string) (*prefect.FlowRun, error) {
	runs, err := s.GetFlowRuns(ctx, []string{id})
	if err == nil && len(runs) == 0 {
		err = &prefect.Error{Kind: prefect.ErrNotFound}
	}
	if err != nil {
		return nil, err
	}
	return &runs[0], nil
}

func (s *manyRuns) GetFlowRuns(ctx context.Context, ids []string) ([]prefect.FlowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, time.Now())
	if s.err != nil {
		return nil, s.err
	}
	if len(ids) > sharedRuns {
		return nil, errors.New("too many runs in one request")
	}
	var runs []prefect.FlowRun
	for _, id := range ids {
		run := prefect.FlowRun{ID: id, State: states.Running, StartTime: new(time.Now())}
		if !time.Now().Before(s.ends[id]) {
			run.State = states.Success
		}
		if id != s.gone {
			runs = append(runs, run)
		}
	}
	return runs, ctx.Err()
}

// waitForAll waits for so many runs that end one after the other within a span, and returns how late the ends were
// noticed.
func (s *manyRuns) waitForAll(t *testing.T, runs int, first, span time.Duration) (late []time.Duration) {
	t.Helper()
	var polls Polls
	var all sync.WaitGroup
	var mu sync.Mutex
	begin := time.Now()
	s.ends = map[string]time.Time{}
	for i := range runs {
		s.ends[strconv.Itoa(i)] = begin.Add(first + span*time.Duration(i)/time.Duration(runs))
	}
	for id, end := range s.ends {
		all.Go(func() {
			out := New(s, &polls, id, Goal{WaitFor: WaitFinished, Success: []string{states.Success}}).Wait(t.Context())
			if id == s.gone {
				if !errors.Is(out.Err, prefect.ErrNotFound) {
					t.Errorf("run %s is gone: %+v", id, out)
				}
				return
			}
			if out.Verdict != Succeeded || out.Run.ID != id {
				t.Errorf("run %s: %+v", id, out)
			}
			mu.Lock()
			defer mu.Unlock()
			late = append(late, time.Since(end))
		})
	}
	all.Wait()
	return late
}

// TestPollsDoNotGrowWithTheRuns waits for 20 and for 200 runs: the Server is asked as often for these as for those.
func TestPollsDoNotGrowWithTheRuns(t *testing.T) {
	t.Parallel()
	requests := map[int]int{}
	for _, runs := range []int{1, 20, 200, 450} {
		synctest.Test(t, func(t *testing.T) {
			s := &manyRuns{}
			late := s.waitForAll(t, runs, 5*time.Minute, 5*time.Minute)
			requests[runs] = len(s.requests)
			t.Logf("%d runs: %d requests, %d in the busiest minute, the ends noticed after %s on average and %s at most", runs, len(s.requests), s.busiest(),
				mean(late).Round(time.Millisecond), slices.Max(late))
			if longest := slices.Max(late); longest > 6*time.Second {
				t.Errorf("%d runs: an end was noticed after %s", runs, longest)
			}
			if n := s.busiest(); n > int(time.Minute/sharedGap) {
				t.Errorf("%d runs: %d requests within a minute", runs, n)
			}
		})
	}
	if requests[200] > requests[20]*5/4 {
		t.Errorf("200 runs take %d requests, 20 runs %d", requests[200], requests[20])
	}
}

func mean(all []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(max(1, len(all)))
}

// TestPollsTellOfAMissingRun has one of several runs deleted.
func TestPollsTellOfAMissingRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &manyRuns{gone: "3"}
		s.waitForAll(t, 5, time.Minute, time.Minute)
	})
}

// TestPollsOfAServerThatIsAway lets the Server fail for a while, and one wait be interrupted.
func TestPollsOfAServerThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &manyRuns{}
		after(10*time.Second, func() { s.set(func(f *fakeServer) { f.err = &prefect.Error{Kind: prefect.ErrUnreachable} }) })
		after(70*time.Second, func() { s.set(func(f *fakeServer) { f.err = nil }) })
		s.waitForAll(t, 20, 90*time.Second, time.Minute)
	})
}

// TestBudgetCountsTheCreation has a wait follow a creation: together they stay within the budget, and what the creation
// has read is not asked for again.
func TestBudgetCountsTheCreation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{run: prefect.FlowRun{ID: "r", State: states.Running}}
		const creation = 5
		for range creation {
			s.requests = append(s.requests, time.Now())
		}
		waiter := newTestWaiter(s, nil, "r", testGoal())
		waiter.Started(&prefect.FlowRun{ID: "r", State: states.Scheduled}, creation)
		after(3*time.Minute, func() { s.state(states.Success) })
		if out := waiter.Wait(t.Context()); out.Verdict != Succeeded {
			t.Fatalf("got %+v", out)
		}
		if n := s.busiest(); n > budget {
			t.Errorf("%d requests within a minute", n)
		}
	})
}
