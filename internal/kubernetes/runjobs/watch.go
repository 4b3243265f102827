package runjobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// Watcher follows the Jobs and pods of one flow run and their events. It keeps objects that are deleted while
// it watches, since the agent deletes finished Jobs within a minute.
type Watcher struct {
	client    *kubeclient.Client
	flowRunID string
	changes   chan struct{}
	ctx       context.Context //nolint:containedctx // lifetime of the watch's goroutines, ended by Close
	cancel    context.CancelFunc
	wait      sync.WaitGroup

	mu       sync.Mutex
	history  *history
	watched  map[string]bool  // objects whose events are being watched
	problems map[string]error // current problems, by namespace, resource and verb
	order    []string         // order of the keys of problems
}

// Watch starts watching a run in a namespace ("" for all of the client's) and returns once the current state
// is known. The watch ends with Close or with ctx. An error is a *kubeclient.AccessError about Jobs. Without
// permission for pods or events, or for Jobs in some of the namespaces, the watch continues without them, and
// Err reports it. Starting takes at most about kubeclient.OperationTimeout.
func Watch(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) (*Watcher, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{
		client: client, flowRunID: flowRunID, changes: make(chan struct{}, 1), ctx: ctx, cancel: cancel,
		history: newHistory(), watched: map[string]bool{}, problems: map[string]error{},
	}
	namespaces := client.NamespacesOr(namespace)
	failures := make([]error, len(namespaces))
	var group sync.WaitGroup
	for i, namespace := range namespaces {
		group.Go(func() { failures[i] = w.start(namespace) })
	}
	group.Wait()
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	if len(failures) == len(namespaces) {
		w.Close()
		return nil, failures[0]
	}
	return w, nil
}

// start watches one namespace.
func (w *Watcher) start(namespace string) error {
	// Informers retry forever; ask once first to know if watching can work.
	err := kubeclient.Within(w.ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
		options := metav1.ListOptions{LabelSelector: runSelector(w.flowRunID), Limit: 1}
		_, err := w.client.Interface().BatchV1().Jobs(namespace).List(ctx, options)
		return w.note("list", "jobs", namespace, err)
	})
	if err != nil {
		return err //nolint:wrapcheck // classified
	}
	jobs := w.informer("jobs", namespace, runSelector(w.flowRunID), "", &batchv1.Job{}, w.onJob)
	pods := w.informer("pods", namespace, runSelector(w.flowRunID), "", &corev1.Pod{}, w.onPod)
	var group sync.WaitGroup
	group.Go(func() { _ = pods(w.ctx) }) // reported by note
	err = jobs(w.ctx)
	group.Wait()
	return err
}

func runSelector(flowRunID string) string {
	return labels.Set{jobspec.LabelFlowRunID: flowRunID}.String()
}

// Changes delivers a value after a change; several changes may be combined.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Snapshot returns all Jobs seen so far, newest last, including deleted ones.
func (w *Watcher) Snapshot() []Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.history.snapshot()
}

// Err returns what currently makes the watch incomplete, such as a missing permission, or nil. It joins
// *kubeclient.AccessError values. The watch keeps retrying.
func (w *Watcher) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]error, 0, len(w.order))
	for _, key := range w.order {
		list = append(list, w.problems[key])
	}
	return errors.Join(list...)
}

// Close ends the watch and waits for its goroutines. Snapshot still works afterwards.
func (w *Watcher) Close() {
	w.cancel()
	w.wait.Wait()
}

