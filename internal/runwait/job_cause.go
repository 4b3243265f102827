package runwait

import (
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// Cause is why a run is stuck or has failed, according to the cluster.
type Cause struct {
	// Code is a short stable name, used in tests and logs.
	Code string
	// Text is the problem, in a sentence.
	Text string
	// Remedy is what to do.
	Remedy string
	// Hopeless is set if neither waiting nor the Job's own retries will help: somebody has to change
	// something.
	Hopeless bool
}

// Codes of a container that ended in an error: by itself, or because it was stopped.
const (
	codeFailed  = "ContainerFailed"
	codeStopped = "ContainerStopped"
)

// found reports whether there is a cause.
func (c Cause) found() bool { return c.Code != "" }

// findCause explains the state of a Job. It returns the zero Cause for a healthy Job.
func findCause(j *runjobs.Job) Cause {
	if j == nil {
		return Cause{}
	}
	for i := len(j.Pods) - 1; i >= 0; i-- { // newest pod first
		c := podCause(j.Pods[i])
		if !c.found() {
			continue
		}
		if deleted := deletedCause(j); c.Code == codeStopped && deleted.found() {
			return deleted
		}
		return jobContext(c, j)
	}
	for _, find := range []func(*runjobs.Job) Cause{deletedCause, suspendedCause, creationCause, conditionCause} {
		if c := find(j); c.found() {
			return c
		}
	}
	return Cause{}
}

// creationCause explains a Job whose pods cannot be created. Kubernetes reports that only in events.
func creationCause(j *runjobs.Job) Cause {
	if len(j.Pods) > 0 {
		return Cause{}
	}
	for i := len(j.Events) - 1; i >= 0; i-- {
		e := j.Events[i]
		if e.Reason != "FailedCreate" {
			continue
		}
		text := "Kubernetes refuses to create the pod of the Job: " + trim(e.Message) + "."
		switch m := strings.ToLower(e.Message); {
		case strings.Contains(m, "exceeded quota"), strings.Contains(m, "must specify limits"), strings.Contains(m, "failed quota"):
			return Cause{
				Code: "QuotaExceeded", Text: text,
				Remedy: "Free or raise the resource quota of the namespace, or lower the requests and limits of the run configuration. " +
					"Kubernetes retries automatically; meanwhile the agent reports nothing.",
			}
		case strings.Contains(m, "serviceaccount") && strings.Contains(m, "not found"), strings.Contains(m, "error looking up service account"):
			return Cause{
				Code: "ServiceAccountNotFound", Text: text, Hopeless: true,
				Remedy: "Create the service account in the Job's namespace, or correct service_account_name in the run configuration or the job template.",
			}
		case strings.Contains(m, "failed calling webhook"), strings.Contains(m, "failed to call webhook"):
			return Cause{
				Code: "WebhookFailed", Text: text,
				Remedy: "An admission webhook of the cluster does not answer. Check its service or its failurePolicy. Kubernetes retries automatically.",
			}
		default:
			return Cause{
				Code: "PodRefused", Text: text, Hopeless: true,
				Remedy: "An admission policy or webhook of the cluster refused the pod. Change the job template to comply.",
			}
		}
	}
	return Cause{}
}

func podCause(p runjobs.Pod) Cause {
	switch p.Reason {
	case "Evicted":
		return Cause{
			Code:   p.Reason,
			Text:   fmt.Sprintf("Pod %s was evicted%s%s.", p.Name, fromNode(p), reasonSuffix("", p.Message)),
			Remedy: "The node ran out of a resource. Set requests that match what the flow needs, or give the node more.",
		}
	case "NodeLost", "NodeShutdown", "Terminated", "NodeAffinity", "Shutdown", "Preempting", "Preempted":
		return Cause{
			Code:   "NodeGone",
			Text:   fmt.Sprintf("Pod %s was lost%s%s.", p.Name, fromNode(p), reasonSuffix(p.Reason, p.Message)),
			Remedy: "The pod's node disappeared. Run the flow again, or set a backoffLimit above 0 in the job template so that the Job retries.",
		}
	case "DeadlineExceeded":
		return Cause{
			Code: p.Reason, Hopeless: true,
			Text:   fmt.Sprintf("Pod %s was active longer than its activeDeadlineSeconds: %s.", p.Name, trim(p.Message)),
			Remedy: "Raise activeDeadlineSeconds in the job template, or make the flow faster.",
		}
	}
	for _, list := range [][]runjobs.Container{p.InitContainers, p.Containers} {
		for _, c := range list {
			if found := containerCause(p, c); found.found() {
				return found
			}
		}
	}
	if message := unschedulable(p); p.Phase == PodPending && message != "" {
		return Cause{
			Code:   "Unschedulable",
			Text:   fmt.Sprintf("Pod %s cannot be scheduled: %s.", p.Name, trim(message)),
			Remedy: "Add a node that fits the pod's node selector, tolerations and requests, or change these in the job template or run configuration.",
		}
	}
	if p.Phase == PodPending {
		if c := volumeCause(p); c.found() {
			return c
		}
	}
	if p.Phase == PodFailed {
		return Cause{
			Code:   "PodFailed",
			Text:   fmt.Sprintf("Pod %s failed%s.", p.Name, reasonSuffix(p.Reason, p.Message)),
			Remedy: "See the pod's events and the run's log.",
		}
	}
	return Cause{}
}

// volumeCause explains a pod whose volumes cannot be mounted. The kubelet reports that only in events.
func volumeCause(p runjobs.Pod) Cause {
	for i := len(p.Events) - 1; i >= 0; i-- {
		e := p.Events[i]
		if e.Reason != "FailedMount" && e.Reason != "FailedAttachVolume" {
			continue
		}
		return Cause{
			Code: "VolumeNotMounted", Hopeless: strings.Contains(e.Message, "not found"),
			Text:   fmt.Sprintf("Pod %s waits for a volume (%s): %s.", p.Name, e.Reason, trim(e.Message)),
			Remedy: "Create the secret, config map or claim of the volume in the Job's namespace, or correct the volumes in the job template.",
		}
	}
	return Cause{}
}

func containerCause(p runjobs.Pod, c runjobs.Container) Cause {
	switch c.State {
	case runjobs.StateWaiting:
		return waitingCause(p, c)
	case runjobs.StateRunning:
		if c.RestartCount > 0 && c.LastExitCode != nil {
			return crashCause(p, c)
		}
		return Cause{}
	case runjobs.StateTerminated:
		if c.RestartCount > 0 && c.ExitCode != nil && *c.ExitCode != 0 && p.Phase == PodRunning {
			return crashCause(p, c) // about to be restarted
		}
		return terminatedCause(p, c.Name, c.Reason, c.Message, c.ExitCode)
	default:
		return Cause{}
	}
}

func waitingCause(p runjobs.Pod, c runjobs.Container) Cause {
	text := func(what string) string {
		return fmt.Sprintf("Container %s of pod %s %s%s.", c.Name, p.Name, what, reasonSuffix(c.Reason, c.Message))
	}
	switch c.Reason {
	case "InvalidImageName":
		return Cause{
			Code: c.Reason, Hopeless: true, Text: text(fmt.Sprintf("has an invalid image name %q", c.Image)),
			Remedy: "Correct the image in the run configuration or the job template.",
		}
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable", "ErrImageInspect":
		return Cause{
			Code: c.Reason, Hopeless: c.Reason == "ErrImageNeverPull", Text: text(fmt.Sprintf("cannot get its image %q", c.Image)),
			Remedy: "Check that the image and its tag exist, that the node can reach the registry, and that image_pull_secrets give access.",
		}
	case "CreateContainerConfigError":
		return Cause{
			Code: c.Reason, Hopeless: true, Text: text("cannot be configured"),
			Remedy: "A secret or config map in the job template is missing or lacks a key. Create it in the Job's namespace.",
		}
	case "CreateContainerError", "RunContainerError", "CreatePodSandboxError", "PostStartHookError":
		return Cause{
			Code: c.Reason, Text: text("cannot be started"),
			Remedy: "Check the command and the volumes of the container in the job template.",
		}
	case "CrashLoopBackOff":
		return crashCause(p, c)
	default:
		return Cause{}
	}
}

// crashCause explains a container that keeps crashing.
func crashCause(p runjobs.Pod, c runjobs.Container) Cause {
	crash := terminatedCause(p, c.Name, c.LastReason, "", c.LastExitCode)
	if c.State == runjobs.StateTerminated {
		crash = terminatedCause(p, c.Name, c.Reason, "", c.ExitCode)
		c.Reason, c.Message = "", "" // reported by crash
	}
	return Cause{
		Code:   "CrashLoopBackOff",
		Text:   strings.TrimSpace(fmt.Sprintf("Container %s of pod %s crashed %d times%s.", c.Name, p.Name, c.RestartCount, reasonSuffix(c.Reason, c.Message)) + " " + crash.Text),
		Remedy: "The process ends before it executes the flow. The container's log says why.",
	}
}

func terminatedCause(p runjobs.Pod, name, reason, message string, exitCode *int32) Cause {
	if exitCode == nil || *exitCode == 0 && reason != "OOMKilled" {
		return Cause{}
	}
	c := Cause{
		Code: codeFailed,
		Text: fmt.Sprintf("Container %s of pod %s ended with exit code %d%s.", name, p.Name, *exitCode, reasonSuffix(reason, message)),
		Remedy: "The log of the run or of the container says why. Common causes are a missing Python module, an image without Prefect, " +
			"and a Server that cannot be reached from the pod.",
	}
	switch {
	case reason == "OOMKilled":
		c.Code = reason
		c.Text = fmt.Sprintf("Container %s of pod %s was killed because it used more memory than its limit (OOMKilled, exit code %d).", name, p.Name, *exitCode)
		c.Remedy = "Raise memory_limit in the run configuration, or make the flow use less memory."
	case *exitCode == 137:
		c.Code = codeStopped
		c.Remedy = "Exit code 137 means that the process was killed, because the node ran out of memory or the pod was deleted."
	case *exitCode == 143:
		c.Code = codeStopped
		c.Remedy = "Exit code 143 means that the process was asked to stop, because its pod or Job was deleted or its node was drained."
	case *exitCode == 127 || reason == "ContainerCannotRun" || reason == "StartError":
		c.Code = "CommandNotFound"
		c.Remedy = "The command does not exist in the image. The agent runs `prefect execute flow-run`, so the image needs Prefect."
	}
	return c
}

func reasonSuffix(reason, message string) string {
	message = trim(message)
	switch {
	case reason == "" && message == "":
		return ""
	case message == "":
		return " (" + reason + ")"
	case reason == "":
		return ": " + message
	default:
		return fmt.Sprintf(" (%s): %s", reason, message)
	}
}

func fromNode(p runjobs.Pod) string {
	if p.Node == "" {
		return ""
	}
	return " from node " + p.Node
}

// trim shortens a message to fit into a sentence.
func trim(message string) string {
	return strings.TrimRight(strings.TrimSpace(message), ".")
}
