package flowrun_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// newFollowBench is a cluster bench whose Server's clock can be wrong.
// skewedServer is a Server and by how much its clock is wrong, which means something
// for the embedded one only.
func skewedServer(t *testing.T) (*acctest.PrefectServer, *atomic.Int64) {
	t.Helper()
	skew := new(atomic.Int64)
	return acctest.ServerWith(t, prefectserver.Options{
		Clock: func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }, Logger: acctest.Logger(),
	}), skew
}

func newFollowBench(t *testing.T, template map[string]any) *clusterBench {
	t.Helper()
	cluster := acctest.Cluster(t)
	server, skew := skewedServer(t)
	flow := taskFlow("etl")
	flow["run_config"] = kubernetesRun(map[string]any{"job_template": template}, "k8s")
	return &clusterBench{bench: benchOn(t, server, flow), cluster: cluster, skew: skew}
}

// inBackground does something until the test ends.
func inBackground(t *testing.T, do func(ctx context.Context)) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { do(ctx) })
	t.Cleanup(func() { stop(); all.Wait() })
}

// when polls a condition, until it is true or ctx ends.
func when(ctx context.Context, is func() bool) bool {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (b *bench) inState(state string) func() bool {
	return func() bool {
		runs, err := b.Client.ListFlowRuns(context.Background(), prefect.FlowRunFilter{States: []string{state}})
		return err == nil && len(runs) > 0
	}
}

// TestAccFlowRun_lazarus follows a run that Lazarus resurrects to its second Job,
// and removes both.
func TestAccFlowRun_lazarus(t *testing.T) {
	t.Parallel()
	first := filepath.Join(t.TempDir(), "first")
	// The first Job hangs before it has reported anything, the second executes the flow.
	hang := fmt.Sprintf(`if mkdir '%s' 2>/dev/null; then exec sleep 600; fi; exec "$0" "$@"`, first)
	b := newFollowBench(t, jobTemplate(shell(hang), map[string]any{"terminationGracePeriodSeconds": 1}))
	acctest.RequireEmbedded(t, b.PrefectServer)
	b.skew.Store(int64(-30 * time.Minute))
	b.agent(func(o *agent.Options) { o.DeleteFinishedJobs = true })
	inBackground(t, func(ctx context.Context) {
		hung := func() bool { _, err := os.Stat(first); return err == nil && b.inState("Submitted")() } //nolint:contextcheck // the bench's own context lasts longer
		if !when(ctx, hung) {
			return
		}
		b.skew.Store(0) // half an hour passes
		if err := b.Server.RunLazarus(ctx); err != nil {
			t.Error(err)
		}
	})
	session := acctest.Connect(t, b.PrefectServer, b.cluster)
	run := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "risen", "on_destroy": "delete"})
	if run.At("state") != "Success" || run.At("times_resurrected") != 1.0 {
		t.Fatalf("got %s", run)
	}
	if run.At("job", "attempt") != 2.0 || run.At("job", "pods", 0, "containers", 0, "exit_code") != 0.0 || run.At("job", "status") != "complete" {
		t.Errorf("the newest Job is %v", run.At("job"))
	}
	again := session.Refresh(run)
	if fmt.Sprint(again.State) != fmt.Sprint(run.State) {
		t.Errorf("a refresh makes\n%v\nof\n%v", again.State, run.State)
	}
	if found := acctest.Connect(t, b.PrefectServer, b.cluster).Destroy(run); len(found) > 0 {
		t.Errorf("destroy: %+v", found)
	}
	b.isGone()
}