func (w *Watcher) notify() {
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// note records the result of the last request of a kind.
func (w *Watcher) note(verb, resource, namespace string, err error) error {
	if err != nil && w.ctx.Err() != nil {
		return err // the watch is being closed
	}
	err = kubeclient.Classify(verb, resource, namespace, "", err)
	key := namespace + " " + resource + " " + verb
	w.mu.Lock()
	_, had := w.problems[key]
	switch {
	case err != nil:
		w.problems[key] = err
		if !had {
			w.order = append(w.order, key)
		}
	case had:
		delete(w.problems, key)
		w.order = without(w.order, key)
	}
	w.mu.Unlock()
	if had != (err != nil) {
		w.notify()
	}
	return err
}

func without(list []string, s string) []string {
	var out []string
	for _, e := range list {
		if e != s {
			out = append(out, e)
		}
	}
	return out
}

// informer starts an informer and returns a function that waits until it has the current state or has failed.
// A failure is an error only for Jobs.
func (w *Watcher) informer(resource, namespace, labelSelector, fieldSelector string, object runtime.Object, handle func(any, bool)) func(context.Context) error {
	failed := make(chan error, 1)
	pages, starts := pageCounter{}, restarts{}
	selecting := func(o *metav1.ListOptions) { o.LabelSelector, o.FieldSelector = labelSelector, fieldSelector }
	informer := cache.NewSharedInformer(cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			selecting(&o)
			if o.Continue == "" {
				if err := starts.pause(ctx); err != nil {
					return nil, err
				}
			}
			list, err := listObjects(ctx, w.client, resource, namespace, o)
			err = pages.check(o, list, err)
			if err = w.note("list", resource, namespace, err); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			selecting(&o)
			if err := starts.pause(ctx); err != nil {
				return nil, err
			}
			stream, err := watchObjects(ctx, w.client, resource, namespace, o)
			if err == nil && starts.restless() {
				_ = w.note("watch", resource, namespace, errRestless)
				return stream, nil
			}
			return stream, w.note("watch", resource, namespace, err)
		},
	}, w.client.Interface()), object, 0)
	// Problems are kept by note; the default handler would print them.
	_ = informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {})
	handler, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { handle(o, false) },
		UpdateFunc: func(_, o any) { handle(o, false) },
		DeleteFunc: func(o any) {
			if last, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = last.Obj
			}
			handle(o, true)
		},
	})
	if err != nil {
		return func(context.Context) error { return err }
	}
	w.wait.Go(func() { informer.RunWithContext(w.ctx) })
	return func(ctx context.Context) error {
		timer := time.NewTimer(kubeclient.OperationTimeout)
		defer timer.Stop()
		select {
		case <-timer.C:
			late := kubeclient.Classify("watch", resource, namespace, "", &kubeclient.NoAnswerError{After: kubeclient.OperationTimeout})
			if resource != "jobs" {
				return w.note("watch", resource, namespace, late)
			}
			return late
		case <-handler.HasSyncedChecker().Done():
			return nil
		case err := <-failed:
			if resource == "jobs" {
				return err
			}
			return nil
		case <-ctx.Done():
			return kubeclient.Classify("list", resource, namespace, "", ctx.Err())
		}
	}
}

func (w *Watcher) onJob(o any, deleted bool) {
	job, ok := o.(*batchv1.Job)
	if !ok || job.Labels[jobspec.LabelFlowRunID] != w.flowRunID {
		return
	}
	w.mu.Lock()
	w.history.putJob(job, deleted)
	w.mu.Unlock()
	w.watchEvents("Job", job.Namespace, job.Name)
	w.notify()
}

func (w *Watcher) onPod(o any, deleted bool) {
	pod, ok := o.(*corev1.Pod)
	if !ok || pod.Labels[jobspec.LabelFlowRunID] != w.flowRunID {
		return
	}
	w.mu.Lock()
	w.history.putPod(pod, deleted)
	w.mu.Unlock()
	w.watchEvents("Pod", pod.Namespace, pod.Name)
	w.notify()
}

// watchEvents follows the events of one object. Events have no labels to select by, and a namespace can have
// many, so every object gets its own watch.
func (w *Watcher) watchEvents(kind, namespace, name string) {
	w.mu.Lock()
	known := w.watched[kind+"/"+namespace+"/"+name]
	w.watched[kind+"/"+namespace+"/"+name] = true
	w.mu.Unlock()
	if known || w.ctx.Err() != nil {
		return
	}
	w.informer("events", namespace, "", eventSelector(kind, name), &corev1.Event{}, func(o any, deleted bool) {
		e, ok := o.(*corev1.Event)
		if !ok || deleted || e.InvolvedObject.Kind != kind || e.InvolvedObject.Name != name {
			return // events expire; their content is kept
		}
		w.mu.Lock()
		w.history.putEvent(e)
		w.mu.Unlock()
		w.notify()
	})
}

func eventSelector(kind, name string) string {
	return fields.Set{"involvedObject.kind": kind, "involvedObject.name": name}.String()
}

func listObjects(ctx context.Context, client *kubeclient.Client, resource, namespace string, o metav1.ListOptions) (runtime.Object, error) {
	switch resource {
	case "jobs":
		return client.Interface().BatchV1().Jobs(namespace).List(ctx, o)
	case "pods":
		return client.Interface().CoreV1().Pods(namespace).List(ctx, o)
	case "events":
		return client.Interface().CoreV1().Events(namespace).List(ctx, o)
	default:
		return nil, fmt.Errorf("unknown resource %q", resource)
	}
}

func watchObjects(ctx context.Context, client *kubeclient.Client, resource, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	switch resource {
	case "jobs":
		return client.Interface().BatchV1().Jobs(namespace).Watch(ctx, o)
	case "pods":
		return client.Interface().CoreV1().Pods(namespace).Watch(ctx, o)
	case "events":
		return client.Interface().CoreV1().Events(namespace).Watch(ctx, o)
	default:
		return nil, fmt.Errorf("unknown resource %q", resource)
	}
}
