package flow

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
)

// Deleting removes the Jobs of the runs that it cancelled, and no others.
func TestDeleteGroupRemovesJobs(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	state := r.register(noInputs(testFlow(t, "etl", nil)))
	state.DeletionPolicy = types.StringValue(policyDelete)
	r.run(state.ID.ValueString())
	runs, err := unfinishedRuns(t.Context(), r.client, state.ID.ValueString())
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	job := func(name, run string) *batchv1.Job {
		return &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "flows", UID: "1", Labels: map[string]string{"prefect.io/flow_run_id": run},
		}}
	}
	cluster := fake.NewClientset(job("mine", runs[0].ID), job("other", testVersion))
	r.data = framework.NewProviderData(r.client, func() (*kubernetes.Client, error) {
		return kubernetes.NewClientFromInterface(cluster, "flows"), nil
	})
	if diags := r.deleteGroup(t.Context(), r.client, *state); diags.HasError() {
		t.Fatal(diags)
	}
	left, err := cluster.BatchV1().Jobs("flows").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) != 1 || left.Items[0].Name != "other" {
		t.Errorf("Jobs left: %v, %v", left.Items, err)
	}
	if _, err := r.client.LatestFlow(t.Context(), state.ID.ValueString()); !gone(err) {
		t.Errorf("the flow is there: %v", err)
	}
	// Again, when everything is gone.
	if diags := r.deleteGroup(t.Context(), r.client, *state); diags.HasError() {
		t.Error(diags)
	}
}
