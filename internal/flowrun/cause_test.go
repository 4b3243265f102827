package flowrun

import (
	"strings"
	"testing"
)

func TestFindCause(t *testing.T) {
	t.Parallel()
	code := func(n int32) *int32 { return &n }
	waiting := func(reason, message string) *job {
		return &job{Pods: []pod{{Name: "p", Phase: podPending, Containers: []container{{Name: "flow", Image: "img:1", State: containerWaiting, Reason: reason, Message: message}}}}}
	}
	ended := func(reason string, exit int32) *job {
		return &job{Pods: []pod{{Name: "p", Phase: podFailed, Containers: []container{{Name: "flow", State: containerTerminated, Reason: reason, ExitCode: code(exit)}}}}}
	}
	refused := func(message string) *job { return &job{Events: []event{{Reason: "FailedCreate", Message: message}}} }
	for _, tt := range []struct {
		name     string
		job      *job
		code     string
		hopeless bool
		says     []string
	}{
		{name: "nothing seen"},
		{name: "all well", job: &job{Pods: []pod{{Phase: podSucceeded, Containers: []container{{State: containerTerminated, ExitCode: code(0)}}}}}},
		{name: "just starting", job: waiting("ContainerCreating", "")},
		{
			name: "unschedulable", job: &job{Pods: []pod{{Name: "p", Phase: podPending, Unschedulable: "0/1 nodes are available: 1 node(s) didn't match."}}},
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
			job: &job{Pods: []pod{{Name: "p", Phase: "Running", Containers: []container{{
				Name: "flow", State: containerWaiting, Reason: "CrashLoopBackOff", Restarts: 4, LastReason: "Error", LastExitCode: code(2),
			}}}}},
			code: "CrashLoopBackOff", says: []string{"crashed 4 times", "exit code 2"},
		},
		{
			name: "evicted", job: &job{Pods: []pod{{Name: "p", Node: "n1", Phase: podFailed, Reason: "Evicted", Message: "The node was low on resource: memory."}}},
			code: "Evicted", says: []string{"n1", "low on resource"},
		},
		{
			name: "deadline",
			job: &job{Failed: true, Conditions: []condition{{Type: "Failed", Reason: "DeadlineExceeded", Message: "Job was active longer than specified deadline"}},
				Pods: []pod{{Name: "p", Phase: podFailed}}},
			code: "DeadlineExceeded", hopeless: true, says: []string{"activeDeadlineSeconds"},
		},
		{
			name: "backoff limit",
			job: func() *job {
				j := ended("Error", 1)
				j.Failed, j.Conditions = true, []condition{{Type: "Failed", Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}}
				return j
			}(),
			code: "ContainerFailed", says: []string{"exit code 1", "backoff limit"},
		},
		{
			name: "backoff limit, pods gone", code: "BackoffLimitExceeded", hopeless: true, says: []string{"backoffLimit"},
			job: &job{Failed: true, Conditions: []condition{{Type: "Failed", Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}}},
		},
		{
			name: "the newest pod counts",
			job: &job{Pods: []pod{
				{Name: "old", Phase: podFailed, Containers: []container{{Name: "flow", State: containerTerminated, ExitCode: code(1)}}},
				{Name: "new", Phase: podFailed, Reason: "Evicted"},
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
