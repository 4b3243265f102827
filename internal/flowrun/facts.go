package flowrun

import (
	"fmt"
	"strings"
	"time"
)

// job is what was seen of a Kubernetes Job of the run. It outlives the Job: the
// agent deletes Jobs soon after they finish.
type job struct {
	Name, Namespace, UID string
	// Image is that of the flow's container, the first one.
	Image              string
	Complete, Failed   bool
	Conditions         []condition
	Pods               []pod
	Events             []event
	Created, Finished  time.Time
	DeletedFromCluster bool
}

// condition is a condition of the Job that is true.
type condition struct {
	Type, Reason, Message string
}

type pod struct {
	Name, UID, Node, Phase, Reason, Message string
	Containers                              []container
	// Unschedulable is the scheduler's message while no node fits.
	Unschedulable string
}

type container struct {
	Name, Image string
	// State is waiting, running or terminated; empty before the kubelet reports.
	State, Reason, Message string
	ExitCode               *int32
	Restarts               int32
	Started, Finished      *time.Time
	// LastReason and LastExitCode are those of the run before the last restart.
	LastReason   string
	LastExitCode *int32
}

type event struct {
	Kind, Name, Type, Reason, Message string
	Count                             int32
	Last                              time.Time
}

const (
	containerWaiting    = "waiting"
	containerRunning    = "running"
	containerTerminated = "terminated"
	podPending          = "Pending"
	podFailed           = "Failed"
	podSucceeded        = "Succeeded"
)

// over says whether the Job will start no further pod.
func (j job) over() bool { return j.Complete || j.Failed || j.DeletedFromCluster }

// quiet says whether nothing of the Job runs any more, so that its exit codes
// are known.
func (j job) quiet() bool {
	for _, p := range j.Pods {
		if p.Phase != podFailed && p.Phase != podSucceeded {
			return false
		}
	}
	return true
}

// started says whether a container of the Job has started.
func (j job) started() bool {
	for _, p := range j.Pods {
		if p.Phase == podFailed || p.Phase == podSucceeded {
			return true
		}
		for _, c := range p.Containers {
			if c.State == containerRunning || c.State == containerTerminated || c.Restarts > 0 {
				return true
			}
		}
	}
	return false
}

// newest returns the Job of the latest submission, or nil. A run that Lazarus
// resurrected has several.
func newest(jobs []job) *job {
	if len(jobs) == 0 {
		return nil
	}
	return &jobs[len(jobs)-1]
}

// signature changes when something happened in the cluster that the Server may
// have heard of too: a Job, pod or container appeared, changed state or ended.
// It does not change with events, whose repetition means nothing.
func signature(jobs []job) string {
	var b strings.Builder
	for _, j := range jobs {
		fmt.Fprintf(&b, "%s %t %t %t;", j.UID, j.Complete, j.Failed, j.DeletedFromCluster)
		for _, p := range j.Pods {
			fmt.Fprintf(&b, " %s %s;", p.UID, p.Phase)
			for _, c := range p.Containers {
				fmt.Fprintf(&b, " %s %s %s %d;", c.Name, c.State, c.Reason, c.Restarts)
			}
		}
	}
	return b.String()
}