// isGone checks that neither the run nor a Job or pod is left.
func (b *clusterBench) isGone() {
	b.t.Helper()
	if err := b.count(0); err != nil {
		b.t.Error(err)
	}
	ctx := context.Background()
	jobs, err := b.cluster.Set.BatchV1().Jobs(b.cluster.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(jobs.Items) > 0 {
		b.t.Errorf("%d Jobs are left: %v", len(jobs.Items), err)
	}
	pods, err := b.cluster.Set.CoreV1().Pods(b.cluster.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(pods.Items) > 0 {
		b.t.Errorf("%d pods are left: %v", len(pods.Items), err)
	}
}

// TestAccFlowRun_cancelledTurnsFailed looks again at a run that was cancelled
// while its pod still runs, and that the process then calls failed.
func TestAccFlowRun_cancelledTurnsFailed(t *testing.T) {
	t.Parallel()
	end := filepath.Join(t.TempDir(), "end")
	b := newFollowBench(t, jobTemplate(shell(fmt.Sprintf("until [ -e '%s' ]; do sleep 0.1; done; exit 4", end)), nil))
	acctest.RequireEmbedded(t, b.PrefectServer)
	b.agent(func(o *agent.Options) { o.JobManagementInterval = time.Hour })
	inBackground(t, func(ctx context.Context) {
		started := func() bool {
			pods, err := b.cluster.Set.CoreV1().Pods(b.cluster.Namespace).List(ctx, metav1.ListOptions{})
			return err == nil && len(pods.Items) == 1 && pods.Items[0].Status.Phase == "Running"
		}
		if !when(ctx, started) {
			return
		}
		id := b.runs()[0].ID //nolint:contextcheck // the bench's own context lasts longer
		if _, err := b.Client.CancelFlowRun(ctx, id); err != nil {
			t.Error(err)
		}
		// The provider has seen Cancelled once it has asked again.
		b.Server.ResetRequests()
		if !when(ctx, func() bool { return b.Server.CountRequests("flow_run") > 0 }) {
			return
		}
		b.set(id, "Failed", "The process was killed while it was cancelled.") //nolint:contextcheck // the bench's own context lasts longer
		if err := os.WriteFile(end, nil, 0o600); err != nil {
			t.Error(err)
		}
	})
	run := acctest.Connect(t, b.PrefectServer, b.cluster).Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "name": "torn"})
	if len(run.Diagnostics) != 1 || run.Diagnostics[0].Summary != `Flow run "torn" ended in the state Failed` || run.At("state") != "Failed" {
		t.Errorf("got %s, %v", run, run.At("state"))
	}
	if run.At("job", "pods", 0, "containers", 0, "exit_code") != 4.0 {
		t.Errorf("got %v", run.At("job"))
	}
}

// TestAccFlowRun_submittedAgain goes back from Submitted to Scheduled and on: the
// deadlines begin anew, and the second agent's work counts.
func TestAccFlowRun_submittedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.registerAgent("first", "k8s")
	b.serve(func(run prefect.FlowRun) {
		b.set(run.ID, "Submitted", "Submitted for execution")
		b.set(run.ID, "Scheduled", "Rescheduled")
		b.registerAgent("second", "k8s") // agents are asked about again
		b.set(run.ID, "Queued", "Queued by a limit")
		b.set(run.ID, "Running", "")
		b.set(run.ID, "Success", "on the second try")
	})
	run := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_run", map[string]any{
		"flow_id": b.flow, "timeouts": map[string]any{"pick_up": "20s", "pod_start": "20s"},
	})
	if len(run.Diagnostics) > 0 || run.At("state_message") != "on the second try" {
		t.Fatalf("got %s", run)
	}
	if states, _ := run.At("states").([]any); len(states) != 6 {
		t.Errorf("got states %v", run.At("states"))
	}
}

// TestAccFlowRun_waitsUntilDue waits for a run that is due later: all deadlines
// count from then.
func TestAccFlowRun_waitsUntilDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.serve(func(run prefect.FlowRun) {
		<-time.After(time.Until(run.ScheduledStartTime))
		b.ends("Success", "in time")(run)
	})
	due := time.Now().Add(4 * time.Second)
	run := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_run", map[string]any{
		"flow_id": b.flow, "scheduled_start_time": due.Format(time.RFC3339Nano),
		"timeouts": map[string]any{"agent": "2s", "pick_up": "2s", "total": "3s"},
	})
	if len(run.Diagnostics) > 0 || run.At("state_message") != "in time" {
		t.Errorf("got %s", run)
	}
}

