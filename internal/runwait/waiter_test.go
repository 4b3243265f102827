package runwait

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// fakeServer has one run, whose state the test sets.
type fakeServer struct {
	mu       sync.Mutex
	run      prefect.FlowRun
	agents   []prefect.Agent
	earlier  []prefect.FlowRun
	err      error
	requests []time.Time
	skew     time.Duration // of the Server's clock
}

func (s *fakeServer) GetFlowRun(ctx context.Context, _ string) (*prefect.FlowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, time.Now())
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if s.err != nil {
		return nil, s.err
	}
	run := s.run
	return &run, nil
}

func (s *fakeServer) GetFlowRuns(ctx context.Context, ids []string) ([]prefect.FlowRun, error) {
	run, err := s.GetFlowRun(ctx, "")
	if err != nil {
		return nil, err
	}
	runs := make([]prefect.FlowRun, len(ids))
	for i, id := range ids {
		runs[i] = *run
		runs[i].ID = id
	}
	return runs, nil
}

func (s *fakeServer) ListAgents(context.Context) ([]prefect.Agent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, time.Now())
	return s.agents, nil
}

func (s *fakeServer) ListFlowRuns(context.Context, prefect.FlowRunFilter) ([]prefect.FlowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, time.Now())
	return s.earlier, nil
}

func (s *fakeServer) ServerTime() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.skew)
}

func (s *fakeServer) set(change func(*fakeServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *fakeServer) state(state string) { s.set(func(s *fakeServer) { s.run.State = state }) }

// busiest is the largest number of requests within a minute.
func (s *fakeServer) busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return mostInAMinute(s.requests)
}

type fakeWatch struct {
	mu      sync.Mutex
	jobs    []runjobs.Job
	changes chan struct{}
}

func newFakeWatch() *fakeWatch                { return &fakeWatch{changes: make(chan struct{}, 1)} }
func (w *fakeWatch) Changes() <-chan struct{} { return w.changes }
func (w *fakeWatch) Close()                   {}
func (w *fakeWatch) Snapshot() []runjobs.Job  { w.mu.Lock(); defer w.mu.Unlock(); return w.jobs }

func (w *fakeWatch) show(jobs ...runjobs.Job) {
	w.mu.Lock()
	w.jobs = jobs
	w.mu.Unlock()
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

func podJob(phase string) runjobs.Job {
	return runjobs.Job{UID: "a", Name: "job", Completed: phase == PodSucceeded, Pods: []runjobs.Pod{{Name: "p", UID: "p", Phase: phase}}}
}

func after(d time.Duration, do func()) { time.AfterFunc(d, do) }

func TestWaitNoticesTheEndOfThePod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Submitted"}}, newFakeWatch()
		start := time.Now()
		after(20*time.Second, func() { s.state("Running"); w.show(podJob("Running")) })
		const end = 5*time.Minute + 1300*time.Millisecond
		after(end-50*time.Millisecond, func() { s.state("Success") })
		after(end, func() { w.show(podJob(PodSucceeded)) })
		waiter := newTestWaiter(s, w, "r", testGoal())
		out := waiter.Wait(t.Context())
		if out.Verdict != Succeeded {
			t.Fatalf("got %+v", out)
		}
		if late := time.Since(start) - end; late > 100*time.Millisecond {
			t.Errorf("noticed %s after the pod ended", late)
		}
		if n := s.busiest(); n >= 20 {
			t.Errorf("%d requests within a minute", n)
		}
	})
}

func TestWaitStaysWithinBudgetWhateverHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled"}}, newFakeWatch()
		s.agents = []prefect.Agent{{Name: "a", LastQueried: new(time.Now().Add(time.Hour))}}
		ctx, stop := context.WithCancel(t.Context())
		var noise sync.WaitGroup
		noise.Go(func() { // pods that change all the time
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					w.show(runjobs.Job{UID: strconv.Itoa(i)})
				}
			}
		})
		defer noise.Wait()
		after(9*time.Minute, stop)
		out := newTestWaiter(s, w, "r", Goal{WaitFor: WaitFinished, Success: []string{states.Success}, Limits: Limits{Agent: 15 * time.Second}}).Wait(ctx)
		if !out.Interrupted {
			t.Fatalf("got %+v", out)
		}
		if n := s.busiest(); n >= 20 {
			t.Errorf("%d requests within a minute", n)
		}
	})
}

func TestWaitEndsAtOnceWhenInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Running"}}
		ctx, stop := context.WithCancel(t.Context())
		start := time.Now()
		after(90*time.Second+time.Millisecond, stop)
		out := newTestWaiter(s, nil, "r", testGoal()).Wait(ctx)
		if !out.Interrupted || out.Err != nil || out.Run == nil || out.Run.State != "Running" {
			t.Errorf("got %+v", out)
		}
		if d := time.Since(start); d != 90*time.Second+time.Millisecond {
			t.Errorf("returned after %s", d)
		}
	})
}

func TestWaitAsksAboutAgents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{run: prefect.FlowRun{ID: "r", Name: "n", State: "Scheduled", Labels: []string{"gpu"}}}
		s.agents = []prefect.Agent{{Name: "cpu-agent", Labels: []string{"cpu"}, LastQueried: new(time.Now())}}
		start := time.Now()
		out := newTestWaiter(s, nil, "r", testGoal()).Wait(t.Context())
		if out.Verdict != Late || out.Limit != LimitAgent {
			t.Fatalf("got %+v", out)
		}
		if d := time.Since(start); d < 15*time.Second || d > 20*time.Second {
			t.Errorf("said after %s", d)
		}
		text := Report{Outcome: out, Goal: testGoal()}.Detail()
		for _, part := range []string{`"cpu-agent"`, `"cpu"`, `"gpu"`, "The next apply continues"} {
			if !strings.Contains(text, part) {
				t.Errorf("does not say %s:\n%s", part, text)
			}
		}
	})
}

func TestWaitPutsUpWithAServerThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := &prefect.Error{Operation: "GetFlowRun", Message: "connection refused", Kind: prefect.ErrUnreachable}
		s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Running"}}
		after(10*time.Second, func() { s.set(func(s *fakeServer) { s.err = away }) })
		after(100*time.Second, func() { s.set(func(s *fakeServer) { s.err = nil; s.run.State = "Success" }) })
		if out := newTestWaiter(s, nil, "r", testGoal()).Wait(t.Context()); out.Verdict != Succeeded {
			t.Errorf("got %+v", out)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		away := &prefect.Error{Operation: "GetFlowRun", Message: "connection refused", Kind: prefect.ErrUnreachable}
		out := newTestWaiter(&fakeServer{err: away}, nil, "r", testGoal()).Wait(t.Context())
		if out.Err == nil || out.Interrupted {
			t.Errorf("got %+v", out)
		}
	})
}

func TestWaitEndsWhenTheRunIsDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Running"}}
		after(time.Minute, func() { s.set(func(s *fakeServer) { s.err = &prefect.Error{Kind: prefect.ErrNotFound} }) })
		out := newTestWaiter(s, nil, "r", testGoal()).Wait(t.Context())
		if text := (Report{Outcome: out}).Summary(); !strings.Contains(text, "was deleted") {
			t.Errorf("got %q", text)
		}
	})
}

func TestWaitFollowsAResurrectedRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Running"}}, newFakeWatch()
		zero := int32(0)
		first := failedJob("a")
		second := runjobs.Job{UID: "b", Name: "second", Attempt: 2, Completed: true, Pods: []runjobs.Pod{{
			UID: "q", Phase: PodSucceeded, Containers: []runjobs.Container{{Name: "flow", State: runjobs.StateTerminated, ExitCode: &zero}},
		}}}
		after(30*time.Second, func() { w.show(first) })
		after(50*time.Second, func() { s.set(func(s *fakeServer) { s.run.State, s.run.TimesResurrected = "Scheduled", 1 }) })
		after(55*time.Second, func() { s.state("Hibernating") })
		after(60*time.Second, func() { s.state("Submitted") })
		after(70*time.Second, func() { s.state("Success"); w.show(first, second) })
		out := newTestWaiter(s, w, "r", testGoal()).Wait(t.Context())
		if out.Verdict != Succeeded || len(out.Jobs) != 2 || Newest(out.Jobs).Name != "second" {
			t.Errorf("got %+v", out)
		}
	})
}

// TestWaitTellsTheFinalStateLast: a process sends the last lines of its log after it has reported its final state, and a
// cancelled one may still report a failure.
func TestWaitTellsTheFinalStateLast(t *testing.T) {
	t.Parallel()
	const (
		running, begins, ends = `Flow run "r" is Running`, "00:00:00 INFO flow | begins", "00:00:00 INFO flow | ends"
		reminder              = `Still waiting (16s elapsed): flow run "r" has ended, but its pod has not`
	)
	for name, c := range map[string]struct {
		state, later string
		pod          runjobs.Job
		want         []string
	}{
		"success":           {"Success", "Success", podJob(PodSucceeded), []string{running, begins, reminder, ends, `Flow run "r" is Success`}},
		"cancelled, failed": {"Cancelled", "Failed", failedJob("a"), []string{running, begins, reminder, `Flow run "r" is Cancelled`, ends, `Flow run "r" is Failed`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, watch := &fakeServer{run: prefect.FlowRun{ID: "r", Name: "r", State: "Running"}}, newFakeWatch()
				watch.show(podJob("Running"))
				var mu sync.Mutex
				var logs []prefect.Log
				write := func(message string) {
					mu.Lock()
					defer mu.Unlock()
					logs = append(logs, prefect.Log{Level: "INFO", Name: "flow", Message: message})
				}
				w := newTestWaiter(s, watch, "r", testGoal())
				var told []string
				w.Tell = func(message string) { told = append(told, message) }
				w.NewLogs = func(context.Context) ([]prefect.Log, error) {
					mu.Lock()
					defer mu.Unlock()
					lines := logs
					logs = nil
					return lines, nil
				}
				after(time.Second, func() { write("begins") })
				after(10*time.Second, func() { s.state(c.state) })
				after(18*time.Second, func() { write("ends"); s.state(c.later) })
				after(20*time.Second, func() { watch.show(c.pod) })
				w.Wait(t.Context())
				if !slices.Equal(told, c.want) {
					t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

// TestWaitFollowsARestartedRun: neither the first start of a run, which the Server keeps, nor its earlier Job is of the
// attempt that is waited for.
func TestWaitFollowsARestartedRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Add(-time.Hour)
		tomorrow := time.Now().Add(24 * time.Hour) // it was cancelled before it was due
		s, watch := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled", StartTime: &start, ScheduledStartTime: tomorrow}}, newFakeWatch()
		earlier := failedJob("a")
		watch.show(earlier)
		goal := testGoal()
		goal.WaitFor = WaitRunning
		w := newTestWaiter(s, watch, "r", goal)
		w.EarlierJobs, w.Restarted = []string{earlier.UID}, time.Now()
		var told []string
		w.Tell = func(message string) { told = append(told, message) }
		after(5*time.Second, func() { s.state("Submitted") })
		after(90*time.Second, func() { s.state("Running") })
		begin := time.Now()
		out := w.Wait(t.Context())
		if waited := time.Since(begin); out.Verdict != Succeeded || waited < 90*time.Second || len(out.Jobs) != 0 {
			t.Errorf("after %s: %+v", waited, out)
		}
		if text := strings.Join(told, "\n"); strings.Contains(text, "exit code") {
			t.Errorf("the earlier Job counts:\n%s", text)
		}
		if watch.Snapshot()[0].UID != earlier.UID {
			t.Error("the watch has lost a Job")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		tomorrow := time.Now().Add(24 * time.Hour)
		w := newTestWaiter(&fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled", ScheduledStartTime: tomorrow}}, nil, "r", testGoal())
		w.Restarted = time.Now()
		if out := w.Wait(t.Context()); out.Verdict != Late || out.Limit != LimitAgent {
			t.Errorf("the restart does not count as due: %+v", out)
		}
	})
}

func TestWaitLetsPodsEndAndLooksAgainAtCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Cancelled"}}, newFakeWatch()
		w.show(podJob("Running"))
		after(2*time.Second, func() { s.state("Failed"); w.show(podJob(PodFailed)) })
		out := newTestWaiter(s, w, "r", testGoal()).Wait(t.Context())
		if out.Verdict != Failed || out.Run.State != "Failed" || out.Cause.Code != "PodFailed" {
			t.Errorf("got %+v", out)
		}
	})
}

// An agent that has just asked for work is alive, and one that stopped is not,
// however wrong this machine's clock or the Server's is.
func TestWaitJudgesAgentsByTheServersClock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skew, last time.Duration // of the agent's last query, by the Server's clock
		alive      bool
	}{
		"the Server is behind, alive": {-5 * time.Minute, 0, true},
		"the Server is ahead, alive":  {5 * time.Minute, 0, true},
		"the Server is ahead, dead":   {5 * time.Minute, 3 * time.Minute, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled"}, skew: c.skew}
			s.agents = []prefect.Agent{{Name: "agent", LastQueried: new(s.ServerTime().Add(-c.last))}}
			after(30*time.Second, func() { s.state("Success") })
			waiter := newTestWaiter(s, nil, "r", testGoal())
			out := waiter.Wait(t.Context())
			if out.Agents == nil || out.Agents.Suitable != c.alive || (out.Verdict == Succeeded) != c.alive {
				t.Errorf("%s: %+v, agents %+v", name, out.Ruling, out.Agents)
			}
		})
	}
}

