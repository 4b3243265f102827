package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

const (
	// backOffFactor is the ratio of the longest back-off to the first, as in a kubelet (10 s and 5 min).
	backOffFactor = 30
	// exitCodeStart is what a runtime reports for a program that does not start.
	exitCodeStart = 128
)

// run is one container of a worker's pod.
type run struct {
	*worker
	spec  *corev1.Container
	init  bool
	index int
	// attempt counts the starts, from 0.
	attempt int
}

// container runs a container until it has ended for good. It reports whether the container succeeded.
func (w *worker) container(init bool, index int) bool {
	r := &run{worker: w, init: init, index: index}
	if init {
		r.spec = &w.pod.Spec.InitContainers[index]
	} else {
		r.spec = &w.pod.Spec.Containers[index]
	}
	backOff := time.Duration(0)
	for {
		if !r.image() {
			return false
		}
		environment, ok := r.environment()
		if !ok {
			return false
		}
		began := time.Now()
		success := r.once(environment)
		if w.ending() || !r.restarts(success) {
			return success
		}
		// As in a kubelet the first restart is immediate, and a long run resets
		// the pause.
		if time.Since(began) > 2*backOffFactor*w.node.options.BackOff {
			backOff = 0
		}
		if backOff > 0 && !r.crashLoop(backOff) {
			return success
		}
		backOff = r.nextBackOff(backOff)
		r.attempt++
	}
}

func (r *run) nextBackOff(backOff time.Duration) time.Duration {
	if backOff == 0 {
		return r.node.options.BackOff
	}
	return min(2*backOff, backOffFactor*r.node.options.BackOff)
}

// restarts reports whether the restart policy wants the container to start again.
func (r *run) restarts(success bool) bool {
	switch r.pod.Spec.RestartPolicy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return !success
	default:
		// An init container that has succeeded is done.
		return !r.init || !success
	}
}

func (r *run) crashLoop(backOff time.Duration) bool {
	r.event(corev1.EventTypeWarning, "BackOff", fmt.Sprintf("Back-off restarting failed container %s in pod %s_%s(%s)",
		r.spec.Name, r.pod.Name, r.pod.Namespace, r.pod.UID))
	r.wait("CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
		backOff, r.spec.Name, r.pod.Name, r.pod.Namespace, r.pod.UID))
	return r.pause(backOff)
}

func (r *run) event(kind, reason, message string) {
	r.containerEvent(r.spec, r.init, kind, reason, message)
}

func (r *run) wait(reason, message string) {
	r.update(func(s *podState) { s.wait(r.init, r.index, reason, message) })
}

