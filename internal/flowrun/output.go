package flowrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
)

// output is the end of the log of a container that failed. What a process writes
// before it reaches the Server is nowhere else, and goes with the pod.
type output struct {
	// Container is the container's name; Lines is empty if nothing could be read.
	Container string
	Lines     []string
	// Err is a missing right.
	Err error

	of string // the instance that was read
}

// containerLog reads the end of a container's log.
type containerLog func(ctx context.Context, pod, container string, previous bool) ([]string, error)

// containerLogOf reads from a cluster.
func containerLogOf(cluster *kubernetes.Client) containerLog {
	return func(ctx context.Context, pod, container string, previous bool) ([]string, error) {
		return cluster.ContainerLog(ctx, "", pod, container, explainLogs, previous)
	}
}

// capture reads the log of the newest container that failed, once for each time
// it failed. It has to be done at once, because the agent deletes failed Jobs.
func (o *output) capture(ctx context.Context, read containerLog, jobs []kubernetes.JobInfo) {
	pod, container := brokenContainer(newest(jobs))
	if container == nil || read == nil {
		return
	}
	instance := fmt.Sprintf("%s/%s/%d", pod, container.Name, container.RestartCount)
	if instance == o.of {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	lines, err := read(ctx, pod, container.Name, container.State == kubernetes.StateWaiting)
	switch {
	case err == nil:
		*o = output{Container: container.Name, Lines: lines, of: instance}
	case errors.Is(err, kubernetes.ErrForbidden):
		*o = output{Err: err, of: instance}
	default: // the pod is gone, or its node
		tflog.Debug(ctx, "The log of a container could not be read", map[string]any{"pod": pod, "container": container.Name, "error": err.Error()})
	}
}

// brokenContainer finds the newest container that ended with an error.
func brokenContainer(j *kubernetes.JobInfo) (pod string, container *kubernetes.ContainerInfo) {
	if j == nil {
		return "", nil
	}
	for i := len(j.Pods) - 1; i >= 0; i-- {
		p := &j.Pods[i]
		for _, list := range [][]kubernetes.ContainerInfo{p.InitContainers, p.Containers} {
			for k := range list {
				c := &list[k]
				now := c.State == kubernetes.StateTerminated && c.ExitCode != nil && *c.ExitCode != 0 && c.StartedAt != nil && c.Reason != "StartError"
				before := c.State == kubernetes.StateWaiting && c.LastExitCode != nil && *c.LastExitCode != 0
				if (now || before) && !p.Deleted {
					return p.Name, c
				}
			}
		}
	}
	return "", nil
}
