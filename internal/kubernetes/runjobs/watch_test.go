package runjobs

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// TestWatchFollowsJobs sees a Job fail, its deletion by the agent, and the run's second Job.
func TestWatchFollowsJobs(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	w := startWatch(t, c)
	c.awaitWatches(t, "jobs", 1)
	c.awaitWatches(t, "pods", 1)
	ctx := context.Background()

	first := newJob("first", 1)
	other := newJob("other", 1)
	other.Labels = map[string]string{jobspec.LabelFlowRunID: "another run"}
	pod := newPod("first-pod", first, 1)
	c.add(t, other, first, pod)
	await(t, w, "job and pod", func(jobs []Job) bool { return len(jobs) == 1 && len(jobs[0].Pods) == 1 })

	c.awaitWatches(t, "events", 2)
	c.add(t, newEvent("e2", "Pod", "first-pod", "BackOff", "pull again later", 3),
		newEvent("e1", "Pod", "first-pod", "Failed", "cannot pull", 2), newEvent("e3", "Job", "first", "FailedCreate", "quota", 2))
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "flow", State: corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "Back-off"},
	}}}
	if _, err := c.CoreV1().Pods(testNamespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	jobs := await(t, w, "events and container state", func(jobs []Job) bool {
		return len(jobs) == 1 && len(jobs[0].Events) == 1 && len(jobs[0].Pods) == 1 && len(jobs[0].Pods[0].Events) == 2 &&
			jobs[0].Pods[0].Containers[0].State == StateWaiting
	})
	if got := jobs[0].Pods[0]; got.Events[0].Reason != "Failed" || got.Events[1].Message != "pull again later" || got.Containers[0].Reason != "ImagePullBackOff" {
		t.Errorf("pod %+v", got)
	}

	first.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Reason: "BackoffLimitExceeded", Message: "too often"}}
	if _, err := c.BatchV1().Jobs(testNamespace).UpdateStatus(ctx, first, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, "failure", func(jobs []Job) bool { return jobs[0].Failed })
	if err := c.BatchV1().Jobs(testNamespace).Delete(ctx, "first", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.CoreV1().Pods(testNamespace).Delete(ctx, "first-pod", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, "deletion", func(jobs []Job) bool { return jobs[0].Deleted && jobs[0].Pods[0].Deleted })

	second := newJob("second", 20)
	c.add(t, second, newPod("second-pod", second, 20))
	// A pod may be seen before its Job, which counts as deleted until then.
	jobs = await(t, w, "second job", func(jobs []Job) bool { return len(jobs) == 2 && len(jobs[1].Pods) == 1 && jobs[1].FlowRunID != "" })
	w.Close()
	if jobs[0].Name != "first" || jobs[0].Reason != "BackoffLimitExceeded" || jobs[0].Image != "image:1" ||
		jobs[1].Name != "second" || jobs[1].Attempt != 2 || jobs[1].Deleted {
		t.Errorf("jobs %+v", jobs)
	}
	if got := w.Snapshot(); len(got) != 2 {
		t.Errorf("after Close: %+v", got)
	}
}

// TestWatchRecoversFromExpiry: a 410 ends the watch, and what happened meanwhile is found by listing again.
func TestWatchRecoversFromExpiry(t *testing.T) {
	t.Parallel()
	job := newJob("a", 1)
	c := newCluster(t, job, newPod("a-1", job, 1))
	w := startWatch(t, c)
	await(t, w, "the pod", func(jobs []Job) bool { return len(jobs) == 1 && len(jobs[0].Pods) == 1 })
	c.awaitWatches(t, "pods", 1)
	expired := &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired, Message: "too old"}
	c.breakWatches(t, "pods", expired, func() {
		if err := c.CoreV1().Pods(testNamespace).Delete(context.Background(), "a-1", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		c.add(t, newPod("a-2", job, 2))
	})
	jobs := await(t, w, "the second pod", func(jobs []Job) bool { return len(jobs[0].Pods) == 2 && jobs[0].Pods[0].Deleted })
	if jobs[0].Pods[1].Name != "a-2" || jobs[0].Pods[1].Deleted {
		t.Errorf("pods %+v", jobs[0].Pods)
	}
}

// TestWatchPodsWithoutJob: pods may outlive their Job's record.
func TestWatchPodsWithoutJob(t *testing.T) {
	t.Parallel()
	c := newCluster(t, newPod("gone-1", newJob("gone", 1), 1))
	jobs := startWatch(t, c).Snapshot()
	if len(jobs) != 1 || jobs[0].Name != "gone" || !jobs[0].Deleted || len(jobs[0].Pods) != 1 {
		t.Errorf("jobs %+v", jobs)
	}
}

func TestWatchWithoutRights(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, err error, verb, resource, group string) {
		t.Helper()
		var access *kubeclient.AccessError
		if !errors.Is(err, kubeclient.ErrForbidden) || !errors.As(err, &access) || access.Verb != verb || access.Resource != resource || access.Group != group {
			t.Fatalf("got %#v", err)
		}
		if s := access.Error(); !strings.Contains(s, `verb "`+verb+`"`) || !strings.Contains(s, resource) || !strings.Contains(s, testNamespace) {
			t.Errorf("message %s", s)
		}
	}
	t.Run("jobs", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.refuse("list", "jobs")
		_, err := Watch(context.Background(), c.client, "", testRun)
		check(t, err, "list", "jobs", "batch")
	})
	for _, right := range [][2]string{{"watch", "jobs"}, {"list", "pods"}, {"watch", "pods"}, {"list", "events"}, {"watch", "events"}} {
		t.Run(right[0]+" "+right[1], func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, newJob("a", 1))
			c.refuse(right[0], right[1])
			w := startWatch(t, c)
			await(t, w, "a problem", func([]Job) bool { return w.Err() != nil })
			group := ""
			if right[1] == "jobs" {
				group = "batch"
			}
			check(t, w.Err(), right[0], right[1], group)
			if jobs := w.Snapshot(); len(jobs) != 1 {
				t.Errorf("jobs %+v", jobs)
			}
		})
	}
}

func TestWatchStopsWithContext(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	ctx, cancel := context.WithCancel(context.Background())
	w, err := Watch(ctx, c.client, "", testRun)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	w.Close() // returns, since the goroutines end with ctx
	if err := w.Err(); err != nil {
		t.Errorf("the end of the watch is no problem: %v", err)
	}
}
