package runjobs

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/rest"
	ktesting "k8s.io/client-go/testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

func TestList(t *testing.T) {
	t.Parallel()
	job, other := newJob("a", 2), newJob("b", 1)
	foreign := newJob("c", 1)
	foreign.Labels[jobspec.LabelFlowRunID] = "another run"
	c := newCluster(t, job, other, foreign, newPod("a-1", job, 2), newEvent("e", "Pod", "a-1", "FailedScheduling", "no node", 3))
	jobs, err := List(context.Background(), c.client, "", testRun)
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 2 || jobs[1].Name != "a" || len(jobs[1].Pods) != 1 || jobs[1].Pods[0].Events[0].Reason != "FailedScheduling" {
		t.Errorf("jobs %+v", jobs)
	}

	c.refuse("list", "events")
	jobs, err = List(context.Background(), c.client, "", testRun)
	if !errors.Is(err, ErrPartial) || !errors.Is(err, kubeclient.ErrForbidden) || len(jobs) != 2 {
		t.Errorf("%v, jobs %+v", err, jobs)
	}
	c.refuse("list", "jobs")
	if _, err = List(context.Background(), c.client, "", testRun); !errors.Is(err, kubeclient.ErrForbidden) || errors.Is(err, ErrPartial) {
		t.Errorf("got %v", err)
	}
}

func TestWithUnfinishedJobs(t *testing.T) {
	t.Parallel()
	job := func(name, run string, condition batchv1.JobConditionType, status corev1.ConditionStatus) *batchv1.Job {
		made := newJob(name, 1)
		made.Labels[jobspec.LabelFlowRunID] = run
		if condition != "" {
			made.Status.Conditions = []batchv1.JobCondition{{Type: condition, Status: status}}
		}
		return made
	}
	unrelated := newJob("unrelated", 1)
	unrelated.Labels = nil
	c := newCluster(t, job("a", "active", "", ""), job("b", "complete", batchv1.JobComplete, corev1.ConditionTrue),
		job("c", "failed", batchv1.JobFailed, corev1.ConditionTrue), job("d", "again", batchv1.JobFailed, corev1.ConditionTrue),
		job("e", "again", "", ""), job("f", "suspended", batchv1.JobSuspended, corev1.ConditionTrue),
		job("g", "resumed", batchv1.JobComplete, corev1.ConditionFalse), unrelated)
	for title, test := range map[string]struct{ ask, want []string }{
		"of all":    {nil, []string{"active", "again", "resumed", "suspended"}},
		"of some":   {[]string{"again", "complete", "nobody"}, []string{"again"}},
		"of others": {[]string{"nobody"}, nil},
	} {
		if got, err := WithUnfinishedJobs(t.Context(), c.client, test.ask); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, %v", title, got, err)
		}
	}
	c.refuse("list", "jobs")
	if got, err := WithUnfinishedJobs(t.Context(), c.client, nil); !errors.Is(err, kubeclient.ErrForbidden) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestDelete waits for Jobs that go only after their pods.
func TestDelete(t *testing.T) {
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
	go func() { done <- Delete(context.Background(), c.client, "", testRun) }()
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
	if err := Delete(context.Background(), c.client, "", testRun); err != nil {
		t.Errorf("no Jobs: %v", err)
	}
}

func TestDeleteCanceled(t *testing.T) {
	t.Parallel()
	c := newCluster(t, newJob("a", 1))
	ctx, cancel := context.WithCancel(context.Background())
	c.PrependReactor("delete", "jobs", func(ktesting.Action) (bool, runtime.Object, error) {
		cancel()
		return true, nil, nil
	})
	if err := Delete(ctx, c.client, "", testRun); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestDeleteInTime tells a cluster that is slow from one that has not heard of the deletion.
func TestDeleteInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			answer func(context.Context) error
			still  bool
		}{
			"taken":     {func(context.Context) error { return nil }, true},
			"not taken": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, false},
		} {
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
			fake := newCluster(t, newJob("a", 1))
			fake.PrependReactor("delete", "jobs", func(ktesting.Action) (bool, runtime.Object, error) { return true, nil, c.answer(ctx) })
			err := Delete(ctx, fake.client, "", testRun)
			if errors.Is(err, ErrStillThere) != c.still || !kubeclient.DeadlinePassed(err) {
				t.Errorf("%s: got %v", name, err)
			}
			stop()
		}
	})
}

