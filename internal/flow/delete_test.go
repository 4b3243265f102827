package flow

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tftypes "github.com/hashicorp/terraform-plugin-framework/types"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

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
	state.DeletionPolicy = tftypes.StringValue(policyDelete)
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
	_, left := r.on(jobOf("mine", run.ID), jobOf("other", testVersion))
	if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); diags.HasError() {
		t.Fatal(diags)
	}
	if got := left(); !slices.Equal(got, []string{"other"}) {
		t.Errorf("the Jobs %q are left", got)
	}
	if _, err := r.client.LatestFlow(t.Context(), state.ID.ValueString()); !framework.Gone(err) {
		t.Errorf("the flow is there: %v", err)
	}
	// Again, when everything is gone.
	if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); diags.HasError() {
		t.Error(diags)
	}
}

// jobOf is a Job of a run, as an agent creates it.
func jobOf(name, run string, conditions ...batchv1.JobCondition) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "flows", UID: types.UID(name), Labels: map[string]string{"prefect.io/flow_run_id": run}},
		Status:     batchv1.JobStatus{Conditions: conditions},
	}
}

func condition(kind batchv1.JobConditionType) batchv1.JobCondition {
	return batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue}
}

// on uses a cluster with these Jobs, and returns what lists those that are left.
func (r *remote) on(jobs ...*batchv1.Job) (cluster *fake.Clientset, left func() []string) {
	r.t.Helper()
	cluster = fake.NewClientset()
	for _, job := range jobs {
		if _, err := cluster.BatchV1().Jobs(job.Namespace).Create(r.t.Context(), job, metav1.CreateOptions{}); err != nil {
			r.t.Fatal(err)
		}
	}
	r.data = framework.NewProviderData(r.client, func() (*kubeclient.Client, error) { return kubefake.New(cluster, "flows"), nil })
	return cluster, func() (names []string) {
		r.t.Helper()
		list, err := cluster.BatchV1().Jobs("flows").List(r.t.Context(), metav1.ListOptions{})
		if err != nil {
			r.t.Fatal(err)
		}
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
		slices.Sort(names)
		return names
	}
}

// ends gives a run these states, one after the other.
func (r *remote) ends(run string, names ...string) {
	r.t.Helper()
	const mutation = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }`
	for _, name := range names {
		input := map[string]any{"states": []any{map[string]any{"flow_run_id": run, "state": map[string]any{"type": name, "message": "test"}}}}
		if err := r.client.Do(r.t.Context(), mutation, map[string]any{"input": input}, nil); err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestDeleteGroupInterruptedBeforeJobs deletes a flow again after the first attempt has cancelled its runs and has not removed
// their Jobs: the cluster did not answer. What agents keep of runs that have ended stays.
func TestDeleteGroupInterruptedBeforeJobs(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 120} { // so many that the cluster is not asked about each
		t.Run(strconv.Itoa(more), func(t *testing.T) {
			t.Parallel()
			r := newRemote(t)
			state, run := r.deletable()
			group := state.ID.ValueString()
			for range 3 + more {
				r.run(group)
			}
			runs, err := r.client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{VersionGroupID: group})
			if err != nil || len(runs) != 4+more {
				t.Fatal(len(runs), err)
			}
			runs = slices.DeleteFunc(runs, func(other prefect.FlowRun) bool { return other.ID == run.ID })
			r.ends(runs[0].ID, "Submitted", "Running", "Success")
			r.ends(runs[1].ID, "Submitted", "Running", "Failed")
			other := r.register(noInputs(testFlow(t, "other", nil)))
			r.run(other.ID.ValueString())
			strangers, err := r.client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{VersionGroupID: other.ID.ValueString()})
			if err != nil || len(strangers) != 1 {
				t.Fatal(len(strangers), err)
			}
			if _, err := r.client.CancelFlowRun(t.Context(), strangers[0].ID); err != nil {
				t.Fatal(err)
			}
			cluster, left := r.on(
				jobOf("mine", run.ID), jobOf("succeeded", runs[0].ID), jobOf("failed", runs[1].ID),
				jobOf("kept", runs[2].ID, condition(batchv1.JobComplete)), jobOf("unlike", "no-run"), jobOf("of-another-flow", strangers[0].ID),
			)
			var down atomic.Bool
			var lists atomic.Int32
			cluster.PrependReactor("*", "jobs", func(action k8stesting.Action) (bool, runtime.Object, error) {
				if down.Load() {
					return true, nil, apierrors.NewServiceUnavailable("down")
				}
				if action.GetVerb() == "list" {
					lists.Add(1)
				}
				return false, nil, nil
			})

			down.Store(true)
			for attempt := range 2 { // the second finds no unfinished run, and a cluster that still does not answer
				if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); !diags.HasError() {
					t.Fatalf("attempt %d without the cluster: %v", attempt, diags)
				}
				if _, err := r.client.LatestFlow(t.Context(), group); err != nil {
					t.Fatalf("attempt %d: the flow: %v", attempt, err)
				}
			}
			down.Store(false)
			if diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute); len(diags) > 0 {
				t.Fatal(diags)
			}
			if got, want := left(), []string{"failed", "kept", "of-another-flow", "succeeded", "unlike"}; !slices.Equal(got, want) {
				t.Errorf("the Jobs %q are left, want %q", got, want)
			}
			if n := lists.Load(); n > 6 { // one for all runs, the rest to delete one Job
				t.Errorf("%d lists of Jobs for %d runs", n, len(runs)+1)
			}
		})
	}
}

// TestDeleteGroupWithoutCluster deletes a flow whose runs have all ended while the cluster cannot be used.
func TestDeleteGroupWithoutCluster(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		states  []string      // of the run, nil to cancel it
		ago     time.Duration // when it ended
		want    string        // "", "warning" or "error"
		without bool          // without a cluster in the configuration
	}{
		"ended by itself":                   {states: []string{"Submitted", "Running", "Failed"}},
		"cancelled just now":                {want: "error"},
		"cancelled just now, not a cluster": {without: true},
		"cancelled today":                   {ago: 2 * time.Hour, want: "warning"},
		"cancelled long ago":                {ago: 48 * time.Hour},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			r := newRemoteAt(t, func() time.Time { return time.Now().Add(-test.ago) })
			state, run := r.deletable()
			if test.states == nil {
				if _, err := r.client.CancelFlowRun(t.Context(), run.ID); err != nil {
					t.Fatal(err)
				}
			}
			r.ends(run.ID, test.states...)
			if !test.without {
				r.data = framework.NewProviderData(r.client, func() (*kubeclient.Client, error) {
					return nil, &kubeclient.ConfigError{Problem: "there is no such context", Remedy: "Correct it."}
				})
			}
			diags := r.deleteGroup(t.Context(), r.client, *state, time.Minute)
			got := ""
			switch {
			case diags.HasError():
				got = "error"
			case len(diags) > 0:
				got = "warning"
			}
			if got != test.want || got != "" && !strings.Contains(diags[0].Detail(), "no such context") {
				t.Errorf("got %v, want %q", diags, test.want)
			}
			if _, err := r.client.LatestFlow(t.Context(), state.ID.ValueString()); framework.Gone(err) == (test.want == "error") {
				t.Errorf("the flow: %v", err)
			}
		})
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
	r.ends(run.ID, "Submitted", "Running")
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
