package runwait

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestReminder repeats the status after every 15 seconds without a message, and never after its end.
func TestReminder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var all []string
		said := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}
		r, stop := NewReminder(t.Context(), func(message string) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, message)
		})
		time.Sleep(20 * time.Second) // nothing is known yet
		r.At("flow run \"x\" is Running")
		time.Sleep(15 * time.Second)
		r.Say("a line of the log")
		time.Sleep(14 * time.Second)
		synctest.Wait()
		want := []string{`Still waiting (30s elapsed): flow run "x" is Running`, "a line of the log"}
		if told := said(); !slices.Equal(told, want) {
			t.Errorf("got %q", told)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		time.Sleep(time.Minute)
		want = append(want, `Still waiting (50s elapsed): flow run "x" is Running`)
		if told := said(); !slices.Equal(told, want) {
			t.Errorf("got %q", told)
		}
	})
}

// TestReason says what a run waits for, as far as that is known.
func TestReason(t *testing.T) {
	t.Parallel()
	now := time.Now()
	pod := func(p runjobs.Pod) []runjobs.Job {
		return []runjobs.Job{{Namespace: "flows", Name: "job", Pods: []runjobs.Pod{p}}}
	}
	for name, c := range map[string]struct {
		state  string
		due    time.Duration
		agents *AgentFinding
		jobs   []runjobs.Job
		want   string
	}{
		"executes":      {state: "Running"},
		"due later":     {state: "Scheduled", due: time.Hour, want: "It is due at " + now.Add(time.Hour).UTC().Format(time.RFC3339) + "."},
		"no agent":      {state: "Scheduled", agents: &AgentFinding{Text: "No agent has matching labels."}, want: "No agent has matching labels."},
		"no Job":        {state: "Submitted", want: "No Job of the run is to be seen yet."},
		"no pod":        {state: "Submitted", jobs: []runjobs.Job{{Namespace: "flows", Name: "job"}}, want: "Job flows/job has no pod yet."},
		"pod pending":   {state: "Submitted", jobs: pod(runjobs.Pod{Name: "p", Phase: PodPending}), want: "Pod p is pending."},
		"image pulled":  {state: "Submitted", jobs: pod(runjobs.Pod{Name: "p", Phase: PodPending, Containers: []runjobs.Container{{Name: "flow", State: runjobs.StateWaiting, Reason: "ContainerCreating"}}}), want: "Pod p is pending: container flow is waiting (ContainerCreating)."},
		"pod scheduled": {state: "Submitted", jobs: pod(runjobs.Pod{Name: "p", Phase: PodPending, Conditions: []runjobs.Condition{{Type: "PodScheduled", Status: "False", Reason: "Unschedulable", Message: "0/1 nodes are available"}}}), want: "Pod p cannot be scheduled: 0/1 nodes are available."},
	} {
		w := New(&fakeServer{}, nil, "id", Goal{})
		w.Observe(&fakeWatch{jobs: c.jobs}, nil)
		w.agents, w.run = c.agents, &prefect.FlowRun{State: c.state, ScheduledStartTime: now.Add(c.due)}
		if got := w.reason(now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
