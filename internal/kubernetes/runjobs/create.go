package runjobs

import (
	"context"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// createTimeout leaves time for admission webhooks, which may take up to 30 seconds.
const createTimeout = 45 * time.Second

// Create creates a generated Job. An error is a *kubeclient.AccessError, or a *jobspec.Error if job is not a
// valid Job.
func Create(ctx context.Context, client *kubeclient.Client, namespace string, job map[string]any) (*batchv1.Job, error) {
	return create(ctx, client, namespace, job, metav1.CreateOptions{})
}

// DryRun submits a generated Job to the cluster's validation and admission without creating it. An error of
// kind kubeclient.ErrRejected means that the Job would be refused, kubeclient.ErrForbidden that the
// credentials do not permit the dry run.
func DryRun(ctx context.Context, client *kubeclient.Client, namespace string, job map[string]any) error {
	_, err := create(ctx, client, namespace, job, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func create(ctx context.Context, client *kubeclient.Client, namespace string, job map[string]any, o metav1.CreateOptions) (*batchv1.Job, error) {
	namespace = client.InNamespace(namespace)
	typed, err := jobspec.ToJob(job)
	if err != nil {
		return nil, err
	}
	var created *batchv1.Job
	err = kubeclient.Within(ctx, createTimeout, func(ctx context.Context) error {
		created, err = client.Interface().BatchV1().Jobs(namespace).Create(ctx, typed, o)
		return kubeclient.Classify("create", "jobs", namespace, typed.Name, err)
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // classified
	}
	return created, nil
}
