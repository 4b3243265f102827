package runwait

import (
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func testGoal() Goal {
	return Goal{WaitFor: WaitFinished, Success: []string{states.Success}, Limits: Limits{
		Agent: 15 * time.Second, PickUp: time.Minute, PodStart: 2 * time.Minute, LostJob: 30 * time.Second, Total: time.Hour,
	}}
}

func pendingJob(uid string) runjobs.Job {
	return runjobs.Job{UID: uid, Pods: []runjobs.Pod{{Name: "p", UID: uid + "p", Phase: PodPending}}}
}

func failedJob(uid string) runjobs.Job {
	one := int32(1)
	return runjobs.Job{
		UID: uid, Failed: true, Conditions: []runjobs.Condition{{Status: "True", Type: "Failed", Reason: "BackoffLimitExceeded", Message: "no more"}},
		Pods: []runjobs.Pod{{Name: "p", Phase: PodFailed, Containers: []runjobs.Container{{Name: "flow", State: runjobs.StateTerminated, Reason: "Error", ExitCode: &one}}}},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	nobody := func(s int) *AgentFinding { return &AgentFinding{At: at(s)} }
	somebody := func(s int) *AgentFinding { return &AgentFinding{At: at(s), Suitable: true} }
	for _, tt := range []struct {
		name  string
		goal  func(*Goal)
		seen  []observation
		want  Verdict
		limit string
		code  string
	}{
		{name: "success", seen: []observation{{At: at(0), State: "Running"}, {At: at(1), State: "Success"}}, want: Succeeded},
		{name: "failure", seen: []observation{{At: at(0), State: "Failed"}}, want: Failed},
		{
			name: "failure with a cause", seen: []observation{{At: at(0), State: "Failed", Jobs: []runjobs.Job{failedJob("a")}}},
			want: Failed, code: "ContainerFailed",
		},
		{name: "failure that is welcome", goal: func(g *Goal) { g.Success = []string{"Failed"} }, seen: []observation{{At: at(0), State: "TimedOut"}}, want: Succeeded},
		{name: "an unknown state is followed", seen: []observation{{At: at(0), State: "Hibernating"}}, want: CarryOn},
		{name: "no agent is asked about yet", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(20), State: "Scheduled"}}, want: CarryOn},
		{
			name: "no agent", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(15), State: "Scheduled", Agents: nobody(15)}},
			want: Late, limit: LimitAgent,
		},
		{
			name: "no agent, but asked too early", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(16), State: "Scheduled", Agents: nobody(3)}},
			want: CarryOn,
		},
		{
			name: "no agent, unlimited", goal: func(g *Goal) { g.Limits.Agent = 0 },
			seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(50), State: "Scheduled"}}, want: CarryOn,
		},
		{
			name: "agent there, never picked up", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(60), State: "Scheduled", Agents: somebody(15)}},
			want: Late, limit: LimitPickUp,
		},
		{
			name: "not due yet", seen: []observation{{At: at(0), State: "Scheduled", Due: at(3600)}, {At: at(3610), State: "Scheduled", Due: at(3600)}},
			want: CarryOn,
		},
		{
			name: "no agent when due", seen: []observation{{At: at(0), State: "Scheduled", Due: at(3600)}, {At: at(3615), State: "Scheduled", Due: at(3600), Agents: nobody(3615)}},
			want: Late, limit: LimitAgent,
		},
		{
			name: "pod does not start", seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted", Jobs: []runjobs.Job{pendingJob("a")}}},
			want: Late, limit: LimitPodStart,
		},
		{
			name: "no pod, no cluster", seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted"}},
			want: Late, limit: LimitPodStart,
		},
		{
			name: "pod started, process slow",
			seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted", Jobs: []runjobs.Job{{UID: "a", Pods: []runjobs.Pod{{Phase: "Running", Containers: []runjobs.Container{{State: runjobs.StateRunning}}}}}}}},
			want: CarryOn,
		},
		{
			name: "Job failed, run does not know",
			seen: []observation{{At: at(0), State: "Running", Jobs: []runjobs.Job{failedJob("a")}}, {At: at(30), State: "Running", Jobs: []runjobs.Job{failedJob("a")}}},
			want: Late, limit: LimitLostJob, code: "ContainerFailed",
		},
		{
			name: "resurrected in time",
			seen: []observation{
				{At: at(0), State: "Running", Jobs: []runjobs.Job{failedJob("a")}},
				{At: at(20), State: "Scheduled", Jobs: []runjobs.Job{failedJob("a")}},
				{At: at(25), State: "Submitted", Jobs: []runjobs.Job{failedJob("a"), pendingJob("b")}},
				{At: at(40), State: "Running", Jobs: []runjobs.Job{failedJob("a"), pendingJob("b")}},
			},
			want: CarryOn,
		},
		{
			name: "second Job is lost too, counted anew",
			seen: []observation{
				{At: at(0), State: "Running", Jobs: []runjobs.Job{failedJob("a")}},
				{At: at(25), State: "Running", Jobs: []runjobs.Job{failedJob("a"), failedJob("b")}},
				{At: at(40), State: "Running", Jobs: []runjobs.Job{failedJob("a"), failedJob("b")}},
			},
			want: CarryOn,
		},
		{
			name: "Cancelled turns Failed later", seen: []observation{{At: at(0), State: "Cancelled"}}, want: Failed,
		},
		{name: "total", seen: []observation{{At: at(0), State: "Running"}, {At: at(3600), State: "Running"}}, want: Late, limit: LimitTotal},
		{
			name: "running wanted and passed", goal: func(g *Goal) { g.WaitFor = WaitRunning },
			seen: []observation{{At: at(0), State: "Scheduled", Passed: []string{"Running", "Scheduled"}}}, want: Succeeded,
		},
		{
			name: "running wanted, failed before", goal: func(g *Goal) { g.WaitFor = WaitRunning },
			seen: []observation{{At: at(0), State: "Failed", Passed: []string{"Submitted", "Failed"}}}, want: Failed,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := testGoal()
			if tt.goal != nil {
				tt.goal(&g)
			}
			j := newJudge(g, at(0))
			var got Ruling
			for i, o := range tt.seen {
				got = j.rule(o)
				if i < len(tt.seen)-1 && got.Verdict != CarryOn {
					t.Fatalf("observation %d ended the wait: %+v", i, got)
				}
			}
			if got.Verdict != tt.want || got.Limit != tt.limit || got.Cause.Code != tt.code {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestJudgeNext(t *testing.T) {
	t.Parallel()
	j := newJudge(testGoal(), at(0))
	o := observation{At: at(0), State: "Scheduled"}
	j.rule(o)
	if got := j.next(o); !got.Equal(at(15)) {
		t.Errorf("agents should be asked about at 15s, got %s", got)
	}
	o = observation{At: at(15), State: "Scheduled", Agents: &AgentFinding{At: at(15), Suitable: true}}
	j.rule(o)
	if got := j.next(o); !got.Equal(at(45)) {
		t.Errorf("agents should be asked about again at 45s, got %s", got)
	}
	o = observation{At: at(50), State: "Running"}
	j.rule(o)
	if got := j.next(o); !got.Equal(at(3600)) {
		t.Errorf("only the total remains, got %s", got)
	}
}