// image waits until the image is there; false means that the pod is ending.
func (r *run) image() bool {
	image := r.spec.Image
	if !validImage(image) {
		message := fmt.Sprintf("Failed to apply default image tag %q: couldn't parse image name %q: %s", image, image, invalidImage(image))
		r.event(corev1.EventTypeWarning, "InspectFailed", message)
		r.event(corev1.EventTypeWarning, "Failed", "Error: InvalidImageName")
		r.wait("InvalidImageName", message)
		return r.never()
	}
	policy := r.spec.ImagePullPolicy
	if present(image) {
		message := fmt.Sprintf("Container image %q already present on machine", image)
		if policy == corev1.PullAlways {
			r.event(corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
			message = fmt.Sprintf("Successfully pulled image %q in 0s (0s including waiting)", image)
		}
		r.event(corev1.EventTypeNormal, "Pulled", message)
		return !r.ending()
	}
	if policy == corev1.PullNever {
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", image)
		r.event(corev1.EventTypeWarning, "ErrImageNeverPull", message)
		r.event(corev1.EventTypeWarning, "Failed", "Error: ErrImageNeverPull")
		r.wait("ErrImageNeverPull", message)
		return r.never()
	}
	for backOff := r.nextBackOff(0); ; backOff = r.nextBackOff(backOff) {
		cause := pullError(image)
		r.event(corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
		r.event(corev1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", image, cause))
		r.event(corev1.EventTypeWarning, "Failed", "Error: ErrImagePull")
		r.wait("ErrImagePull", cause)
		if !r.pause(r.node.options.BackOff / 10) {
			return false
		}
		r.event(corev1.EventTypeNormal, "BackOff", fmt.Sprintf("Back-off pulling image %q", image))
		r.event(corev1.EventTypeWarning, "Failed", "Error: ImagePullBackOff")
		r.wait("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", image, cause))
		if !r.pause(backOff) {
			return false
		}
	}
}

// never waits for the end of the pod, since nothing else can happen any more.
func (r *run) never() bool {
	select {
	case <-r.ended:
	case <-r.ctx.Done():
	}
	return false
}

// environment waits until everything that the container refers to is there.
func (r *run) environment() ([]string, bool) {
	for {
		environment, err := r.resolve(r.ctx)
		if err == nil {
			return environment, !r.ending()
		}
		if r.ctx.Err() != nil {
			return nil, false
		}
		r.event(corev1.EventTypeWarning, "Failed", "Error: "+err.Error())
		r.wait("CreateContainerConfigError", err.Error())
		if !r.pause(r.node.options.Retry) {
			return nil, false
		}
	}
}

// once runs the container's process and reports whether it succeeded.
func (r *run) once(environment []string) bool {
	id := "devstack://" + strings.ReplaceAll(uuid.NewString(), "-", "")
	log, err := r.openLog()
	if err != nil {
		return r.notStarted(id, err)
	}
	defer log.close()
	home, err := r.home()
	if err != nil {
		return r.notStarted(id, err)
	}
	environment = complete(environment, map[string]string{
		"PATH": r.node.commands.path(r.ctx, systemPath()), "HOME": home, "TMPDIR": home, "HOSTNAME": hostname(r.pod),
	})
	program, arguments, err := r.node.commands.resolve(r.spec, environment)
	if err != nil {
		return r.notStarted(id, err)
	}
	output, pumped, err := log.pipe()
	if err != nil {
		return r.notStarted(id, err)
	}
	started := now()
	p, err := process.Start(r.ctx, process.Spec{
		Path: program, Args: arguments, Env: environment, Dir: home, Output: output, Guard: r.node.guard,
	})
	_ = output.Close()
	if err != nil {
		<-pumped
		return r.notStarted(id, err)
	}
	r.event(corev1.EventTypeNormal, "Created", "Created container: "+r.spec.Name)
	r.update(func(s *podState) { s.run(r.init, r.index, id) })
	r.event(corev1.EventTypeNormal, "Started", "Started container "+r.spec.Name)

	end := r.await(p)
	drain(pumped)
	end.StartedAt, end.FinishedAt = started, now()
	if end.ExitCode != 0 && r.spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		end.Message = log.tail(80, 2048)
	}
	r.update(func(s *podState) { s.terminate(r.init, r.index, end) })
	return end.ExitCode == 0
}

// await waits for the end of the process, ends it if the pod ends, and returns how it ended.
func (r *run) await(p *process.Process) corev1.ContainerStateTerminated {
	ctx, stop := context.WithCancel(r.ctx)
	exceeded := watchMemory(ctx, p.PID(), r.spec.Resources.Limits.Memory().Value())
	defer stop()
	oom := false
	select {
	case <-p.Done():
	case <-r.ctx.Done():
		p.Stop(0)
	case <-exceeded:
		oom = true
		p.Stop(0)
	case <-r.ended:
		r.event(corev1.EventTypeNormal, "Killing", "Stopping container "+r.spec.Name)
		p.Stop(r.why.grace)
	}
	code := int32(0)
	if err := p.Err(); err != nil {
		code = exitCodeStart
		var exit *process.ExitError
		if errors.As(err, &exit) {
			code = int32(exit.ShellCode())
		}
	}
	end := corev1.ContainerStateTerminated{ExitCode: code, Reason: "Completed"}
	if code != 0 {
		end.Reason = "Error"
	}
	if oom {
		end.ExitCode, end.Reason = exitCodeKilled, "OOMKilled"
	}
	return end
}

// drain waits for the rest of the output, but not for a process that has left
// the group and keeps the pipe open.
func drain(pumped <-chan struct{}) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-pumped:
	case <-timer.C:
	}
}

// notStarted reports a container whose process could not be started.
func (r *run) notStarted(id string, err error) bool {
	r.event(corev1.EventTypeNormal, "Created", "Created container: "+r.spec.Name)
	r.event(corev1.EventTypeWarning, "Failed", "Error: "+err.Error())
	r.update(func(s *podState) {
		s.attempt(r.init, r.index, id)
		s.terminate(r.init, r.index, corev1.ContainerStateTerminated{
			ExitCode: exitCodeStart, Reason: "StartError", Message: err.Error(),
			StartedAt: metav1.NewTime(time.Unix(0, 0)), FinishedAt: now(),
		})
	})
	return false
}

// home makes the directory that the container's process works in.
func (r *run) home() (string, error) {
	home := filepath.Join(r.dir, r.spec.Name, strconv.Itoa(r.attempt))
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("make the container's directory: %w", err)
	}
	return home, nil
}

func hostname(pod *corev1.Pod) string {
	if pod.Spec.Hostname != "" {
		return pod.Spec.Hostname
	}
	return pod.Name
}
