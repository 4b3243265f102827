package flowrun_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/executor"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// taskFlow is a flow with one task, which the embedded flow runner executes.
func taskFlow(name string) map[string]any {
	flow := flowJSON(name)
	flow["tasks"] = []any{map[string]any{
		"__version__": "1.4.1", "type": "prefect.tasks.core.function.FunctionTask", "name": "work", "slug": "work-1", "tags": []any{},
		"inputs": map[string]any{}, "outputs": "typing.Any", "max_retries": 0, "retry_delay": nil, "timeout": nil, "auto_generated": false,
		"trigger":   map[string]any{"fn": "prefect.triggers.all_successful", "kwargs": map[string]any{}},
		"cache_for": nil, "cache_key": nil, "skip_on_upstream_skip": true,
		"cache_validator": map[string]any{"fn": "prefect.engine.cache_validators.never_use", "kwargs": map[string]any{}},
	}}
	return flow
}

// lasting is the context of a run whose task takes this long.
func lasting(d time.Duration) string {
	return fmt.Sprintf(`{"devstack": {"task_seconds": "%g"}}`, d.Seconds())
}

// BenchmarkFlowRun_notice measures, on the embedded stack with the real control
// plane, how long after its end on the Server a run is noticed, how long until
// the creation of the resource returns, and how many requests a minute waiting
// takes.
func BenchmarkFlowRun_notice(b *testing.B) {
	for _, bb := range []struct {
		name string
		task time.Duration
		runs int
	}{
		{"200ms", 200 * time.Millisecond, 9},
		{"5s", 5 * time.Second, 5},
		{"70s", 70 * time.Second, 1},
	} {
		b.Run(bb.name, func(b *testing.B) {
			flow := taskFlow("measured")
			c := &clusterBench{bench: benchOn(b, acctest.Server(b), flow), cluster: acctest.Cluster(b)}
			if c.Server == nil {
				b.Skip("counts the requests that the embedded Server gets")
			}
			c.agent(func(o *agent.Options) { o.DeleteFinishedJobs = true })
			session := acctest.Connect(b, c.PrefectServer, c.cluster)
			var measured []notice
			for b.Loop() {
				for n := range bb.runs {
					measured = append(measured, c.measure(session, fmt.Sprintf("run-%d-%d", len(measured), n), bb.task))
				}
			}
			report(b, measured)
		})
	}
}

// BenchmarkFlowRun_noticeAlone is the same without a cluster, with runs that an
// agent takes after up to three seconds and whose length varies by three per cent:
// the first run of each of several flows, and further runs of one flow.
func BenchmarkFlowRun_noticeAlone(b *testing.B) {
	for _, bb := range []struct {
		name  string
		task  time.Duration
		runs  int
		first bool
	}{
		{"first/2s", 2 * time.Second, 9, true},
		{"first/15s", 15 * time.Second, 5, true},
		{"again/2s", 2 * time.Second, 9, false},
		{"again/15s", 15 * time.Second, 5, false},
		{"again/70s", 70 * time.Second, 3, false},
	} {
		b.Run(bb.name, func(b *testing.B) {
			alone := benchOn(b, acctest.Server(b), taskFlow("measured"))
			if alone.Server == nil {
				b.Skip("counts the requests that the embedded Server gets")
			}
			// The provider's requests are told from the others by their user agent.
			client, err := prefect.New(prefect.Config{Endpoint: alone.API, Tenant: alone.TenantID, UserAgent: "agent"})
			if err != nil {
				b.Fatal(err)
			}
			alone.Client = client
			random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable sequence
			upTo := func(limit time.Duration) time.Duration { return time.Duration(random.Int64N(int64(limit))) }
			var pickUp, task time.Duration
			alone.serve(func(run prefect.FlowRun) {
				<-time.After(pickUp)
				alone.set(run.ID, "Submitted", "Submitted for execution")
				executor.Run(b.Context(), executor.Options{Client: alone.Client, FlowRunID: run.ID})
			})
			session := acctest.Connect(b, alone.PrefectServer, nil)
			var measured []notice
			for b.Loop() {
				for n := range bb.runs + 1 {
					pickUp, task = upTo(3*time.Second), bb.task*97/100+upTo(bb.task*6/100)
					name := fmt.Sprintf("run-%d-%d", len(measured), n)
					if bb.first {
						alone.flow = alone.register(taskFlow(name))
					}
					m := alone.measure(session, name, task)
					if n > 0 || bb.first { // of a flow that has run before
						measured = append(measured, m)
					}
				}
			}
			report(b, measured)
		})
	}
}

// notice is how one run was noticed.
type notice struct {
	noticed, returned time.Duration
	requests          int // that the provider sent from the creation on
	busiest           int // of them, within a minute
}

// measure runs the flow once.
func (b *bench) measure(session *acctest.Session, name string, task time.Duration) notice {
	b.t.Helper()
	b.Server.ResetRequests()
	applied := session.Create("prefect_flow_run", map[string]any{
		"flow_id": b.flow, "name": name, "context": lasting(task), "triggers": map[string]any{"run": name},
	})
	returned := time.Now()
	if applied.At("state") != "Success" {
		b.t.Fatalf("got %s", applied)
	}
	ended, err := time.Parse(time.RFC3339Nano, fmt.Sprint(applied.At("end_time")))
	if err != nil {
		b.t.Fatal(err)
	}
	n := notice{returned: returned.Sub(ended)}
	var sent []time.Time
	for _, r := range b.Server.Requests() {
		if !strings.Contains(r.Header.Get("User-Agent"), "terraform-provider-prefect") {
			continue // the agent's, or the flow run's
		}
		sent = append(sent, r.Time)
		answered := r.Time.Add(r.Duration)
		if n.noticed == 0 && slices.Contains(r.RootFields, "flow_run") && !answered.Before(ended) {
			n.noticed = answered.Sub(ended)
		}
	}
	n.requests = len(sent)
	for i, from := range sent {
		within := 0
		for _, at := range sent[i:] {
			if at.Sub(from) < time.Minute {
				within++
			}
		}
		n.busiest = max(n.busiest, within)
	}
	if testing.Verbose() {
		for _, r := range b.Server.Requests() {
			if strings.Contains(r.Header.Get("User-Agent"), "terraform-provider-prefect") {
				b.t.Logf("%8.3f %v", r.Time.Sub(ended).Seconds(), r.RootFields)
			}
		}
	}
	return n
}

func report(b *testing.B, measured []notice) {
	b.Helper()
	median := func(of func(notice) time.Duration) float64 {
		all := make([]time.Duration, 0, len(measured))
		for _, n := range measured {
			all = append(all, of(n))
		}
		slices.Sort(all)
		return float64(all[len(all)/2].Milliseconds())
	}
	busiest := 0
	for _, n := range measured {
		busiest = max(busiest, n.busiest)
	}
	b.ReportMetric(median(func(n notice) time.Duration { return n.noticed }), "median-ms-to-notice")
	b.ReportMetric(median(func(n notice) time.Duration { return n.returned }), "median-ms-to-return")
	b.ReportMetric(float64(busiest), "requests-in-busiest-minute")
}
