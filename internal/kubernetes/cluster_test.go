package kubernetes_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// unschedulable is a job template whose pod no node takes.
func unschedulable(container map[string]any) map[string]any {
	return map[string]any{"type": "KubernetesRun", "job_template": map[string]any{
		"apiVersion": "batch/v1", "kind": "Job",
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
			"nodeSelector": map[string]any{"example.com/none": "such"}, "containers": []any{container},
		}}},
	}}
}

func generate(t *testing.T, run string, config map[string]any) map[string]any {
	t.Helper()
	job, err := jobspec.Generate(jobspec.Run{
		ID: run, FlowID: uuid.NewString(), CoreVersion: "1.4.1", RunConfig: config, Storage: map[string]any{"type": "Module"},
	}, jobspec.Agent{}, uuid.NewString()[:8])
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func awaitJobs(ctx context.Context, t *testing.T, w *runjobs.Watcher, what string, condition func([]runjobs.Job) bool) {
	t.Helper()
	for !condition(w.Snapshot()) {
		select {
		case <-w.Changes():
		case <-ctx.Done():
			t.Fatalf("never saw %s; last: %+v (%v)", what, w.Snapshot(), w.Err())
		}
	}
}

// TestClusterUnschedulable follows a Job on a real cluster from creation to deletion.
func TestClusterUnschedulable(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := uuid.NewString()
	job := generate(t, run, unschedulable(map[string]any{"name": "flow"}))
	if err := runjobs.DryRun(ctx, cluster.Client, "", job); err != nil {
		t.Fatal(err)
	}
	w, err := runjobs.Watch(ctx, cluster.Client, "", run)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := runjobs.Create(ctx, cluster.Client, "", job); err != nil {
		t.Fatal(err)
	}
	awaitJobs(ctx, t, w, "the scheduler's event", func(jobs []runjobs.Job) bool {
		return len(jobs) == 1 && len(jobs[0].Pods) == 1 && len(jobs[0].Pods[0].Events) > 0 && jobs[0].Pods[0].Events[0].Reason == "FailedScheduling"
	})
	jobs, err := runjobs.List(ctx, cluster.Client, "", run)
	if err != nil || len(jobs) != 1 || len(jobs[0].Pods) != 1 || jobs[0].Pods[0].Phase != "Pending" || jobs[0].Image != "prefecthq/prefect:1.4.1" {
		t.Fatalf("%v: %+v", err, jobs)
	}
	if err := runjobs.Delete(ctx, cluster.Client, "", run); err != nil {
		t.Fatal(err)
	}
	if jobs, err := runjobs.List(ctx, cluster.Client, "", run); err != nil || len(jobs) != 0 {
		t.Errorf("after deletion: %v, %+v", err, jobs)
	}
	awaitJobs(ctx, t, w, "the deletion", func(jobs []runjobs.Job) bool { return jobs[0].Deleted && jobs[0].Pods[0].Deleted })
	if err := w.Err(); err != nil {
		t.Error(err)
	}
}

// TestClusterRefusals: an invalid Job is refused by the dry run, a pod over quota by an event on its Job.
func TestClusterRefusals(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := uuid.NewString()
	if err := runjobs.DryRun(ctx, cluster.Client, "", generate(t, run, unschedulable(map[string]any{"name": "NOT A NAME"}))); !errors.Is(err, kubeclient.ErrRejected) {
		t.Errorf("invalid Job: %v", err)
	}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")},
	}}
	if _, err := cluster.Set.CoreV1().ResourceQuotas(cluster.Namespace).Create(ctx, quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	w, err := runjobs.Watch(ctx, cluster.Client, "", run)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := runjobs.Create(ctx, cluster.Client, "", generate(t, run, unschedulable(map[string]any{"name": "flow"}))); err != nil {
		t.Fatal(err)
	}
	awaitJobs(ctx, t, w, "the refusal of the pod", func(jobs []runjobs.Job) bool {
		return len(jobs) == 1 && len(jobs[0].Pods) == 0 && len(jobs[0].Events) > 0 && jobs[0].Events[0].Reason == "FailedCreate"
	})
}

// TestClusterMissingRights: what a user may not do is named, and the rest goes on.
func TestClusterMissingRights(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	user := "user-" + uuid.NewString()
	config := cluster.Client.RESTConfig()
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	client, err := kubeclient.NewClientFromREST(config, cluster.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	var access *kubeclient.AccessError
	if _, err := runjobs.Watch(ctx, client, "", "x"); !errors.Is(err, kubeclient.ErrForbidden) || !errors.As(err, &access) || access.Verb != "list" || access.Resource != "jobs" || access.Group != "batch" {
		t.Fatalf("without rights: %v", err)
	}
	grant(ctx, t, cluster, user)
	w, err := runjobs.Watch(ctx, client, "", "x")
	for ctx.Err() == nil && errors.Is(err, kubeclient.ErrForbidden) { // the authorizer learns of the role after a moment
		w, err = runjobs.Watch(ctx, client, "", "x")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	awaitJobs(ctx, t, w, "the missing right", func([]runjobs.Job) bool {
		return errors.As(w.Err(), &access) && errors.Is(access, kubeclient.ErrForbidden) && access.Resource == "pods"
	})
}

// grant lets a user read Jobs and nothing else.
func grant(ctx context.Context, t *testing.T, cluster *acctest.KubernetesCluster, user string) {
	t.Helper()
	rbac := cluster.Set.RbacV1()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "jobs"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"batch"}, Resources: []string{"jobs"}, Verbs: []string{"list", "watch"}},
	}}
	if _, err := rbac.Roles(cluster.Namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "jobs"},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: user}},
		RoleRef:    rbacv1.RoleRef{Kind: "Role", APIGroup: rbacv1.GroupName, Name: "jobs"},
	}
	if _, err := rbac.RoleBindings(cluster.Namespace).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
