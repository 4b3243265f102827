package node

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/reference"
)

// ending is why a pod is stopped before its containers are done.
type ending struct {
	// grace is the time between SIGTERM and SIGKILL.
	grace time.Duration
	// reason and message become the status of the pod, which then is Failed.
	// They are empty when the pod is deleted: its containers decide.
	reason, message string
}

// worker runs one pod, from the moment it is bound to the node until it is gone
// from the API.
type worker struct {
	node *Node
	pod  *corev1.Pod
	dir  string

	// ctx ends when the pod no longer exists or the node stops.
	ctx    context.Context //nolint:containedctx // it is the pod's life, which every goroutine of the worker ends with
	cancel context.CancelFunc

	// ended is closed when the pod is to be stopped, deleted when the API asks for its deletion.
	ended, deleted chan struct{}
	endOnce        sync.Once
	deleteOnce     sync.Once
	why            ending

	mu     sync.Mutex
	latest *corev1.Pod
	state  podState
	logs   map[string]*containerLogs

	// syncing serialises status updates, so that they arrive in order.
	syncing sync.Mutex
}

func newWorker(ctx context.Context, node *Node, pod *corev1.Pod) *worker {
	ctx, cancel := context.WithCancel(ctx)
	return &worker{
		node: node, pod: pod, latest: pod, dir: filepath.Join(node.root, string(pod.UID)),
		ctx: ctx, cancel: cancel,
		ended: make(chan struct{}), deleted: make(chan struct{}),
		state: newPodState(pod), logs: map[string]*containerLogs{},
	}
}

// observe takes in what the API says about the pod.
func (w *worker) observe(pod *corev1.Pod) {
	w.mu.Lock()
	w.latest = pod
	w.mu.Unlock()
	if pod.DeletionTimestamp == nil {
		return
	}
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	w.end(ending{grace: grace})
	w.deleteOnce.Do(func() { close(w.deleted) })
}

// end stops the pod; only the first reason counts.
func (w *worker) end(why ending) {
	w.endOnce.Do(func() {
		w.why = why
		close(w.ended)
	})
}

// ending reports whether the pod is being stopped.
func (w *worker) ending() bool {
	select {
	case <-w.ended:
		return true
	case <-w.ctx.Done():
		return true
	default:
		return false
	}
}

// pause waits, and reports whether the pod should continue.
func (w *worker) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !w.ending()
	case <-w.ended:
		return false
	case <-w.ctx.Done():
		return false
	}
}

// run is the life of the pod.
func (w *worker) run() {
	defer w.cancel()
	defer func() { _ = os.RemoveAll(w.dir) }()
	if !w.finished() {
		w.work()
	}
	select {
	case <-w.deleted:
		w.confirmDeletion()
		// The logs can be read until the pod is really gone.
		<-w.ctx.Done()
	case <-w.ctx.Done():
	}
}

// finished reports whether the pod had ended before this node saw it.
func (w *worker) finished() bool {
	return w.pod.Status.Phase == corev1.PodSucceeded || w.pod.Status.Phase == corev1.PodFailed
}

// work runs the containers and reports the end.
func (w *worker) work() {
	if w.pod.Status.Phase == corev1.PodRunning {
		// It ran on an earlier node of this name.
		w.end(ending{reason: "NodeRestart", message: "The node that ran the pod's processes was started again."})
	}
	w.update(func(s *podState) { s.started = true })
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		w.end(ending{reason: "UnexpectedAdmissionError", message: err.Error()})
	}
	stopDeadline := w.watchDeadline()
	defer stopDeadline()

	if w.volumes() && w.initContainers() {
		w.update(func(s *podState) { s.initialized = true })
		stopEviction := w.watchEviction()
		defer stopEviction()
		var group sync.WaitGroup
		for i := range w.pod.Spec.Containers {
			group.Go(func() { w.container(false, i) })
		}
		group.Wait()
	}
	if w.ctx.Err() != nil {
		return
	}
	w.update(func(s *podState) { s.finish(w.ending(), w.why) })
}

