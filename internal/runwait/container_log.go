package runwait

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// ContainerOutput is the end of the log of a failed container. What a process writes before it reaches the
// Server exists nowhere else and is deleted with the pod.
type ContainerOutput struct {
	// Container is the container's name; Lines is empty if nothing could be read.
	Container string
	Lines     []string
	// Err reports a missing permission.
	Err error

	of   string // identifies the container instance that was read
	well bool   // it had ended with exit code 0
}

// ContainerLog returns the last lines of a container's log; previous selects the instance before the current
// one.
type ContainerLog func(ctx context.Context, namespace, pod, container string, lines int64, previous bool) ([]string, error)

// captureOutput reads the log of the newest failed container, once per failure, or of the flow's container that
// ended well although its run goes on. It must run at once, because the agent deletes Jobs that have ended.
func (w *Waiter) captureOutput(ctx context.Context, jobs []runjobs.Job) {
	newest := Newest(jobs)
	pod, container := brokenContainer(newest)
	well := container == nil
	if well {
		pod, container = w.idleContainer(newest)
	}
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
		w.output = ContainerOutput{Container: container.Name, Lines: lines, of: instance, well: well}
	case errors.Is(err, kubeclient.ErrForbidden) && !well:
		w.output = ContainerOutput{Err: err, of: instance}
	default: // the pod is gone, or its node
		w.log(ctx, slog.LevelDebug, "The log of a container could not be read", map[string]any{
			"pod": pod, "container": container.Name, "error": err.Error(),
		})
	}
}

// idleContainer returns the flow's container if it has ended with exit code 0 while its run goes on: the Server was asked
// since then.
func (w *Waiter) idleContainer(j *runjobs.Job) (pod string, container *runjobs.Container) {
	pod, container = endedWell(j)
	switch {
	case container == nil:
		w.ended, w.endedAt = "", time.Time{}
		return "", nil
	case w.ended != pod:
		w.ended, w.endedAt = pod, time.Now()
	}
	if w.run == nil || states.IsFinished(w.run.State) || !w.polled.After(w.endedAt) {
		return "", nil
	}
	return pod, container
}

// endedWell returns the container that runs the flow, the first one, in the newest pod if it has ended with exit code 0.
func endedWell(j *runjobs.Job) (pod string, container *runjobs.Container) {
	if j == nil || len(j.Pods) == 0 {
		return "", nil
	}
	p := &j.Pods[len(j.Pods)-1]
	if len(p.Containers) == 0 {
		return "", nil
	}
	c := &p.Containers[0]
	if c.State != runjobs.StateTerminated || c.ExitCode == nil || *c.ExitCode != 0 {
		return "", nil
	}
	return p.Name, c
}

// What the command `prefect` prints if it is not told what to do begins with usageLine and has helpLine near its end. It has
// more lines than are read.
const (
	usageLine = "Usage: "
	helpLine  = "Show this message and exit."
)

// isUsage reports whether a line belongs to what `prefect` prints about its use.
func isUsage(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, usageLine) || strings.HasSuffix(line, helpLine)
}

// idleCause explains a run that goes on although its process has ended well: it has probably not run the flow.
func (w *Waiter) idleCause(j *runjobs.Job) Cause {
	pod, container := endedWell(j)
	if container == nil || w.run == nil || states.IsFinished(w.run.State) {
		return Cause{}
	}
	ended := fmt.Sprintf("Container %s of pod %s ended with exit code 0", container.Name, pod)
	usage := slices.ContainsFunc(w.output.Lines, isUsage)
	const arguments = "The agent gives the first container the arguments `prefect execute flow-run`. "
	switch {
	case usage && w.output.well:
		return Cause{
			Code: "FlowNotRun", Hopeless: true, Text: ended + " and printed how `prefect` is used, without running the flow: `prefect` did not get its arguments.",
			Remedy: arguments + "A `command` such as [\"/bin/sh\", \"-c\"] runs the first of them alone. " +
				"Remove `command` from the container in the job template, or the entrypoint from the image.",
		}
	case !slices.ContainsFunc(w.passed, ran):
		return Cause{
			Code: "FlowNotRun", Hopeless: true, Text: ended + " without running the flow: its process never reported to the Server.",
			Remedy: arguments + "Check that the `command` of the container in the job template, or the entrypoint of the image, executes its arguments, " +
				"and that the first container is the one that is to run the flow and not a sidecar.",
		}
	}
	return Cause{
		Code: "EndUnreported", Hopeless: true, Text: ended + ", but its process did not report a final state to the Server.",
		Remedy: "The log of the run, or of the container, may say why: the process may have lost the Server just then, or something in the flow may have ended it.",
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
