package flow

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubefake"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// deletable registers a flow that is to be deleted with its history, and starts a
// run of it.
func (r *remote) deletable() (*model, *prefect.FlowRun) {
	r.t.Helper()
	state := r.register(noInputs(testFlow(r.t, "etl", nil)))
	state.DeletionPolicy = types.StringValue(policyDelete)
	r.run(state.ID.ValueString())
	runs, err := r.client.ListFlowRuns(r.t.Context(), prefect.FlowRunFilter{VersionGroupID: state.ID.ValueString()})
	if err != nil || len(runs) != 1 {
		r.t.Fatalf("%d runs: %v", len(runs), err)
	}
	return state, &runs[0]
}

// Deleting removes the Jobs of the runs that it cancelled, and no others.
func TestDeleteGroupRemovesJobs(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	state, run := r.deletable()
	job := func(name, run string) *batchv1.Job {
		return &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "flows", UID: "1", Labels: map[string]string{"prefect.io/flow_run_id": run},
		}}
	}
	cluster := fake.NewClientset(job("mine", run.ID), job("other", testVersion))
	r.data = framework.NewProviderData(r.client, func() (*kubeclient.Client, error) {
		return kubefake.New(cluster, "flows"), nil
	})
	if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); diags.HasError() {
		t.Fatal(diags)
	}
	left, err := cluster.BatchV1().Jobs("flows").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) != 1 || left.Items[0].Name != "other" {
		t.Errorf("Jobs left: %v, %v", left.Items, err)
	}
	if _, err := r.client.LatestFlow(t.Context(), state.ID.ValueString()); !framework.Gone(err) {
		t.Errorf("the flow is there: %v", err)
	}
	// Again, when everything is gone.
	if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); diags.HasError() {
		t.Error(diags)
	}
}

// losesServer loses the connection to the Server after the first request that
// follows a cancellation.
type losesServer struct {
	cancelled bool
	left      int
}

func (l *losesServer) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if l.cancelled {
		if l.left--; l.left < 0 {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: timeoutError{}}
		}
	}
	l.cancelled = l.cancelled || bytes.Contains(body, []byte("cancel_flow_run("))
	return http.DefaultTransport.RoundTrip(request)
}

// A Server that is lost while runs are waited for is not the end of the time for
// the deletion: more of it would not help.
func TestDeleteThatLosesTheServer(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	state, run := r.deletable()
	const mutation = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }`
	for _, name := range []string{"Submitted", "Running"} {
		input := map[string]any{"states": []any{map[string]any{"flow_run_id": run.ID, "state": map[string]any{"type": name, "message": "test"}}}}
		if err := r.client.Do(t.Context(), mutation, map[string]any{"input": input}, nil); err != nil {
			t.Fatal(err)
		}
	}
	client, err := prefect.New(prefect.Config{Endpoint: r.client.Endpoint(), Transport: &losesServer{left: 1}, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	diags := r.deleteGroup(t.Context(), client, *state, time.Minute)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), "could not be reached") || strings.Contains(diags[0].Detail(), "timeouts.delete") {
		t.Errorf("got %v", diags)
	}
}

// timeoutError is, as that of a dial which takes too long, a deadline for errors.Is.
type timeoutError struct{}

func (timeoutError) Error() string     { return "i/o timeout" }
func (timeoutError) Timeout() bool     { return true }
func (timeoutError) Is(err error) bool { return err == context.DeadlineExceeded }
