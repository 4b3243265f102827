package node

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	hostIP = "127.0.0.1"
	// patchType replaces whole lists: the node owns those of a pod's status.
	patchType = types.MergePatchType

	reasonCreating     = "ContainerCreating"
	reasonInitializing = "PodInitializing"
	exitCodeKilled     = 137
)

// podState is what the node knows about a pod's containers. Its methods derive
// the status that a kubelet would report.
type podState struct {
	started, initialized, over bool
	startTime                  metav1.Time
	reason, message            string
	restart                    corev1.RestartPolicy
	init, main                 []corev1.ContainerStatus
}

func newPodState(pod *corev1.Pod) podState {
	waiting := reasonCreating
	if len(pod.Spec.InitContainers) > 0 {
		waiting = reasonInitializing
	}
	s := podState{startTime: now(), restart: pod.Spec.RestartPolicy, initialized: len(pod.Spec.InitContainers) == 0}
	if pod.Status.StartTime != nil {
		s.startTime = *pod.Status.StartTime
	}
	for i := range pod.Spec.InitContainers {
		reason := reasonInitializing
		if i == 0 {
			reason = reasonCreating
		}
		s.init = append(s.init, waitingStatus(&pod.Spec.InitContainers[i], reason))
	}
	for i := range pod.Spec.Containers {
		s.main = append(s.main, waitingStatus(&pod.Spec.Containers[i], waiting))
	}
	return s
}

func waitingStatus(c *corev1.Container, reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: c.Name, Image: c.Image, Started: new(bool),
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}},
	}
}

func (s *podState) of(init bool, index int) *corev1.ContainerStatus {
	if init {
		return &s.init[index]
	}
	return &s.main[index]
}

// wait records that a container cannot run yet.
func (s *podState) wait(init bool, index int, reason, message string) {
	c := s.of(init, index)
	if c.State.Terminated != nil {
		c.LastTerminationState = c.State
	}
	c.Ready, c.Started = false, new(bool)
	c.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// attempt records that a container was made, for the first time or again.
func (s *podState) attempt(init bool, index int, id string) *corev1.ContainerStatus {
	c := s.of(init, index)
	if c.State.Terminated != nil {
		c.LastTerminationState = c.State
	}
	if c.LastTerminationState.Terminated != nil {
		c.RestartCount++
	}
	c.ContainerID, c.ImageID = id, c.Image
	return c
}

// run records that a container's process runs.
func (s *podState) run(init bool, index int, id string) {
	c := s.attempt(init, index, id)
	started := true
	c.Ready, c.Started = !init, &started
	c.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now()}}
}

// terminate records that a container's process has ended.
func (s *podState) terminate(init bool, index int, end corev1.ContainerStateTerminated) {
	c := s.of(init, index)
	end.ContainerID = c.ContainerID
	c.Ready, c.Started = init && end.ExitCode == 0, new(bool)
	c.State = corev1.ContainerState{Terminated: &end}
}

// finish records that nothing runs any more and nothing will.
func (s *podState) finish(ended bool, why ending) {
	s.over = true
	if !ended {
		return
	}
	s.reason, s.message = why.reason, why.message
	waiting := reasonCreating
	if len(s.init) > 0 {
		waiting = reasonInitializing
	}
	for _, list := range [][]corev1.ContainerStatus{s.init, s.main} {
		for i := range list {
			if list[i].State.Terminated != nil {
				continue
			}
			list[i].Ready, list[i].Started = false, new(bool)
			// What a container waited for is forgotten: what is known is what the runtime
			// knows, and that is its last end, if it ever ran.
			list[i].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: waiting}}
			if list[i].LastTerminationState.Terminated != nil {
				list[i].State, list[i].LastTerminationState = list[i].LastTerminationState, corev1.ContainerState{}
			}
		}
	}
}

