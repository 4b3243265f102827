package flowrun

import (
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
)

// Phases of a pod.
const (
	podPending   = "Pending"
	podFailed    = "Failed"
	podSucceeded = "Succeeded"
)

// over says whether the Job will start no further pod.
func over(j *kubernetes.JobInfo) bool { return j.Completed || j.Failed || j.Deleted }

// quiet says whether nothing of the Job runs any more, so that its exit codes
// are known.
func quiet(j *kubernetes.JobInfo) bool {
	for _, p := range j.Pods {
		if !p.Deleted && p.Phase != podFailed && p.Phase != podSucceeded {
			return false
		}
	}
	return true
}

// started says whether a container of the Job has started.
func started(j *kubernetes.JobInfo) bool {
	for _, p := range j.Pods {
		if p.Phase == podFailed || p.Phase == podSucceeded {
			return true
		}
		for _, c := range p.Containers {
			if c.State == kubernetes.StateRunning || c.State == kubernetes.StateTerminated || c.RestartCount > 0 {
				return true
			}
		}
	}
	return false
}

// unschedulable is the scheduler's message while no node fits the pod.
func unschedulable(p kubernetes.PodInfo) string {
	for _, c := range p.Conditions {
		if c.Type == "PodScheduled" && c.Status == "False" {
			return c.Message
		}
	}
	return ""
}

// newest returns the Job of the latest submission, or nil. A run that Lazarus
// resurrected has several.
func newest(jobs []kubernetes.JobInfo) *kubernetes.JobInfo {
	if len(jobs) == 0 {
		return nil
	}
	return &jobs[len(jobs)-1]
}

// signature changes when something happened in the cluster that the Server may
// have heard of too: a Job, pod or container appeared, changed state or ended.
// It does not change with events, whose repetition means nothing.
func signature(jobs []kubernetes.JobInfo) string {
	var b strings.Builder
	for _, j := range jobs {
		fmt.Fprintf(&b, "%s %t %t %t;", j.UID, j.Completed, j.Failed, j.Deleted)
		for _, p := range j.Pods {
			fmt.Fprintf(&b, " %s %s %t;", p.UID, p.Phase, p.Deleted)
			for _, c := range p.Containers {
				fmt.Fprintf(&b, " %s %s %s %d;", c.Name, c.State, c.Reason, c.RestartCount)
			}
		}
	}
	return b.String()
}
