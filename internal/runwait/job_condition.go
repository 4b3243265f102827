package runwait

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// jobContext adds the Job's condition to the cause found at a pod.
func jobContext(c Cause, j *runjobs.Job) Cause {
	if above := conditionCause(j); above.found() && above.Code != codeJobFailed {
		c.Text += " " + above.Text
		if above.Code == batchv1.JobReasonDeadlineExceeded {
			return above
		}
	}
	return c
}

// codeJobFailed is for a reason that this version of the provider does not know.
const codeJobFailed = "JobFailed"

// conditionCause explains a Job that is over, or about to be, by its own condition: that it failed, or that it was
// declared successful while pods still ran. What happens in the usual course (Complete, CompletionsReached) explains
// nothing. See suspendedCause for the condition of a Job that has not begun.
func conditionCause(j *runjobs.Job) Cause {
	for _, kind := range []batchv1.JobConditionType{batchv1.JobFailed, batchv1.JobFailureTarget} {
		if c := conditionOf(j, kind); c != nil {
			return failureCause(c)
		}
	}
	for _, kind := range []batchv1.JobConditionType{batchv1.JobComplete, batchv1.JobSuccessCriteriaMet} {
		if c := conditionOf(j, kind); c != nil && c.Reason == batchv1.JobReasonSuccessPolicy {
			return Cause{
				Code: c.Reason, Hopeless: true,
				Text:   fmt.Sprintf("The Job was declared successful by its successPolicy, and its other pods were stopped: %s.", trim(c.Message)),
				Remedy: "Remove successPolicy and completions from the job template: each pod of a Job runs the same flow run.",
			}
		}
	}
	return Cause{}
}

// conditionOf is the condition of a type that is true; nil if there is none.
func conditionOf(j *runjobs.Job, kind batchv1.JobConditionType) *runjobs.Condition {
	for i := range j.Conditions {
		if c := &j.Conditions[i]; c.Type == string(kind) && c.Status == "True" {
			return c
		}
	}
	return nil
}

// failureCause explains a Job by the condition Failed or FailureTarget.
func failureCause(c *runjobs.Condition) Cause {
	const (
		pods    = " The pod's reason and the run's log say why it failed."
		indexes = "Remove completionMode, completions and backoffLimitPerIndex from the job template: each pod of a Job runs the same flow run." + pods
	)
	message := trim(c.Message)
	switch c.Reason {
	case batchv1.JobReasonDeadlineExceeded:
		return Cause{
			Code: c.Reason, Hopeless: true,
			Text:   fmt.Sprintf("The Job ran longer than its activeDeadlineSeconds and was stopped: %s.", message),
			Remedy: "Raise activeDeadlineSeconds in the job template, or make the flow faster.",
		}
	case batchv1.JobReasonBackoffLimitExceeded:
		return Cause{
			Code: c.Reason, Hopeless: true,
			Text:   fmt.Sprintf("The Job used up its backoffLimit: %s.", message),
			Remedy: "Every pod of the Job failed. The pod's reason and the run's log say why.",
		}
	case batchv1.JobReasonPodFailurePolicy:
		return Cause{
			Code: c.Reason, Hopeless: true,
			Text:   fmt.Sprintf("A rule of the Job's podFailurePolicy ended it: %s.", message),
			Remedy: "Change the rule in the job template if the Job is to try again." + pods,
		}
	case batchv1.JobReasonFailedIndexes:
		return Cause{Code: c.Reason, Hopeless: true, Text: fmt.Sprintf("Indexes of the Job failed: %s.", message), Remedy: indexes}
	case batchv1.JobReasonMaxFailedIndexesExceeded:
		return Cause{Code: c.Reason, Hopeless: true, Text: fmt.Sprintf("More indexes of the Job failed than its maxFailedIndexes allows: %s.", message), Remedy: indexes}
	default:
		return Cause{
			Code: codeJobFailed, Hopeless: true,
			Text:   fmt.Sprintf("The Job failed%s.", reasonSuffix(c.Reason, c.Message)),
			Remedy: "See the reasons of the pods and the events of the Job.",
		}
	}
}

// suspendedCause explains a Job that Kubernetes creates no pods for until somebody resumes it.
func suspendedCause(j *runjobs.Job) Cause {
	if Over(j) || !j.Suspended {
		return Cause{}
	}
	remedy := fmt.Sprintf("Remove `suspend` from the job template, or resume the Job: `kubectl -n %s patch job %s -p '{\"spec\":{\"suspend\":false}}'`.", j.Namespace, j.Name)
	if j.Queued {
		remedy = "A queue decides when the Job runs. Look at its workload, for instance with `kubectl get workloads`, and raise `timeouts.pod_start` if it has to wait."
	}
	return Cause{
		Code: "JobSuspended", Hopeless: !j.Queued, Remedy: remedy,
		Text: fmt.Sprintf("Job %s is suspended: Kubernetes creates no pod for it until it is resumed.", j.Name),
	}
}

// deletedCause explains a Job that somebody deleted before it had ended. An agent deletes only Jobs of which a pod has.
func deletedCause(j *runjobs.Job) Cause {
	if !j.Deleted || j.Completed || j.Failed || j.PodEnded {
		return Cause{}
	}
	during := "before it had a pod"
	for i := range j.Pods {
		if during = "before its pod had ended"; !stoppable(&j.Pods[i]) {
			return Cause{}
		}
	}
	return Cause{
		Code: "JobDeleted", Text: fmt.Sprintf("Job %s was deleted %s.", j.Name, during),
		Remedy: "Somebody deleted it, for instance with `kubectl delete job` or together with its namespace. To stop a run, cancel it on the Server instead.",
	}
}

// stoppable reports whether a pod may have ended because it was deleted: no container of it is known to have ended by
// itself, well or not.
func stoppable(p *runjobs.Pod) bool {
	for _, c := range p.Containers {
		if c.ExitCode != nil && !stopSignal(*c.ExitCode) {
			return false
		}
	}
	return p.Reason == "" && p.Phase != PodSucceeded
}

// stopSignal reports whether an exit code is that of a process which SIGTERM or SIGKILL ended.
func stopSignal(code int32) bool { return code == 143 || code == 137 }