// phase follows from the containers' states and the restart policy.
func (s *podState) phase() corev1.PodPhase {
	var failed, waiting, running int
	for _, c := range s.main {
		switch {
		case c.State.Running != nil:
			running++
		case c.State.Terminated != nil:
			if c.State.Terminated.ExitCode != 0 {
				failed++
			}
		case c.LastTerminationState.Terminated == nil:
			waiting++
		default:
			running++ // to be restarted
		}
	}
	initFailed := false
	for _, c := range s.init {
		initFailed = initFailed || (c.State.Terminated != nil && c.State.Terminated.ExitCode != 0)
	}
	switch {
	case s.over && (s.reason != "" || failed > 0 || waiting > 0 || initFailed):
		return corev1.PodFailed
	case s.over:
		return corev1.PodSucceeded
	case !s.initialized || waiting > 0:
		return corev1.PodPending
	default:
		return corev1.PodRunning
	}
}

// status is the whole status, in which the conditions of others are kept.
func (s *podState) status(latest *corev1.Pod) corev1.PodStatus {
	phase := s.phase()
	status := corev1.PodStatus{
		Phase: phase, Reason: s.reason, Message: s.message,
		HostIP: hostIP, HostIPs: []corev1.HostIP{{IP: hostIP}},
		PodIP: hostIP, PodIPs: []corev1.PodIP{{IP: hostIP}},
		QOSClass:  latest.Status.QOSClass,
		StartTime: &s.startTime,
	}
	status.InitContainerStatuses = append(status.InitContainerStatuses, s.init...)
	status.ContainerStatuses = append(status.ContainerStatuses, s.main...)
	status.Conditions = s.conditions(phase, latest)
	return status
}

func (s *podState) conditions(phase corev1.PodPhase, latest *corev1.Pod) []corev1.PodCondition {
	var unready []string
	for _, c := range s.main {
		if !c.Ready {
			unready = append(unready, c.Name)
		}
	}
	own := []corev1.PodCondition{
		{Type: corev1.PodReadyToStartContainers, Status: status(s.started && !s.over)},
		{Type: corev1.PodInitialized, Status: status(s.initialized)},
		{Type: corev1.PodReady, Status: status(phase == corev1.PodRunning && len(unready) == 0)},
		{Type: corev1.ContainersReady, Status: status(phase == corev1.PodRunning && len(unready) == 0)},
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
	}
	if s.reason == "Evicted" {
		own = append(own, corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
			Reason: "TerminationByKubelet", Message: s.message,
		})
	}
	for i := range own {
		explain(&own[i], phase, s, unready)
		keepTransition(&own[i], latest.Status.Conditions)
	}
	for _, c := range latest.Status.Conditions {
		if !contains(own, c.Type) {
			own = append(own, c)
		}
	}
	return own
}

// explain adds the reason of a condition that is false.
func explain(c *corev1.PodCondition, phase corev1.PodPhase, s *podState, unready []string) {
	if c.Status != corev1.ConditionFalse {
		return
	}
	switch c.Type {
	case corev1.PodInitialized:
		var incomplete []string
		for _, i := range s.init {
			if i.State.Terminated == nil || i.State.Terminated.ExitCode != 0 {
				incomplete = append(incomplete, i.Name)
			}
		}
		c.Reason = "ContainersNotInitialized"
		c.Message = fmt.Sprintf("containers with incomplete status: [%s]", strings.Join(incomplete, " "))
	case corev1.PodReady, corev1.ContainersReady:
		switch phase {
		case corev1.PodSucceeded:
			c.Reason = "PodCompleted"
		case corev1.PodFailed:
			c.Reason = "PodFailed"
		default:
			c.Reason = "ContainersNotReady"
			c.Message = fmt.Sprintf("containers with unready status: [%s]", strings.Join(unready, " "))
		}
	}
}

func keepTransition(c *corev1.PodCondition, old []corev1.PodCondition) {
	c.LastTransitionTime = now()
	for _, o := range old {
		if o.Type == c.Type && o.Status == c.Status {
			c.LastTransitionTime = o.LastTransitionTime
		}
	}
}

func contains(conditions []corev1.PodCondition, kind corev1.PodConditionType) bool {
	for _, c := range conditions {
		if c.Type == kind {
			return true
		}
	}
	return false
}

func status(is bool) corev1.ConditionStatus {
	if is {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

// statusPatch is the patch that sets a pod's status, provided the pod is still
// the same one.
func statusPatch(uid types.UID, status corev1.PodStatus) ([]byte, error) {
	return json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": uid},
		"status":   status,
	})
}
