package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

// infraLog is the name under which the agent writes about pods to a run's log.
const infraLog = "k8s-infra"

// pageSize is how many Jobs one request lists.
const pageSize = 20

// manageLoop looks after Jobs until ctx ends, at once and then at every interval.
func (a *Agent) manageLoop(ctx context.Context) {
	for {
		if err := a.manageJobs(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("cannot manage Jobs", "error", err)
		}
		if !sleep(ctx, a.options.JobManagementInterval) {
			return
		}
	}
}

// manageJobs checks the Jobs of all agents in the namespace once.
func (a *Agent) manageJobs(ctx context.Context) error {
	options := metav1.ListOptions{LabelSelector: jobspec.LabelIdentifier, Limit: pageSize}
	for {
		jobs, err := a.options.Kubernetes.Interface().BatchV1().Jobs(a.options.Namespace).List(ctx, options)
		if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			options.Continue = "" // the pages are too old, begin again
			continue
		}
		if err != nil {
			return fmt.Errorf("list Jobs: %w", err)
		}
		for i := range jobs.Items {
			if err := a.manageJob(ctx, &jobs.Items[i]); err != nil {
				return err
			}
		}
		if options.Continue = jobs.Continue; options.Continue == "" {
			return nil
		}
	}
}

// manageJob reports the fate of a Job's pods to its run, and deletes the Job when it has ended.
func (a *Agent) manageJob(ctx context.Context, job *batchv1.Job) error {
	run := job.Labels[jobspec.LabelFlowRunID]
	if run == "" {
		a.log.Warn("a Job has no flow run id", "job", job.Name)
		return nil
	}
	state, exists, err := a.api.runState(ctx, run)
	if err != nil {
		return fmt.Errorf("state of flow run %s: %w", run, err)
	}
	if !exists {
		a.log.Warn("a Job's flow run does not exist, the Job stays", "job", job.Name, "flow_run", run)
		return nil
	}
	over := job.Status.Failed > 0 || job.Status.Succeeded > 0
	if !over {
		if over, err = a.watchPending(ctx, job, run); err != nil {
			return err
		}
	}
	if job.Status.Failed > 0 {
		if err := a.reportFailed(ctx, job, run, state); err != nil {
			return err
		}
	}
	if over && a.options.DeleteFinishedJobs {
		return a.deleteJob(ctx, job)
	}
	return nil
}

func (a *Agent) pods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	selector := jobspec.LabelIdentifier + "=" + job.Labels[jobspec.LabelIdentifier]
	pods, err := a.options.Kubernetes.Interface().CoreV1().Pods(a.options.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("list pods of Job %s: %w", job.Name, err)
	}
	return pods.Items, nil
}

// watchPending fails the run of a Job whose image cannot be pulled, and copies the events of pending pods to the
// run's log. It reports whether the Job has ended.
func (a *Agent) watchPending(ctx context.Context, job *batchv1.Job, run string) (over bool, err error) {
	pods, err := a.pods(ctx, job)
	if err != nil {
		return false, err
	}
	for i := range pods {
		pod := &pods[i]
		for _, status := range pod.Status.ContainerStatuses {
			waiting := status.State.Waiting
			if waiting == nil || (waiting.Reason != "ErrImagePull" && waiting.Reason != "ImagePullBackOff") {
				continue
			}
			over = true
			if err := a.fail(ctx, run, "Kubernetes Error: "+waiting.Message); err != nil {
				return over, err
			}
			break
		}
		if pod.Status.Phase == corev1.PodPending {
			if err := a.copyEvents(ctx, job, pod, run); err != nil {
				return over, err
			}
		}
	}
	return over, nil
}

// fail sets the run's state to Failed. A refusal by the API is only logged, because other Jobs are waiting.
func (a *Agent) fail(ctx context.Context, run, message string) error {
	err := a.api.setRunState(ctx, run, "", newState("Failed", message, nil))
	var refused *graphQLError
	if errors.As(err, &refused) {
		a.log.Error("cannot fail a flow run", "flow_run", run, "error", err)
		return nil
	}
	return err
}

