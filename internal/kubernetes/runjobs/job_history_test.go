package runjobs

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestHistoryKeepsReasons has a kubelet forget why a container of a pod that is deleted did not start, in the ways in which
// kubelets do.
func TestHistoryKeepsReasons(t *testing.T) {
	t.Parallel()
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	ended := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: 137}}
	}
	now := metav1.Now()
	for _, tt := range []struct {
		name        string
		before, now corev1.ContainerState
		phase       corev1.PodPhase
		deletion    *metav1.Time
		want        string
	}{
		{"deleted while waiting", waiting("ErrImagePull"), waiting("ContainerCreating"), corev1.PodFailed, &now, "ErrImagePull"},
		{"being deleted", waiting("ErrImagePull"), waiting("PodInitializing"), corev1.PodPending, &now, "ErrImagePull"},
		{"lost sight of", waiting("ErrImagePull"), ended("ContainerStatusUnknown"), corev1.PodFailed, &now, "ErrImagePull"},
		{"getting on", waiting("ErrImagePull"), waiting("ContainerCreating"), corev1.PodPending, nil, "ContainerCreating"},
		{"killed by the deletion", corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, ended("Error"), corev1.PodFailed, &now, "Error"},
		{"another reason", waiting("ErrImagePull"), waiting("CreateContainerConfigError"), corev1.PodPending, &now, "CreateContainerConfigError"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newHistory()
			pod := func(state corev1.ContainerState) *corev1.Pod {
				return &corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "1"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "flow"}}},
					Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "flow", State: state}}},
				}
			}
			r.putPod(pod(tt.before), false)
			last := pod(tt.now)
			last.DeletionTimestamp, last.Status.Phase = tt.deletion, tt.phase
			r.putPod(last, true)
			if got := r.snapshot()[0].Pods[0].Containers[0].Reason; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if state := last.Status.ContainerStatuses[0].State; state != tt.now {
				t.Errorf("the informer's own object was changed: %+v", state)
			}
		})
	}
}

// TestJobInfo_podEnded: the pod that an agent deletes a Job for is counted before the Job has a condition; a pod that ends because
// its Job is deleted says nothing about the flow.
func TestJobInfo_podEnded(t *testing.T) {
	t.Parallel()
	now := metav1.Now()
	for name, tt := range map[string]struct {
		job  batchv1.Job
		want bool
	}{
		"running":                  {batchv1.Job{Status: batchv1.JobStatus{Active: 1}}, false},
		"succeeded":                {batchv1.Job{Status: batchv1.JobStatus{Succeeded: 1}}, true},
		"succeeded, being deleted": {batchv1.Job{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now}, Status: batchv1.JobStatus{Succeeded: 1}}, true},
		"failed":                   {batchv1.Job{Status: batchv1.JobStatus{Failed: 1}}, true},
		"stopped by its deletion":  {batchv1.Job{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now}, Status: batchv1.JobStatus{Failed: 1}}, false},
	} {
		if got := jobInfo(&tt.job).PodEnded; got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