// Deadlines count from when the run is due by the Server's clock, however wrong
// that or this machine's is: nothing but a later due time puts them off.
func TestWaitCountsFromTheServersDueTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skew, in time.Duration // when the run is due, from now on
	}{
		"same clocks":                  {0, 0},
		"same clocks, later":           {0, 10 * time.Minute},
		"the Server is ahead":          {5 * time.Minute, 0},
		"the Server is ahead, later":   {5 * time.Minute, 10 * time.Minute},
		"the Server is behind":         {-5 * time.Minute, 0},
		"the Server is behind, later":  {-5 * time.Minute, 10 * time.Minute},
		"the estimate is not so exact": {-time.Second, 0},
	} {
		for limit, l := range map[string]Limits{
			LimitAgent: {Agent: 15 * time.Second}, LimitPickUp: {PickUp: time.Minute}, LimitTotal: {Total: 2 * time.Minute},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled"}, skew: c.skew}
				s.run.ScheduledStartTime = s.ServerTime().Add(c.in)
				begin := time.Now()
				out := newTestWaiter(s, nil, "r", Goal{WaitFor: WaitFinished, Limits: l}).Wait(t.Context())
				took := time.Since(begin) - c.in - max(l.Agent, l.PickUp, l.Total)
				if out.Verdict != Late || out.Limit != limit || took < 0 || took > 5*time.Second {
					t.Errorf("%s, %s: %+v, %s after the deadline", name, limit, out.Ruling, took)
				}
			})
		}
	}
}

// newTestWaiter waits for a run, with a cluster unless w is nil.
func newTestWaiter(s Server, w *fakeWatch, id string, g Goal) *Waiter {
	waiter := New(s, nil, id, g)
	if w != nil {
		waiter.Observe(w, nil)
	}
	return waiter
}
