package runwait

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// ContainerOutput is the end of the log of a failed container. What a process writes before it reaches the
// Server exists nowhere else and is deleted with the pod.
type ContainerOutput struct {
	// Container is the container's name; Lines is empty if nothing could be read.
	Container string
	Lines     []string
	// Err reports a missing permission.
	Err error

	of string // identifies the container instance that was read
}

// ContainerLog returns the last lines of a container's log; previous selects the instance before the current
// one.
type ContainerLog func(ctx context.Context, namespace, pod, container string, lines int64, previous bool) ([]string, error)

// captureOutput reads the log of the newest failed container, once per failure. It must run at once, because
// the agent deletes failed Jobs.
func (w *Waiter) captureOutput(ctx context.Context, jobs []runjobs.Job) {
	newest := Newest(jobs)
	pod, container := brokenContainer(newest)
	if container == nil || w.containerLog == nil {
		return
	}
	instance := fmt.Sprintf("%s/%s/%d", pod, container.Name, container.RestartCount)
	if instance == w.output.of {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	lines, err := w.containerLog(ctx, newest.Namespace, pod, container.Name, explainLogs, container.State == runjobs.StateWaiting)
	switch {
	case err == nil:
		w.output = ContainerOutput{Container: container.Name, Lines: lines, of: instance}
	case errors.Is(err, kubeclient.ErrForbidden):
		w.output = ContainerOutput{Err: err, of: instance}
	default: // the pod is gone, or its node
		w.log(ctx, slog.LevelDebug, "The log of a container could not be read", map[string]any{
			"pod": pod, "container": container.Name, "error": err.Error(),
		})
	}
}

// brokenContainer returns the newest container that ended with an error.
func brokenContainer(j *runjobs.Job) (pod string, container *runjobs.Container) {
	if j == nil {
		return "", nil
	}
	for i := len(j.Pods) - 1; i >= 0; i-- {
		p := &j.Pods[i]
		for _, list := range [][]runjobs.Container{p.InitContainers, p.Containers} {
			for k := range list {
				c := &list[k]
				now := c.State == runjobs.StateTerminated && c.ExitCode != nil && *c.ExitCode != 0 && c.StartedAt != nil && c.Reason != "StartError"
				before := c.State == runjobs.StateWaiting && c.LastExitCode != nil && *c.LastExitCode != 0
				if (now || before) && !p.Deleted {
					return p.Name, c
				}
			}
		}
	}
	return "", nil
}
