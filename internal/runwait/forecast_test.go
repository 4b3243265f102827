package runwait

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// earlierRun is a run that waited and then lasted so long.
func earlierRun(waited, lasted time.Duration) prefect.FlowRun {
	due := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return prefect.FlowRun{
		State: states.Success, ScheduledStartTime: due, StartTime: new(due.Add(waited)), EndTime: new(due.Add(waited + lasted)),
	}
}

// noticeOf waits for a run without a cluster and returns how long after its end
// the wait returned, and the most requests in a minute. skew is of the
// Server's clock.
func noticeOf(t *testing.T, earlier []prefect.FlowRun, waits, lasts, skew time.Duration) (late time.Duration, busiest int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{run: prefect.FlowRun{ID: "r", State: "Scheduled", ScheduledStartTime: time.Now().Add(skew)}, earlier: earlier, skew: skew}
		s.run.Flow.VersionGroupID = "group"
		after(waits, func() {
			s.set(func(s *fakeServer) { s.run.State, s.run.StartTime = "Running", new(time.Now().Add(skew)) })
		})
		end := time.Now().Add(waits + lasts)
		after(waits+lasts, func() { s.state("Success") })
		goal := testGoal()
		goal.Limits = Limits{}
		if out := newTestWaiter(s, nil, "r", goal).Wait(t.Context()); out.Verdict != Succeeded {
			t.Errorf("got %+v", out)
		}
		late, busiest = time.Since(end), s.busiest()
	})
	return late, busiest
}

// TestNoticeWithoutACluster bounds how late the end of a run is noticed when
// there is no cluster to watch: at once if the flow has run before, and in
// proportion to the run if it has not. All within the budget.
func TestNoticeWithoutACluster(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		lasts  time.Duration
		spread float64 // of the lengths of runs, as a part of them
		known  bool
		median time.Duration
		skew   time.Duration
	}{
		{"short, known", 2 * time.Second, 0.1, true, 500 * time.Millisecond, 0},
		{"medium, known", 15 * time.Second, 0.05, true, 500 * time.Millisecond, 0},
		{"long, known", 70 * time.Second, 0.03, true, 500 * time.Millisecond, 0},
		{"longer, known", 5 * time.Minute, 0.01, true, 600 * time.Millisecond, 0},
		{"longer, known, the Server is ahead", 5 * time.Minute, 0.01, true, 600 * time.Millisecond, 2 * time.Minute},
		{"longer, known, the Server is behind", 5 * time.Minute, 0.01, true, 600 * time.Millisecond, -2 * time.Minute},
		{"known to be anything", 5 * time.Minute, 0.9, true, 2700 * time.Millisecond, 0},
		{"short, unknown", 2 * time.Second, 0.1, false, 500 * time.Millisecond, 0},
		{"medium, unknown", 15 * time.Second, 0.1, false, 2500 * time.Millisecond, 0},
		{"long, unknown", 5 * time.Minute, 0.1, false, 2 * time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable sequence
			draw := func() (time.Duration, time.Duration) {
				return time.Duration(500+random.IntN(2500)) * time.Millisecond, time.Duration(float64(tt.lasts) * (1 + tt.spread*(2*random.Float64()-1)))
			}
			var lates []time.Duration
			most := 0
			for range 101 {
				var earlier []prefect.FlowRun
				for range 5 {
					waited, lasted := draw()
					if tt.known {
						earlier = append(earlier, earlierRun(waited, lasted))
					}
				}
				waits, lasts := draw()
				late, busiest := noticeOf(t, earlier, waits, lasts, tt.skew)
				lates, most = append(lates, late), max(most, busiest)
			}
			slices.Sort(lates)
			t.Logf("median %s, 90%% %s, most %s, %d requests in a minute", lates[50], lates[90], lates[100], most)
			if lates[50] > tt.median {
				t.Errorf("the end is noticed %s late (median)", lates[50])
			}
			if most > budget {
				t.Errorf("%d requests within a minute", most)
			}
		})
	}
}
