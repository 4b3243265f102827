package runjobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apimachinery/pkg/watch"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// ErrStillThere means that the cluster accepted the deletion but did not complete it in time.
var ErrStillThere = errors.New("deleted, but not gone yet")

// deletePoll is how often to check for deleted Jobs if they cannot be watched.
const deletePoll = 2 * time.Second

// Delete deletes the Jobs of a flow run in a namespace ("" for all of the client's) and returns once they and
// their pods are gone. It also deletes Jobs that appear meanwhile. Finding no Job is not an error.
// ErrStillThere means that the cluster accepted the deletion.
func Delete(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) error {
	for _, namespace := range client.NamespacesOr(namespace) {
		taken, err := deleteAll(ctx, client, namespace, flowRunID)
		if taken && errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
			return fmt.Errorf("%w: %w", ErrStillThere, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// BeginDelete asks for the deletion of the Jobs of a flow run in all of the client's namespaces and does not wait for it, so that the
// pods of many runs end together.
func BeginDelete(ctx context.Context, client *kubeclient.Client, flowRunID string) error {
	for _, namespace := range client.NamespacesOr("") {
		if _, err := deleteFound(ctx, client, namespace, flowRunID); err != nil {
			return err
		}
	}
	return nil
}

// deleteAll also reports whether the cluster accepted the deletion of everything found.
func deleteAll(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) (taken bool, err error) {
	for {
		found, err := deleteFound(ctx, client, namespace, flowRunID)
		if err != nil {
			return taken && found == 0, err
		}
		if found == 0 {
			return taken, nil
		}
		taken = true
		if err := awaitDeletion(ctx, client, namespace, flowRunID); err != nil {
			return taken, err
		}
	}
}

// deleteFound asks for the deletion of a run's Jobs and returns how many there are.
func deleteFound(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) (found int, err error) {
	var jobs []batchv1.Job
	err = kubeclient.Within(ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
		jobs, err = runJobs(ctx, client, namespace, flowRunID)
		return err
	})
	for i := range jobs {
		if err == nil {
			err = kubeclient.Within(ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
				return deleteJob(ctx, client, &jobs[i])
			})
		}
	}
	return len(jobs), err //nolint:wrapcheck // as of the operation
}

func deleteJob(ctx context.Context, client *kubeclient.Client, job *batchv1.Job) error {
	if job.DeletionTimestamp != nil {
		return nil
	}
	foreground := metav1.DeletePropagationForeground // the Job is removed after its pods
	o := metav1.DeleteOptions{PropagationPolicy: &foreground}
	if job.UID != "" {
		o.Preconditions = &metav1.Preconditions{UID: &job.UID}
	}
	err := kubeclient.Classify("delete", "jobs", job.Namespace, job.Name, client.Interface().BatchV1().Jobs(job.Namespace).Delete(ctx, job.Name, o))
	if errors.Is(err, kubeclient.ErrNotFound) {
		return nil
	}
	return err
}

// awaitDeletion returns when a Job of the run was deleted, or when it is time to check again.
func awaitDeletion(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) error {
	timer := time.NewTimer(deletePoll)
	defer timer.Stop()
	var results <-chan watch.Event
	stream, err := client.Interface().BatchV1().Jobs(namespace).Watch(ctx, metav1.ListOptions{LabelSelector: runSelector(flowRunID)})
	if err == nil {
		defer stream.Stop()
		results = stream.ResultChan()
		// A deletion before the start of the watch would be missed.
		if jobs, err := runJobs(ctx, client, namespace, flowRunID); err != nil || len(jobs) == 0 {
			return err
		}
	}
	for {
		select {
		case e, open := <-results:
			if !open {
				results = nil // check again when the timer fires
			} else if e.Type == watch.Deleted {
				return nil
			}
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return kubeclient.Classify("delete", "jobs", namespace, "", ctx.Err())
		}
	}
}
