package runwait

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

func TestFindCause(t *testing.T) {
	t.Parallel()
	code := func(n int32) *int32 { return &n }
	waiting := func(reason, message string) *runjobs.Job {
		return &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: PodPending, Containers: []runjobs.Container{{Name: "flow", Image: "img:1", State: runjobs.StateWaiting, Reason: reason, Message: message}}}}}
	}
	ended := func(reason string, exit int32) *runjobs.Job {
		return &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: PodFailed, Containers: []runjobs.Container{{Name: "flow", State: runjobs.StateTerminated, Reason: reason, ExitCode: code(exit)}}}}}
	}
	refused := func(message string) *runjobs.Job {
		return &runjobs.Job{Events: []runjobs.Event{{Reason: "FailedCreate", Message: message}}}
	}
	for _, tt := range []struct {
		name     string
		job      *runjobs.Job
		code     string
		hopeless bool
		says     []string
	}{
		{name: "nothing seen"},
		{name: "all well", job: &runjobs.Job{Pods: []runjobs.Pod{{Phase: PodSucceeded, Containers: []runjobs.Container{{State: runjobs.StateTerminated, ExitCode: code(0)}}}}}},
		{name: "just starting", job: waiting("ContainerCreating", "")},
		{
			name: "unschedulable", job: &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: PodPending, Conditions: []runjobs.Condition{{Type: "PodScheduled", Status: "False", Reason: "Unschedulable", Message: "0/1 nodes are available: 1 node(s) didn't match."}}}}},
			code: "Unschedulable", says: []string{"0/1 nodes", "node selector"},
		},
		{
			name: "quota", job: refused(`Error creating: pods "x" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1`),
			code: "QuotaExceeded", says: []string{"exceeded quota: q", "quota"},
		},
		{
			name: "admission", job: refused(`admission webhook "policy.example" denied the request: no root`),
			code: "PodRefused", hopeless: true, says: []string{"denied the request: no root"},
		},
		{
			name: "service account", job: refused(`Error creating: pods "x-" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found`),
			code: "ServiceAccountNotFound", hopeless: true, says: []string{"robot"},
		},
		{name: "invalid image name", job: waiting("InvalidImageName", "couldn't parse image"), code: "InvalidImageName", hopeless: true, says: []string{"img:1", "couldn't parse"}},
		{name: "image pull", job: waiting("ImagePullBackOff", "Back-off pulling image"), code: "ImagePullBackOff", says: []string{"img:1", "image_pull_secrets"}},
		{
			name: "missing secret", job: waiting("CreateContainerConfigError", `secret "db" not found`),
			code: "CreateContainerConfigError", hopeless: true, says: []string{`secret "db" not found`},
		},
		{name: "crash", job: ended("Error", 3), code: "ContainerFailed", says: []string{"exit code 3"}},
		{name: "out of memory", job: ended("OOMKilled", 137), code: "OOMKilled", says: []string{"memory_limit", "137"}},
		{name: "no such command", job: ended("StartError", 128), code: "CommandNotFound", says: []string{"exit code 128"}},
		{
			name: "crash loop",
			job: &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: "Running", Containers: []runjobs.Container{{
				Name: "flow", State: runjobs.StateWaiting, Reason: "CrashLoopBackOff", RestartCount: 4, LastReason: "Error", LastExitCode: code(2),
			}}}}},
			code: "CrashLoopBackOff", says: []string{"crashed 4 times", "exit code 2"},
		},
		{
			name: "crash loop, just ended again",
			job: &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: PodRunning, Containers: []runjobs.Container{{
				Name: "flow", State: runjobs.StateTerminated, Reason: "OOMKilled", ExitCode: code(137), RestartCount: 2, LastReason: "Error", LastExitCode: code(1),
			}}}}},
			code: "CrashLoopBackOff", says: []string{"crashed 2 times. Container flow", "more memory than its limit"},
		},
		{
			name: "restarted, and then well",
			job: &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Phase: PodRunning, Containers: []runjobs.Container{{
				Name: "flow", State: runjobs.StateTerminated, Reason: "Completed", ExitCode: code(0), RestartCount: 1, LastReason: "Error", LastExitCode: code(1),
			}}}}},
		},
		{
			name: "evicted", job: &runjobs.Job{Pods: []runjobs.Pod{{Name: "p", Node: "n1", Phase: PodFailed, Reason: "Evicted", Message: "The node was low on resource: memory."}}},
			code: "Evicted", says: []string{"n1", "low on resource"},
		},
		{
			name: "deadline",
			job: &runjobs.Job{
				Failed: true, Conditions: []runjobs.Condition{{Status: "True", Type: "Failed", Reason: "DeadlineExceeded", Message: "Job was active longer than specified deadline"}},
				Pods: []runjobs.Pod{{Name: "p", Phase: PodFailed}},
			},
			code: "DeadlineExceeded", hopeless: true, says: []string{"activeDeadlineSeconds"},
		},
		{
			name: "backoff limit",
			job: func() *runjobs.Job {
				j := ended("Error", 1)
				j.Failed, j.Conditions = true, []runjobs.Condition{{Status: "True", Type: "Failed", Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}}
				return j
			}(),
			code: "ContainerFailed", says: []string{"exit code 1", "backoff limit"},
		},
		{
			name: "backoff limit, pods gone", code: "BackoffLimitExceeded", hopeless: true, says: []string{"backoffLimit"},
			job: &runjobs.Job{Failed: true, Conditions: []runjobs.Condition{{Status: "True", Type: "Failed", Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}}},
		},
		{
			name: "the newest pod counts",
			job: &runjobs.Job{Pods: []runjobs.Pod{
				{Name: "old", Phase: PodFailed, Containers: []runjobs.Container{{Name: "flow", State: runjobs.StateTerminated, ExitCode: code(1)}}},
				{Name: "new", Phase: PodFailed, Reason: "Evicted"},
			}},
			code: "Evicted", says: []string{"new"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := findCause(tt.job)
			if got.Code != tt.code || got.Hopeless != tt.hopeless {
				t.Errorf("got %q, hopeless %t: %s", got.Code, got.Hopeless, got.Text)
			}
			if tt.code != "" && (got.Text == "" || got.Remedy == "") {
				t.Errorf("text or remedy missing: %+v", got)
			}
			for _, part := range tt.says {
				if !strings.Contains(got.Text+" "+got.Remedy, part) {
					t.Errorf("does not say %q: %s %s", part, got.Text, got.Remedy)
				}
			}
			if strings.Contains(got.Text, "..") || strings.Contains(got.Text, " .") {
				t.Errorf("bad punctuation: %s", got.Text)
			}
		})
	}
}
