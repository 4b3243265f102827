package kubernetes

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ktesting "k8s.io/client-go/testing"
)

func TestJobsOfRun(t *testing.T) {
	t.Parallel()
	job, other := newJob("a", 2), newJob("b", 1)
	foreign := newJob("c", 1)
	foreign.Labels[LabelFlowRunID] = "another run"
	c := newCluster(t, job, other, foreign, newPod("a-1", job, 2), newEvent("e", "Pod", "a-1", "FailedScheduling", "no node", 3))
	jobs, err := c.client.JobsOfRun(context.Background(), "", testRun)
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 2 || jobs[1].Name != "a" || len(jobs[1].Pods) != 1 || jobs[1].Pods[0].Events[0].Reason != "FailedScheduling" {
		t.Errorf("jobs %+v", jobs)
	}

	c.refuse("list", "events")
	jobs, err = c.client.JobsOfRun(context.Background(), "", testRun)
	if !errors.Is(err, ErrPartial) || !errors.Is(err, ErrForbidden) || len(jobs) != 2 {
		t.Errorf("%v, jobs %+v", err, jobs)
	}
	c.refuse("list", "jobs")
	if _, err = c.client.JobsOfRun(context.Background(), "", testRun); !errors.Is(err, ErrForbidden) || errors.Is(err, ErrPartial) {
		t.Errorf("got %v", err)
	}
}

// TestDeleteJobsOfRun waits for Jobs that go only after their pods.
func TestDeleteJobsOfRun(t *testing.T) {
	t.Parallel()
	c := newCluster(t, newJob("a", 1), newJob("b", 2))
	gvr := batchv1.SchemeGroupVersion.WithResource("jobs")
	deletions := make(chan string, 2)
	c.PrependReactor("delete", "jobs", func(action ktesting.Action) (bool, runtime.Object, error) {
		d, ok := action.(ktesting.DeleteActionImpl)
		if !ok || *d.DeleteOptions.PropagationPolicy != metav1.DeletePropagationForeground || *d.DeleteOptions.Preconditions.UID != newJob(d.Name, 1).UID {
			t.Errorf("options %+v", d.DeleteOptions)
		}
		job := newJob(d.Name, 1)
		now := metav1.NewTime(time.Now())
		job.DeletionTimestamp = &now
		if err := c.Tracker().Update(gvr, job, testNamespace); err != nil {
			t.Error(err)
		}
		deletions <- d.Name
		return true, nil, nil
	})
	done := make(chan error, 1)
	go func() { done <- c.client.DeleteJobsOfRun(context.Background(), "", testRun) }()
	for range 2 {
		<-deletions
	}
	c.awaitWatches(t, "jobs", 1)
	select {
	case err := <-done:
		t.Fatalf("returned before the Jobs were gone: %v", err)
	default:
	}
	for _, name := range []string{"a", "b"} {
		if err := c.Tracker().Delete(gvr, testNamespace, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := c.client.DeleteJobsOfRun(context.Background(), "", testRun); err != nil {
		t.Errorf("no Jobs: %v", err)
	}
}

func TestDeleteJobsOfRunCanceled(t *testing.T) {
	t.Parallel()
	c := newCluster(t, newJob("a", 1))
	ctx, cancel := context.WithCancel(context.Background())
	c.PrependReactor("delete", "jobs", func(ktesting.Action) (bool, runtime.Object, error) {
		cancel()
		return true, nil, nil
	})
	if err := c.client.DeleteJobsOfRun(ctx, "", testRun); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDryRunJob(t *testing.T) {
	t.Parallel()
	generated, err := GenerateJob(FlowRun{ID: "r", FlowID: "f", CoreVersion: "1.4.1", Storage: map[string]any{"type": "Module"}}, AgentSettings{}, "00000000")
	if err != nil {
		t.Fatal(err)
	}
	resource := schema.GroupResource{Group: "batch", Resource: "jobs"}
	for name, c := range map[string]struct {
		answer error
		kind   error
		says   string
	}{
		"accepted":  {nil, nil, ""},
		"invalid":   {apierrors.NewInvalid(schema.GroupKind{Group: "batch", Kind: "Job"}, "x", nil), ErrRejected, "invalid"},
		"quota":     {apierrors.NewForbidden(resource, "x", errors.New("exceeded quota: q")), ErrRejected, "exceeded quota"},
		"forbidden": {apierrors.NewForbidden(resource, "x", errors.New(`User "u" cannot create resource "jobs" in API group "batch"`)), ErrForbidden, `verb "create"`},
		"namespace": {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "flows"), ErrNotFound, "flows"},
		"overload":  {apierrors.NewTooManyRequestsError("later"), ErrUnreachable, "later"},
		"token":     {apierrors.NewUnauthorized("no"), ErrUnauthorized, "no"},
		"webhook": {&apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: 400, Message: `admission webhook "w" denied the request: no`,
		}}, ErrRejected, "denied the request"},
		"webhook down": {apierrors.NewInternalError(errors.New(`failed calling webhook "w"`)), ErrUnreachable, "failed calling"},
		"no trial":     {apierrors.NewBadRequest(`admission webhook "w" does not support dry run`), ErrNoTrial, "does not support dry run"},
		"no answer":    {errors.New("dial tcp: connection refused"), ErrUnreachable, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newCluster(t)
			fake.PrependReactor("create", "jobs", func(action ktesting.Action) (bool, runtime.Object, error) {
				create, ok := action.(ktesting.CreateActionImpl)
				if !ok || len(create.CreateOptions.DryRun) != 1 {
					t.Error("not a dry run")
				}
				return true, create.Object, c.answer
			})
			err := fake.client.DryRunJob(context.Background(), "", generated)
			if !errors.Is(err, c.kind) || (err != nil && !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
