package runjobs

import (
	"cmp"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

// Job describes one Job of a flow run.
type Job struct {
	Name, Namespace, UID string
	FlowRunID            string // from the Job's label; empty for an unrelated Job, or if only its pods were seen
	Image                string // of the container that runs the flow; empty if only the Job's pods were seen
	Attempt              int    // 1 for the run's first Job; a run that Lazarus revives has more
	CreatedAt            time.Time
	StartedAt            *time.Time
	FinishedAt           *time.Time
	Completed, Failed    bool
	PodEnded             bool   // a pod has ended by itself; Completed or Failed follows, unless another pod is tried
	Suspended            bool   // created suspended, or suspended since
	Reason, Message      string // of the condition Failed, such as BackoffLimitExceeded
	Active               int32  // unfinished pods
	BackoffLimit         int32  // how many pods may fail before the Job does
	Conditions           []Condition
	Pods                 []Pod   // oldest first
	Events               []Event // of the Job itself, oldest first
	Deleted              bool    // already deleted; the rest is the last known state
	Queued               bool    // something other than Kubernetes' Job controller, such as Kueue, decides when it runs
}

// What a Job is, as [Job.Status] says.
const (
	JobActive    = "active"
	JobSuspended = "suspended" // Kubernetes creates no pods for it
	JobComplete  = "complete"
	JobFailed    = "failed"
)

// Status says in a word what the Job is.
func (j *Job) Status() string {
	switch {
	case j.Failed:
		return JobFailed
	case j.Completed:
		return JobComplete
	case j.Suspended:
		return JobSuspended
	}
	return JobActive
}

// Pod describes one pod of a Job.
type Pod struct {
	Name, UID, Node string
	Phase           string // Pending, Running, Succeeded, Failed, Unknown
	Reason, Message string // of the pod as a whole, such as Evicted
	CreatedAt       time.Time
	StartedAt       *time.Time
	Conditions      []Condition
	InitContainers  []Container
	Containers      []Container
	Events          []Event // oldest first
	Deleted         bool    // already deleted
}

// Container states.
const (
	StateWaiting    = "waiting"
	StateRunning    = "running"
	StateTerminated = "terminated"
)

// Container is the state of one container, or its last end while it waits to be restarted.
type Container struct {
	Name, Image           string
	State                 string // one of the State values; empty until the kubelet reports one
	Reason, Message       string
	ExitCode              *int32
	Signal                int32
	RestartCount          int32
	StartedAt, FinishedAt *time.Time
	LastReason            string // why the previous instance ended, such as OOMKilled
	LastMessage           string
	LastExitCode          *int32
}

// Condition is a condition of a Job or pod.
type Condition struct {
	Type, Status, Reason, Message string
}

// Event is an event about a Job or pod.
type Event struct {
	Type            string // Normal or Warning
	Reason, Message string
	Object          string // kind and name, such as "Pod/x"
	Count           int32
	First, Last     time.Time
}

// queueLabel names the queue of a Job that Kueue admits.
const queueLabel = "kueue.x-k8s.io/queue-name"

func jobInfo(job *batchv1.Job) Job {
	info := Job{
		Name: job.Name, Namespace: job.Namespace, UID: string(job.UID), CreatedAt: job.CreationTimestamp.Time,
		FlowRunID: job.Labels[jobspec.LabelFlowRunID],
		StartedAt: timeOf(job.Status.StartTime), FinishedAt: timeOf(job.Status.CompletionTime), Active: job.Status.Active,
	}
	// An agent deletes a Job as soon as this is counted. Pods of a Job that is being deleted count as failed.
	info.PodEnded = job.Status.Succeeded > 0 || job.Status.Failed > 0 && job.DeletionTimestamp == nil
	_, info.Queued = job.Labels[queueLabel]
	info.Queued = info.Queued || job.Spec.ManagedBy != nil && *job.Spec.ManagedBy != batchv1.JobControllerName
	if limit := job.Spec.BackoffLimit; limit != nil {
		info.BackoffLimit = *limit
	}
	if containers := job.Spec.Template.Spec.Containers; len(containers) > 0 {
		info.Image = containers[0].Image
	}
	for _, c := range job.Status.Conditions {
		info.Conditions = append(info.Conditions, Condition{string(c.Type), string(c.Status), c.Reason, c.Message})
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch c.Type {
		case batchv1.JobSuspended:
			info.Suspended = true
		case batchv1.JobComplete:
			info.Completed = true
		case batchv1.JobFailed:
			info.Failed, info.Reason, info.Message = true, c.Reason, c.Message
			info.FinishedAt = timeOf(&c.LastTransitionTime)
		}
	}
	return info
}

func podInfo(pod *corev1.Pod) Pod {
	info := Pod{
		Name: pod.Name, UID: string(pod.UID), Node: pod.Spec.NodeName, Phase: string(pod.Status.Phase),
		Reason: pod.Status.Reason, Message: pod.Status.Message, CreatedAt: pod.CreationTimestamp.Time,
		StartedAt:      timeOf(pod.Status.StartTime),
		InitContainers: containerInfos(pod.Spec.InitContainers, pod.Status.InitContainerStatuses),
		Containers:     containerInfos(pod.Spec.Containers, pod.Status.ContainerStatuses),
	}
	for _, c := range pod.Status.Conditions {
		info.Conditions = append(info.Conditions, Condition{string(c.Type), string(c.Status), c.Reason, c.Message})
	}
	return info
}

// containerInfos describes containers in specification order, with or without a status.
func containerInfos(specs []corev1.Container, statuses []corev1.ContainerStatus) []Container {
	out := make([]Container, 0, len(specs))
	for _, spec := range specs {
		info := Container{Name: spec.Name, Image: spec.Image}
		for i := range statuses {
			if statuses[i].Name == spec.Name {
				info = containerInfo(spec, &statuses[i])
			}
		}
		out = append(out, info)
	}
	return out
}

func containerInfo(spec corev1.Container, status *corev1.ContainerStatus) Container {
	info := Container{Name: spec.Name, Image: spec.Image, RestartCount: status.RestartCount}
	switch s := status.State; {
	case s.Terminated != nil:
		code := s.Terminated.ExitCode
		info.State, info.Reason, info.Message = StateTerminated, s.Terminated.Reason, s.Terminated.Message
		info.ExitCode, info.Signal = &code, s.Terminated.Signal
		info.StartedAt, info.FinishedAt = timeOf(&s.Terminated.StartedAt), timeOf(&s.Terminated.FinishedAt)
	case s.Running != nil:
		info.State, info.StartedAt = StateRunning, timeOf(&s.Running.StartedAt)
	case s.Waiting != nil:
		info.State, info.Reason, info.Message = StateWaiting, s.Waiting.Reason, s.Waiting.Message
	}
	if last := status.LastTerminationState.Terminated; last != nil {
		code := last.ExitCode
		info.LastReason, info.LastMessage, info.LastExitCode = last.Reason, last.Message, &code
	}
	return info
}

func eventInfo(e *corev1.Event) Event {
	first, last, count := e.FirstTimestamp.Time, e.LastTimestamp.Time, e.Count
	if first.IsZero() {
		first = e.EventTime.Time
	}
	if s := e.Series; s != nil {
		last, count = s.LastObservedTime.Time, s.Count
	}
	if first.IsZero() {
		first = e.CreationTimestamp.Time
	}
	if last.IsZero() {
		last = first
	}
	return Event{
		Type: e.Type, Reason: e.Reason, Message: e.Message, Object: e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name,
		Count: max(count, 1), First: first, Last: last,
	}
}

func timeOf(t *metav1.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	v := t.UTC()
	return &v
}

// isAbout reports whether an event is about an object. If both sides have the UID, it decides; names of
// deleted objects are rarely reused.
func isAbout(e *corev1.Event, kind, name, uid string) bool {
	o := e.InvolvedObject
	return o.Kind == kind && o.Name == name && (o.UID == "" || uid == "" || string(o.UID) == uid)
}

// sortEvents sorts events by their last occurrence.
func sortEvents(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(a.Last.Compare(b.Last), a.First.Compare(b.First))
	})
}

// jobOf returns the Job that a pod belongs to.
func jobOf(pod *corev1.Pod) (name, uid string) {
	for _, owner := range pod.OwnerReferences {
		if owner.Kind == "Job" {
			return owner.Name, string(owner.UID)
		}
	}
	return pod.Labels[batchv1.JobNameLabel], pod.Labels[batchv1.ControllerUidLabel]
}