// watchDeadline ends the pod when its active deadline has passed, and returns a function that stops the watch.
func (w *worker) watchDeadline() func() bool {
	seconds := w.pod.Spec.ActiveDeadlineSeconds
	if seconds == nil {
		return func() bool { return true }
	}
	return time.AfterFunc(time.Duration(*seconds)*time.Second, func() {
		w.event(corev1.EventTypeNormal, "DeadlineExceeded", deadlineMessage)
		w.end(ending{grace: w.grace(), reason: "DeadlineExceeded", message: deadlineMessage})
	}).Stop
}

const deadlineMessage = "Pod was active on the node longer than the specified deadline"

// watchEviction evicts the pod if its annotation says so, and returns a function that stops the watch.
func (w *worker) watchEviction() func() bool {
	after, err := time.ParseDuration(w.pod.Annotations[EvictAfterAnnotation])
	if err != nil {
		return func() bool { return true }
	}
	return time.AfterFunc(after, func() {
		message := "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. "
		w.event(corev1.EventTypeWarning, "Evicted", message)
		w.end(ending{reason: "Evicted", message: message})
	}).Stop
}

// grace is the pod's own termination grace period.
func (w *worker) grace() time.Duration {
	if w.pod.Spec.TerminationGracePeriodSeconds == nil {
		return 30 * time.Second
	}
	return time.Duration(*w.pod.Spec.TerminationGracePeriodSeconds) * time.Second
}

// initContainers runs the init containers in order, and reports whether the other containers may start.
func (w *worker) initContainers() bool {
	for i := range w.pod.Spec.InitContainers {
		if !w.container(true, i) {
			return false
		}
	}
	return !w.ending()
}

// update changes the pod's state and reports it.
func (w *worker) update(change func(*podState)) {
	w.syncing.Lock()
	defer w.syncing.Unlock()
	w.mu.Lock()
	change(&w.state)
	status := w.state.status(w.latest)
	w.mu.Unlock()
	w.report(status)
}

// report sends the status until it has arrived or the pod is gone.
func (w *worker) report(status corev1.PodStatus) {
	patch, err := statusPatch(w.pod.UID, status)
	if err != nil {
		w.node.options.Logger.Error("a pod's status could not be encoded", "pod", w.pod.Name, "error", err)
		return
	}
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		pod, err := w.node.client.CoreV1().Pods(w.pod.Namespace).Patch(
			w.ctx, w.pod.Name, patchType, patch, metav1.PatchOptions{}, "status")
		switch {
		case err == nil:
			w.mu.Lock()
			if pod.DeletionTimestamp != nil || w.latest.DeletionTimestamp == nil {
				w.latest = pod
			}
			w.mu.Unlock()
			return
		case w.ctx.Err() != nil, apierrors.IsNotFound(err), apierrors.IsConflict(err):
			return
		case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err):
			w.node.options.Logger.Error("a pod's status was refused", "pod", w.pod.Name, "error", err)
			return
		}
		if !w.rest(wait) {
			return
		}
	}
}

// rest waits, even while the pod is ending; it returns false if the node stops first.
func (w *worker) rest(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// confirmDeletion tells the API that nothing of the pod runs any more.
func (w *worker) confirmDeletion() {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := w.node.client.CoreV1().Pods(w.pod.Namespace).Delete(w.ctx, w.pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: new(int64), Preconditions: metav1.NewUIDPreconditions(string(w.pod.UID)),
		})
		if err == nil || w.ctx.Err() != nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		if !w.rest(wait) {
			return
		}
	}
}

// event records an event of the pod.
func (w *worker) event(kind, reason, message string) {
	w.node.recorder.Event(w.pod, kind, reason, message)
}

// containerEvent records an event of one of the pod's containers.
func (w *worker) containerEvent(c *corev1.Container, init bool, kind, reason, message string) {
	path := "spec.containers{" + c.Name + "}"
	if init {
		path = "spec.initContainers{" + c.Name + "}"
	}
	object, err := reference.GetPartialReference(scheme.Scheme, w.pod, path)
	if err != nil {
		w.event(kind, reason, message)
		return
	}
	w.node.recorder.Event(object, kind, reason, message)
}

// current is the pod as the API knows it.
func (w *worker) current() *corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}