// TestClusterThatIsAway: a connection that cannot be made in time is not the end of the time for the operation, though
// errors.Is says so of both.
func TestClusterThatIsAway(t *testing.T) {
	t.Parallel()
	away, err := kubeclient.NewClientFromREST(&rest.Config{
		Host: "http://127.0.0.1:1", Dial: (&net.Dialer{Timeout: time.Nanosecond}).DialContext,
	}, testNamespace)
	if err != nil {
		t.Fatal(err)
	}
	var access *kubeclient.AccessError
	err = Delete(t.Context(), away, "", testRun)
	if !errors.As(err, &access) || !errors.Is(err, context.DeadlineExceeded) || access.Kind != kubeclient.ErrUnreachable { //nolint:errorlint // the kind itself
		t.Errorf("a dial that takes too long: %#v", err)
	}

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) { <-in.Context().Done() }))
	defer silent.Close()
	slow, err := kubeclient.NewClientFromREST(&rest.Config{Host: silent.URL}, testNamespace)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	err = Delete(ctx, slow, "", testRun)
	if !errors.As(err, &access) || access.Kind != context.DeadlineExceeded || errors.Is(err, ErrStillThere) { //nolint:errorlint // as above
		t.Errorf("no answer in time: %#v", err)
	}
}

// TestMalformed tells the API server's validation from rules that answer with its status.
func TestMalformed(t *testing.T) {
	t.Parallel()
	kind := schema.GroupKind{Group: "batch", Kind: "Job"}
	named := field.ErrorList{field.Invalid(field.NewPath("spec"), "x", "no")}
	byRule := func(message string, causes ...metav1.StatusCause) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid, Message: message, Details: &metav1.StatusDetails{Causes: causes},
		}}
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"validation": {apierrors.NewInvalid(kind, "x", named), true},
		"policy":     {byRule("ValidatingAdmissionPolicy 'p' denied request: no", metav1.StatusCause{Message: "no"}), false},
		"webhook":    {byRule(`admission webhook "w" denied the request: no`, metav1.StatusCause{Field: "spec"}), false},
		"quota":      {apierrors.NewForbidden(schema.GroupResource{Group: "batch", Resource: "jobs"}, "x", errors.New("exceeded quota: q")), false},
	} {
		if got := kubeclient.Malformed(kubeclient.Classify("create", "jobs", "flows", "x", c.err)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	generated, err := jobspec.Generate(jobspec.Run{ID: "r", FlowID: "f", CoreVersion: "1.4.1", Storage: map[string]any{"type": "Module"}}, jobspec.Agent{}, "00000000")
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
		"invalid":   {apierrors.NewInvalid(schema.GroupKind{Group: "batch", Kind: "Job"}, "x", nil), kubeclient.ErrRejected, "invalid"},
		"quota":     {apierrors.NewForbidden(resource, "x", errors.New("exceeded quota: q")), kubeclient.ErrRejected, "exceeded quota"},
		"forbidden": {apierrors.NewForbidden(resource, "x", errors.New(`User "u" cannot create resource "jobs" in API group "batch"`)), kubeclient.ErrForbidden, `verb "create"`},
		"namespace": {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "flows"), kubeclient.ErrNotFound, "flows"},
		"overload":  {apierrors.NewTooManyRequestsError("later"), kubeclient.ErrUnreachable, "later"},
		"token":     {apierrors.NewUnauthorized("no"), kubeclient.ErrUnauthorized, "no"},
		"webhook": {&apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: 400, Message: `admission webhook "w" denied the request: no`,
		}}, kubeclient.ErrRejected, "denied the request"},
		"webhook down": {apierrors.NewInternalError(errors.New(`failed calling webhook "w"`)), kubeclient.ErrUnreachable, "failed calling"},
		"no trial":     {apierrors.NewBadRequest(`admission webhook "w" does not support dry run`), kubeclient.ErrNoDryRun, "does not support dry run"},
		"no answer":    {errors.New("dial tcp: connection refused"), kubeclient.ErrUnreachable, "refused"},
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
			err := DryRun(context.Background(), fake.client, "", generated)
			if !errors.Is(err, c.kind) || (err != nil && !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