// copyEvents writes the events about a pod to its run's log, each of them once.
func (a *Agent) copyEvents(ctx context.Context, job *batchv1.Job, pod *corev1.Pod, run string) error {
	list, err := a.options.Kubernetes.Interface().CoreV1().Events(a.options.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.name", pod.Name).String(),
	})
	if err != nil {
		return fmt.Errorf("list events of pod %s: %w", pod.Name, err)
	}
	events := list.Items
	slices.SortStableFunc(events, func(x, y corev1.Event) int { return x.LastTimestamp.Compare(y.LastTimestamp.Time) })
	for i := range events {
		e := &events[i]
		if e.InvolvedObject.Name != pod.Name || e.LastTimestamp.IsZero() || !a.firstReport(job.Name, e) {
			continue
		}
		message := fmt.Sprintf("Event: %s on pod %s\n\tMessage: %s", jobspec.PythonString(e.Reason), jobspec.PythonString(pod.Name), e.Message)
		err := a.api.writeLog(ctx, logEntry{Run: run, Name: infraLog, Level: "DEBUG", Message: message, Time: e.LastTimestamp.Time})
		if err != nil {
			return fmt.Errorf("log of flow run %s: %w", run, err)
		}
	}
	return nil
}

// firstReport reports whether this occurrence of an event is new, and remembers it.
func (a *Agent) firstReport(job string, e *corev1.Event) bool {
	key := fmt.Sprintf("%s/%s/%d/%d", e.Name, e.UID, e.Count, e.LastTimestamp.UnixMicro())
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reported[job][key] {
		return false
	}
	if a.reported[job] == nil {
		a.reported[job] = map[string]bool{}
	}
	a.reported[job][key] = true
	return true
}

// reportFailed writes the ends of failed pods to the run's log and fails the run unless it is finished.
func (a *Agent) reportFailed(ctx context.Context, job *batchv1.Job, run, state string) error {
	pods, err := a.pods(ctx, job)
	if err != nil {
		return err
	}
	slices.SortFunc(pods, func(x, y corev1.Pod) int { return cmp.Compare(x.Name, y.Name) })
	var failed []string
	for i := range pods {
		if pods[i].Status.Phase != corev1.PodFailed {
			continue
		}
		failed = append(failed, pods[i].Name)
		err := a.api.writeLog(ctx, logEntry{Run: run, Name: infraLog, Level: "ERROR", Message: describeFailure(&pods[i])})
		if err != nil {
			return fmt.Errorf("log of flow run %s: %w", run, err)
		}
	}
	if len(failed) == 0 || states.IsFinished(state) {
		return nil
	}
	return a.fail(ctx, run, fmt.Sprintf("Kubernetes Error: pods %s failed for this job", jobspec.PythonList(failed)))
}

// describeFailure is the agent's account of a failed pod.
func describeFailure(pod *corev1.Pod) string {
	lines := []string{fmt.Sprintf("Pod %s failed.", pod.Name)}
	if len(pod.Status.ContainerStatuses) == 0 {
		lines = append(lines, "\tNo container statuses found for pod")
	}
	for _, status := range pod.Status.ContainerStatuses {
		state := "Not Found"
		switch {
		case status.State.Running != nil:
			state = "running"
		case status.State.Waiting != nil:
			state = "waiting"
		case status.State.Terminated != nil:
			state = "terminated"
		}
		lines = append(lines, fmt.Sprintf("\tContainer '%s' state: %s", status.Name, state))
		end := status.State.Terminated
		if end == nil {
			continue
		}
		lines = append(lines, fmt.Sprintf("\t\tExit Code:: %d", end.ExitCode))
		if end.Message != "" {
			lines = append(lines, "\t\tMessage: "+end.Message)
		}
		if end.Reason != "" {
			lines = append(lines, "\t\tReason: "+end.Reason)
		}
		if end.Signal != 0 {
			lines = append(lines, fmt.Sprintf("\t\tSignal: %d", end.Signal))
		}
	}
	return strings.Join(lines, "\n")
}

func (a *Agent) deleteJob(ctx context.Context, job *batchv1.Job) error {
	a.mu.Lock()
	delete(a.reported, job.Name)
	a.mu.Unlock()
	if job.DeletionTimestamp != nil {
		return nil
	}
	foreground := metav1.DeletePropagationForeground
	err := a.options.Kubernetes.Interface().BatchV1().Jobs(a.options.Namespace).Delete(ctx, job.Name, metav1.DeleteOptions{PropagationPolicy: &foreground})
	if err != nil && !apierrors.IsNotFound(err) {
		a.log.Error("cannot delete a Job", "job", job.Name, "error", err)
	}
	return nil
}