// TestAccFlowRun_deadlines has each deadline that the Server alone can tell of
// pass, and on_timeout do each of its things.
func TestAccFlowRun_deadlines(t *testing.T) {
	t.Parallel()
	for limit, tt := range map[string]struct {
		state, says string
		timeouts    map[string]any
	}{
		"agent":     {"Scheduled", "waits for an agent, and none will take it", map[string]any{"agent": "1s"}},
		"pick_up":   {"Scheduled", "was not taken by an agent within 1s", map[string]any{"agent": "0s", "pick_up": "1s"}},
		"pod_start": {"Submitted", "did not start within 1s", map[string]any{"pod_start": "1s"}},
		"total":     {"Running", `did not finish within 1s`, map[string]any{"total": "1s"}},
	} {
		for _, policy := range []string{"error", "warn", "cancel"} {
			t.Run(limit+" "+policy, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.serve(func(run prefect.FlowRun) {
					if tt.state != "Scheduled" {
						b.set(run.ID, tt.state, "")
					}
					if tt.state == "Running" {
						b.stopsWhenAsked(run.ID)
					}
				})
				run := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_run", map[string]any{
					"flow_id": b.flow, "timeouts": tt.timeouts, "on_timeout": policy,
				})
				if len(run.Diagnostics) != 1 || run.Diagnostics[0].Warning != (policy == "warn") || !strings.Contains(run.Diagnostics[0].Summary, tt.says) {
					t.Fatalf("got %s", run)
				}
				want, follows := tt.state, "continues waiting"
				if policy == "cancel" {
					want, follows = "Cancelled", "The run was cancelled because of `on_timeout`."
				}
				if !strings.Contains(run.Diagnostics[0].Detail, follows) {
					t.Errorf("does not say %q: %s", follows, run)
				}
				if runs := b.runs(); len(runs) != 1 || runs[0].State != want || run.At("state") != want {
					t.Errorf("the run is %s, in the state %v, want %s", runs[0].State, run.At("state"), want)
				}
			})
		}
	}
}

// TestAccFlowRun_destroyRunning destroys resources whose runs still run: the
// process is asked to stop, and one that does not listen is removed with its pod.
func TestAccFlowRun_destroyRunning(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		template map[string]any
		policy   string
		stubborn bool
		within   time.Duration
	}{
		{"delete, process listens", jobTemplate(nil, nil), "delete", false, 15 * time.Second},
		{"delete, process does not listen", jobTemplate(shell("trap '' TERM; sleep 600 & wait; sleep 600"), map[string]any{"terminationGracePeriodSeconds": 1}), "delete", true, 20 * time.Second},
		{"cancel", jobTemplate(nil, nil), "cancel", false, 15 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newFollowBench(t, tt.template)
			b.agent()
			session := acctest.Connect(t, b.PrefectServer, b.cluster)
			run := session.Create("prefect_flow_run", map[string]any{
				"flow_id": b.flow, "name": "endless", "context": lasting(10 * time.Minute), "on_destroy": tt.policy,
				"wait_for": "submitted", "timeouts": map[string]any{"stop": "10s"},
			})
			if len(run.Diagnostics) > 0 {
				t.Fatalf("got %s", run)
			}
			until(t, "the pod runs", func() bool {
				pods, err := b.cluster.Set.CoreV1().Pods(b.cluster.Namespace).List(t.Context(), metav1.ListOptions{})
				return err == nil && len(pods.Items) == 1 && pods.Items[0].Status.Phase == "Running"
			})
			if tt.stubborn {
				b.set(b.runs()[0].ID, "Running", "Running flow.")
			}
			until(t, "the run runs", b.inState("Running"))
			began := time.Now()
			// Another process than that which created it, as with Terraform.
			if found := acctest.Connect(t, b.PrefectServer, b.cluster).Destroy(run); len(found) > 0 {
				t.Fatalf("destroy: %+v", found)
			}
			if took := time.Since(began); took > tt.within {
				t.Errorf("took %s", took)
			}
			if tt.policy == "delete" {
				b.isGone()
				return
			}
			if runs := b.runs(); len(runs) != 1 || runs[0].State != "Cancelled" {
				t.Errorf("got %+v", runs)
			}
		})
	}
}
