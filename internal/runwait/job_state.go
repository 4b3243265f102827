package runwait

import (
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// Phases of a pod.
const (
	PodPending   = "Pending"
	PodRunning   = "Running"
	PodFailed    = "Failed"
	PodSucceeded = "Succeeded"
)

// Over reports whether the Job will start no more pods.
func Over(j *runjobs.Job) bool { return j.Completed || j.Failed || j.Deleted }

// Quiet reports whether nothing of the Job is running any more, so that its exit codes are known.
func Quiet(j *runjobs.Job) bool {
	for _, p := range j.Pods {
		if !p.Deleted && p.Phase != PodFailed && p.Phase != PodSucceeded {
			return false
		}
	}
	return true
}

// concluded reports whether nothing more can be learnt about the Job of a failed run: nothing of it is
// running and, if it used up its retries, its condition says so; or its pod is known not to start.
func concluded(j *runjobs.Job) bool {
	if !started(j) && findCause(j).found() {
		return true
	}
	if Over(j) || !Quiet(j) {
		return Over(j) && Quiet(j)
	}
	failures := int32(0)
	for _, p := range j.Pods {
		if p.Phase == PodFailed {
			failures++
		}
	}
	return failures == 0 || failures <= j.BackoffLimit
}

// started reports whether a container of the Job has started, other than a restart after a failure.
func started(j *runjobs.Job) bool {
	for _, p := range j.Pods {
		if p.Phase == PodFailed || p.Phase == PodSucceeded {
			return true
		}
		for _, c := range p.Containers {
			if c.RestartCount == 0 && (c.State == runjobs.StateRunning || c.State == runjobs.StateTerminated) {
				return true
			}
		}
	}
	return false
}

// unschedulable returns the scheduler's message while no node fits the pod.
func unschedulable(p runjobs.Pod) string {
	for _, c := range p.Conditions {
		if c.Type == "PodScheduled" && c.Status == "False" {
			return c.Message
		}
	}
	return ""
}

// Newest returns the Job of the latest submission, or nil. A run that Lazarus restarted has several.
func Newest(jobs []runjobs.Job) *runjobs.Job {
	if len(jobs) == 0 {
		return nil
	}
	return &jobs[len(jobs)-1]
}

// milestones fingerprints the cluster events that probably changed the run's state: a container, pod or Job
// ended or, if that is the goal, a container started. A new value triggers a poll.
func milestones(jobs []runjobs.Job, waitFor string) string {
	var b strings.Builder
	for _, j := range jobs {
		if Over(&j) {
			fmt.Fprintf(&b, "job %s;", j.UID)
		}
		if waitFor != WaitFinished {
			fmt.Fprintf(&b, "%s %t;", j.UID, started(&j))
		}
		for _, p := range j.Pods {
			if p.Deleted || p.Phase == PodFailed || p.Phase == PodSucceeded {
				fmt.Fprintf(&b, "pod %s;", p.UID)
			}
			for _, c := range p.Containers {
				if c.State == runjobs.StateTerminated || c.RestartCount > 0 {
					fmt.Fprintf(&b, "%s %s %d;", p.UID, c.Name, c.RestartCount)
				}
			}
		}
	}
	return b.String()
}
