package runjobs

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubefake"
)

const (
	testRun       = "11111111-1111-1111-1111-111111111111"
	testNamespace = "flows"
	testTimeout   = 30 * time.Second
)

// cluster is client-go's fake clientset that tells which watches run: it loses what happens before a watch starts.
type cluster struct {
	*fake.Clientset
	client  *kubeclient.Client
	mu      sync.Mutex
	started map[string]int
	streams map[string][]*stream
	changed chan struct{}
}

// stream is a watch that the test can break.
type stream struct {
	watch.Interface
	out  chan watch.Event
	stop sync.Once
	done chan struct{}
}

func (s *stream) ResultChan() <-chan watch.Event { return s.out }

func (s *stream) Stop() {
	s.stop.Do(func() {
		close(s.done)
		s.Interface.Stop()
	})
}

func (s *stream) run() {
	for e := range s.Interface.ResultChan() {
		select {
		case s.out <- e:
		case <-s.done:
			return
		}
	}
}

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	t.Helper()
	c := &cluster{Clientset: fake.NewClientset(objects...), started: map[string]int{}, streams: map[string][]*stream{}, changed: make(chan struct{})}
	c.client = kubefake.New(c.Clientset, testNamespace)
	c.PrependWatchReactor("*", func(action ktesting.Action) (bool, watch.Interface, error) {
		inner, err := c.Tracker().Watch(action.GetResource(), action.GetNamespace())
		if err != nil {
			return true, nil, err
		}
		s := &stream{Interface: inner, out: make(chan watch.Event), done: make(chan struct{})}
		go s.run()
		resource := action.GetResource().Resource
		c.mu.Lock()
		c.started[resource]++
		c.streams[resource] = append(c.streams[resource], s)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		return true, s, nil
	})
	return c
}

// awaitWatches waits until so many watches of a resource have started.
func (c *cluster) awaitWatches(t *testing.T, resource string, count int) {
	t.Helper()
	timeout := time.After(testTimeout)
	for {
		c.mu.Lock()
		started, changed := c.started[resource], c.changed
		c.mu.Unlock()
		if started >= count {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%d watches of %s, not %d", started, resource, count)
		}
	}
}

// breakWatches ends the watches of a resource: what follows is unseen until the watcher lists again.
func (c *cluster) breakWatches(t *testing.T, resource string, status *metav1.Status, meanwhile func()) {
	t.Helper()
	c.mu.Lock()
	streams := c.streams[resource]
	c.streams[resource] = nil
	c.mu.Unlock()
	for _, s := range streams {
		s.Interface.Stop()
	}
	meanwhile()
	for _, s := range streams {
		select {
		case s.out <- watch.Event{Type: watch.Error, Object: status}:
		case <-s.done:
		}
	}
}

// refuse makes a verb on a resource answer 403 in the API server's words.
func (c *cluster) refuse(verb, resource string) {
	answer := func() error {
		group := kubeclient.GroupOf(resource)
		return apierrors.NewForbidden(schema.GroupResource{Group: group, Resource: resource}, "", fmt.Errorf(
			"User \"u\" cannot %s resource %q in API group %q in the namespace %q", verb, resource, group, testNamespace)) //nolint:err113 // the server's words
	}
	if verb == "watch" {
		c.PrependWatchReactor(resource, func(ktesting.Action) (bool, watch.Interface, error) { return true, nil, answer() })
		return
	}
	c.PrependReactor(verb, resource, func(ktesting.Action) (bool, runtime.Object, error) { return true, nil, answer() })
}

func (c *cluster) add(t *testing.T, objects ...runtime.Object) {
	t.Helper()
	for _, o := range objects {
		var err error
		ctx := context.Background()
		switch o := o.(type) {
		case *batchv1.Job:
			_, err = c.BatchV1().Jobs(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
		case *corev1.Pod:
			_, err = c.CoreV1().Pods(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
		case *corev1.Event:
			_, err = c.CoreV1().Events(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func objectMeta(name string, minute int) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: testNamespace, UID: types.UID("uid-" + name),
		Labels:            map[string]string{jobspec.LabelFlowRunID: testRun},
		CreationTimestamp: metav1.NewTime(time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC)),
	}
}

func newJob(name string, minute int) *batchv1.Job {
	job := &batchv1.Job{ObjectMeta: objectMeta(name, minute)}
	job.Spec.Template.Spec.Containers = []corev1.Container{{Name: "flow", Image: "image:1"}}
	return job
}

func newPod(name string, job *batchv1.Job, minute int) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: objectMeta(name, minute)}
	pod.OwnerReferences = []metav1.OwnerReference{{Kind: "Job", Name: job.Name, UID: job.UID}}
	pod.Spec = *job.Spec.Template.Spec.DeepCopy()
	pod.Status.Phase = corev1.PodPending
	return pod
}

func newEvent(name, kind, object, reason, message string, minute int) *corev1.Event {
	e := &corev1.Event{ObjectMeta: objectMeta(name, minute), Type: "Warning", Reason: reason, Message: message, Count: 2}
	e.Labels = nil
	e.InvolvedObject = corev1.ObjectReference{Kind: kind, Name: object, UID: types.UID("uid-" + object), Namespace: testNamespace}
	e.FirstTimestamp, e.LastTimestamp = e.CreationTimestamp, e.CreationTimestamp
	return e
}

// await waits until a snapshot satisfies the condition.
func await(t *testing.T, w *Watcher, what string, condition func([]Job) bool) []Job {
	t.Helper()
	timeout := time.After(testTimeout)
	for {
		jobs := w.Snapshot()
		if condition(jobs) {
			return jobs
		}
		select {
		case <-w.Changes():
		case <-timeout:
			t.Fatalf("never saw %s; last: %+v", what, jobs)
		}
	}
}

func startWatch(t *testing.T, c *cluster) *Watcher {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	w, err := Watch(ctx, c.client, "", testRun)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}
