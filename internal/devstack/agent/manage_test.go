package agent

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

func TestManageDeletesFinishedJob(t *testing.T) {
	t.Parallel()
	s, a, run, job := deployed(t)
	if err := a.manageJobs(t.Context()); err != nil || len(s.jobs()) != 1 {
		t.Fatalf("unfinished Job: %v, %d Jobs", err, len(s.jobs()))
	}
	s.setJob(job, batchv1.JobStatus{Succeeded: 1})
	a.options.DeleteFinishedJobs = false
	if err := a.manageJobs(t.Context()); err != nil || len(s.jobs()) != 1 {
		t.Fatalf("kept Job: %v, %d Jobs", err, len(s.jobs()))
	}
	a.options.DeleteFinishedJobs = true
	if err := a.manageJobs(t.Context()); err != nil || len(s.jobs()) != 0 {
		t.Fatalf("finished Job: %v, %d Jobs", err, len(s.jobs()))
	}
	if got := s.read(run); got.State != "Submitted" || len(got.Logs) != 1 {
		t.Errorf("run %+v", got)
	}
}

func TestManageFailsRunWhoseImageCannotBePulled(t *testing.T) {
	t.Parallel()
	s, a, run, job := deployed(t)
	pod := s.addPod(job, corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
		Name: "flow", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such image"}},
	}}})
	stamp := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	for i, reason := range []string{"Scheduled", "Failed"} {
		e := &corev1.Event{Reason: reason, Message: "about " + reason, Count: 1, LastTimestamp: metav1.NewTime(stamp.Add(time.Duration(i) * time.Second))}
		e.Name, e.Namespace = "e-"+strings.ToLower(reason), namespace
		e.InvolvedObject = corev1.ObjectReference{Kind: "Pod", Name: pod.Name}
		if _, err := s.cluster.CoreV1().Events(namespace).Create(t.Context(), e, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	a.options.DeleteFinishedJobs = false
	for range 2 { // events are copied once
		if err := a.manageJobs(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := s.read(run)
	if got.State != "Failed" || got.StateMessage != "Kubernetes Error: no such image" {
		t.Errorf("run %+v", got)
	}
	var events []string
	for _, l := range got.Logs {
		if l.Name == infraLog {
			events = append(events, l.Message)
		}
	}
	want := []string{
		"Event: 'Scheduled' on pod '" + pod.Name + "'\n\tMessage: about Scheduled",
		"Event: 'Failed' on pod '" + pod.Name + "'\n\tMessage: about Failed",
	}
	if strings.Join(events, "|") != strings.Join(want, "|") {
		t.Errorf("logs %q", events)
	}
	a.options.DeleteFinishedJobs = true
	if err := a.manageJobs(t.Context()); err != nil || len(s.jobs()) != 0 {
		t.Errorf("%v, %d Jobs", err, len(s.jobs()))
	}
}

func TestManageReportsFailedPod(t *testing.T) {
	t.Parallel()
	s, a, run, job := deployed(t)
	pod := s.addPod(job, corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
		Name:  "flow",
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled", Signal: 9}},
	}}})
	s.setJob(job, batchv1.JobStatus{Failed: 1})
	if err := a.manageJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := s.read(run)
	if got.State != "Failed" || got.StateMessage != "Kubernetes Error: pods ['"+pod.Name+"'] failed for this job" {
		t.Errorf("run %+v", got)
	}
	want := "Pod " + pod.Name + " failed.\n\tContainer 'flow' state: terminated\n\t\tExit Code:: 137\n\t\tReason: OOMKilled\n\t\tSignal: 9"
	if last := got.Logs[len(got.Logs)-1]; last.Message != want || last.Level != "ERROR" || last.Name != infraLog {
		t.Errorf("log %+v", last)
	}
	if len(s.jobs()) != 0 {
		t.Error("the Job stays")
	}
}

// TestManageLeavesForeignJobs: Jobs without a run, or of a run that was deleted, stay for ever.
func TestManageLeavesForeignJobs(t *testing.T) {
	t.Parallel()
	s, a, run, job := deployed(t)
	bare := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: namespace, Labels: map[string]string{jobspec.LabelIdentifier: "x"}}}
	bare.Status.Succeeded = 1
	if _, err := s.cluster.BatchV1().Jobs(namespace).Create(t.Context(), bare, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.setJob(job, batchv1.JobStatus{Succeeded: 1})
	var out map[string]any
	if err := s.api.do(t.Context(), "mutation($input: delete_flow_run_input!) { delete_flow_run(input: $input) { success } }",
		input(map[string]any{"flow_run_id": run}), &out); err != nil {
		t.Fatal(err)
	}
	if err := a.manageJobs(t.Context()); err != nil || len(s.jobs()) != 2 {
		t.Errorf("%v, %d Jobs", err, len(s.jobs()))
	}
}
