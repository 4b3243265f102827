package runjobs

import (
	"cmp"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// history collects everything seen of a run's Jobs. Objects stay in it after they are deleted.
type history struct {
	jobs   []*seen[batchv1.Job]
	pods   []*seen[corev1.Pod]
	events map[string]*corev1.Event // by namespace and name
}

type seen[T any] struct {
	key     string // UID, or the name without one
	object  *T
	deleted bool
}

func newHistory() *history { return &history{events: map[string]*corev1.Event{}} }

// put stores the newest state of an object and reports whether the object is new to the history.
func put[T any](list []*seen[T], key string, object *T, deleted bool) ([]*seen[T], bool) {
	for _, s := range list {
		if s.key == key {
			s.object, s.deleted = object, deleted
			return list, false
		}
	}
	return append(list, &seen[T]{key: key, object: object, deleted: deleted}), true
}

func (h *history) putJob(job *batchv1.Job, deleted bool) (isNew bool) {
	h.jobs, isNew = put(h.jobs, cmp.Or(string(job.UID), job.Name), job, deleted)
	return isNew
}

func (h *history) putPod(pod *corev1.Pod, deleted bool) (isNew bool) {
	for _, s := range h.pods {
		if s.key == cmp.Or(string(pod.UID), pod.Name) {
			pod = keepReasons(s.object, pod)
		}
	}
	h.pods, isNew = put(h.pods, cmp.Or(string(pod.UID), pod.Name), pod, deleted)
	return isNew
}

// keepReasons preserves why the containers of a pod did not start, which the kubelet drops when the pod is
// deleted.
func keepReasons(before, now *corev1.Pod) *corev1.Pod {
	if now.DeletionTimestamp == nil && now.Status.Phase != corev1.PodFailed {
		return now
	}
	for i := range now.Status.ContainerStatuses {
		if !saysNothing(now.Status.ContainerStatuses[i].State) {
			continue
		}
		for k := range before.Status.ContainerStatuses {
			old := before.Status.ContainerStatuses[k]
			if old.Name == now.Status.ContainerStatuses[i].Name && old.State.Waiting != nil {
				now = now.DeepCopy() // informer objects are shared
				now.Status.ContainerStatuses[i].State = old.State
			}
		}
	}
	return now
}

// saysNothing recognises the kubelet's placeholder for containers that had not run when their pod was
// deleted: about to be created or, if the kubelet had lost track of them, an end that nobody observed.
func saysNothing(state corev1.ContainerState) bool {
	switch {
	case state.Waiting != nil:
		return state.Waiting.Reason == "ContainerCreating" || state.Waiting.Reason == "PodInitializing"
	case state.Terminated != nil:
		return state.Terminated.Reason == "ContainerStatusUnknown"
	default:
		return false
	}
}

func (h *history) putEvent(e *corev1.Event) { h.events[e.Namespace+"/"+e.Name] = e }

// snapshot describes the Jobs, oldest first. For a pod whose Job was never seen, it adds a Job with only a
// name, marked as deleted.
func (h *history) snapshot() []Job {
	var out []Job
	for _, s := range h.jobs {
		info := jobInfo(s.object)
		info.Deleted = s.deleted
		info.Events = h.eventsOf("Job", info.Name, info.UID)
		out = append(out, info)
	}
	for _, s := range h.pods {
		info := podInfo(s.object)
		info.Deleted = s.deleted
		info.Events = h.eventsOf("Pod", info.Name, info.UID)
		name, uid := jobOf(s.object)
		i := slices.IndexFunc(out, func(j Job) bool {
			return j.Name == name && (uid == "" || j.UID == "" || j.UID == uid)
		})
		if i < 0 {
			i = len(out)
			out = append(out, Job{Name: name, UID: uid, Namespace: s.object.Namespace, CreatedAt: info.CreatedAt, Deleted: true})
		}
		out[i].Pods = append(out[i].Pods, info)
	}
	slices.SortStableFunc(out, func(a, b Job) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for i := range out {
		out[i].Attempt = i + 1
		slices.SortStableFunc(out[i].Pods, func(a, b Pod) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Name, b.Name))
		})
	}
	return out
}

func (h *history) eventsOf(kind, name, uid string) []Event {
	var keys []string
	for key, e := range h.events {
		if isAbout(e, kind, name, uid) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := make([]Event, 0, len(keys))
	for _, key := range keys {
		out = append(out, eventInfo(h.events[key]))
	}
	sortEvents(out)
	return out
}
