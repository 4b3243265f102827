package flowrun

import (
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func testGoal() goal {
	return goal{WaitFor: waitFinished, Success: []string{states.Success}, Limits: limits{
		Agent: 15 * time.Second, PickUp: time.Minute, PodStart: 2 * time.Minute, LostJob: 30 * time.Second, Total: time.Hour,
	}}
}

func pendingJob(uid string) kubernetes.JobInfo {
	return kubernetes.JobInfo{UID: uid, Pods: []kubernetes.PodInfo{{Name: "p", UID: uid + "p", Phase: podPending}}}
}

func failedJob(uid string) kubernetes.JobInfo {
	one := int32(1)
	return kubernetes.JobInfo{
		UID: uid, Failed: true, Conditions: []kubernetes.ConditionInfo{{Status: "True", Type: "Failed", Reason: "BackoffLimitExceeded", Message: "no more"}},
		Pods: []kubernetes.PodInfo{{Name: "p", Phase: podFailed, Containers: []kubernetes.ContainerInfo{{Name: "flow", State: kubernetes.StateTerminated, Reason: "Error", ExitCode: &one}}}},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	nobody := func(s int) *agentFinding { return &agentFinding{At: at(s)} }
	somebody := func(s int) *agentFinding { return &agentFinding{At: at(s), Suitable: true} }
	for _, tt := range []struct {
		name  string
		goal  func(*goal)
		seen  []observation
		want  verdict
		limit string
		code  string
	}{
		{name: "success", seen: []observation{{At: at(0), State: "Running"}, {At: at(1), State: "Success"}}, want: succeeded},
		{name: "failure", seen: []observation{{At: at(0), State: "Failed"}}, want: failed},
		{
			name: "failure with a cause", seen: []observation{{At: at(0), State: "Failed", Jobs: []kubernetes.JobInfo{failedJob("a")}}},
			want: failed, code: "ContainerFailed",
		},
		{name: "failure that is welcome", goal: func(g *goal) { g.Success = []string{"Failed"} }, seen: []observation{{At: at(0), State: "TimedOut"}}, want: succeeded},
		{name: "an unknown state is followed", seen: []observation{{At: at(0), State: "Hibernating"}}, want: carryOn},
		{name: "no agent is asked about yet", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(20), State: "Scheduled"}}, want: carryOn},
		{
			name: "no agent", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(15), State: "Scheduled", Agents: nobody(15)}},
			want: late, limit: limitAgent,
		},
		{
			name: "no agent, but asked too early", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(16), State: "Scheduled", Agents: nobody(3)}},
			want: carryOn,
		},
		{
			name: "no agent, unlimited", goal: func(g *goal) { g.Limits.Agent = 0 },
			seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(50), State: "Scheduled"}}, want: carryOn,
		},
		{
			name: "agent there, never picked up", seen: []observation{{At: at(0), State: "Scheduled"}, {At: at(60), State: "Scheduled", Agents: somebody(15)}},
			want: late, limit: limitPickUp,
		},
		{
			name: "not due yet", seen: []observation{{At: at(0), State: "Scheduled", Due: at(3600)}, {At: at(3610), State: "Scheduled", Due: at(3600)}},
			want: carryOn,
		},
		{
			name: "no agent when due", seen: []observation{{At: at(0), State: "Scheduled", Due: at(3600)}, {At: at(3615), State: "Scheduled", Due: at(3600), Agents: nobody(3615)}},
			want: late, limit: limitAgent,
		},
		{
			name: "pod does not start", seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted", Jobs: []kubernetes.JobInfo{pendingJob("a")}}},
			want: late, limit: limitPodStart,
		},
		{
			name: "no pod, no cluster", seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted"}},
			want: late, limit: limitPodStart,
		},
		{
			name: "pod started, process slow",
			seen: []observation{{At: at(0), State: "Submitted"}, {At: at(120), State: "Submitted", Jobs: []kubernetes.JobInfo{{UID: "a", Pods: []kubernetes.PodInfo{{Phase: "Running", Containers: []kubernetes.ContainerInfo{{State: kubernetes.StateRunning}}}}}}}},
			want: carryOn,
		},
		{
			name: "Job failed, run does not know",
			seen: []observation{{At: at(0), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a")}}, {At: at(30), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a")}}},
			want: late, limit: limitLostJob, code: "ContainerFailed",
		},
		{
			name: "resurrected in time",
			seen: []observation{
				{At: at(0), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a")}},
				{At: at(20), State: "Scheduled", Jobs: []kubernetes.JobInfo{failedJob("a")}},
				{At: at(25), State: "Submitted", Jobs: []kubernetes.JobInfo{failedJob("a"), pendingJob("b")}},
				{At: at(40), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a"), pendingJob("b")}},
			},
			want: carryOn,
		},
		{
			name: "second Job is lost too, counted anew",
			seen: []observation{
				{At: at(0), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a")}},
				{At: at(25), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a"), failedJob("b")}},
				{At: at(40), State: "Running", Jobs: []kubernetes.JobInfo{failedJob("a"), failedJob("b")}},
			},
			want: carryOn,
		},
		{
			name: "Cancelled turns Failed later", seen: []observation{{At: at(0), State: "Cancelled"}}, want: failed,
		},
		{name: "total", seen: []observation{{At: at(0), State: "Running"}, {At: at(3600), State: "Running"}}, want: late, limit: limitTotal},
		{
			name: "running wanted and passed", goal: func(g *goal) { g.WaitFor = waitRunning },
			seen: []observation{{At: at(0), State: "Scheduled", Passed: []string{"Running", "Scheduled"}}}, want: succeeded,
		},
		{
			name: "running wanted, failed before", goal: func(g *goal) { g.WaitFor = waitRunning },
			seen: []observation{{At: at(0), State: "Failed", Passed: []string{"Submitted", "Failed"}}}, want: failed,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := testGoal()
			if tt.goal != nil {
				tt.goal(&g)
			}
			j := newJudge(g, at(0))
			var got ruling
			for i, o := range tt.seen {
				got = j.rule(o)
				if i < len(tt.seen)-1 && got.Verdict != carryOn {
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
	o = observation{At: at(15), State: "Scheduled", Agents: &agentFinding{At: at(15), Suitable: true}}
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
