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
	condition := func(kind, reason, message string) *runjobs.Job {
		return &runjobs.Job{
			Name: "j", Namespace: "flows", Failed: kind == "Failed", Completed: kind == "Complete", Suspended: kind == "Suspended",
			Conditions: []runjobs.Condition{{Type: kind, Status: "True", Reason: reason, Message: message}},
		}
	}
	deleted := func(exit int32) *runjobs.Job {
		j := ended("Error", exit)
		j.Name, j.Deleted = "j", true
		return j
	}
	queued := condition("Suspended", "JobSuspended", "Job suspended")
	queued.Queued = true
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
			name: "suspended", job: condition("Suspended", "JobSuspended", "Job suspended"),
			code: "JobSuspended", hopeless: true, says: []string{"creates no pod", "`suspend`", "kubectl -n flows patch job j"},
		},
		{name: "resumed", job: &runjobs.Job{Conditions: []runjobs.Condition{{Type: "Suspended", Status: "False", Reason: "JobResumed"}}}},
		{name: "suspended by a queue", job: queued, code: "JobSuspended", says: []string{"A queue decides"}},
		{
			name: "about to fail", job: condition("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
			code: "BackoffLimitExceeded", hopeless: true, says: []string{"backoffLimit"},
		},
		{
			name: "pod failure policy", job: condition("Failed", "PodFailurePolicy", "Container flow for pod flows/p failed with exit code 3 matching FailJob rule at index 0"),
			code: "PodFailurePolicy", hopeless: true, says: []string{"podFailurePolicy", "FailJob rule at index 0", "Change the rule"},
		},
		{
			name: "failed indexes", job: condition("Failed", "FailedIndexes", "Job has failed indexes"),
			code: "FailedIndexes", hopeless: true, says: []string{"Indexes of the Job failed", "backoffLimitPerIndex"},
		},
		{
			name: "too many failed indexes", job: condition("Failed", "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes"),
			code: "MaxFailedIndexesExceeded", hopeless: true, says: []string{"maxFailedIndexes", "completions"},
		},
		{
			name: "a reason of a later Kubernetes", job: condition("Failed", "SomethingNew", "It failed."),
			code: "JobFailed", hopeless: true, says: []string{"SomethingNew", "It failed"},
		},
		{
			name: "success policy", job: condition("SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index 0"),
			code: "SuccessPolicy", hopeless: true, says: []string{"successPolicy", "Matched rules at index 0"},
		},
		{
			name: "complete by its success policy", job: condition("Complete", "SuccessPolicy", "Matched rules at index 0"),
			code: "SuccessPolicy", hopeless: true, says: []string{"successPolicy"},
		},
		{name: "about to be complete", job: condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")},
		{name: "complete", job: condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods")},
		{name: "deleted while it ran", job: deleted(143), code: "JobDeleted", says: []string{"Job j was deleted before its pod had ended", "kubectl delete job", "cancel it on the Server"}},
		{name: "deleted while it ran, and killed", job: deleted(137), code: "JobDeleted", says: []string{"kubectl delete job"}},
		{name: "deleted before it had a pod", job: &runjobs.Job{Name: "j", Deleted: true}, code: "JobDeleted", says: []string{"before it had a pod"}},
		{name: "deleted after its container failed", job: deleted(3), code: "ContainerFailed", says: []string{"exit code 3"}},
		{name: "deleted after it was complete", job: &runjobs.Job{Deleted: true, Completed: true}},
		{name: "deleted by an agent before it was complete", job: &runjobs.Job{Deleted: true, PodEnded: true, Pods: []runjobs.Pod{{Phase: "Running"}}}},
		{name: "deleted after its pod ended well", job: &runjobs.Job{Deleted: true, Pods: []runjobs.Pod{{Phase: PodSucceeded, Containers: []runjobs.Container{{State: runjobs.StateTerminated, ExitCode: code(0)}}}}}},
		{name: "pod deleted", job: ended("Error", 143), code: "ContainerStopped", says: []string{"exit code 143", "asked to stop"}},
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
			if strings.HasPrefix(tt.name, "deleted while") && strings.Contains(got.Remedy, "Python") {
				t.Errorf("advises about Python: %s", got.Remedy)
			}
			if strings.Contains(got.Text, "..") || strings.Contains(got.Text, " .") {
				t.Errorf("bad punctuation: %s", got.Text)
			}
		})
	}
}
