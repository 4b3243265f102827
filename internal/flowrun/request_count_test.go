package flowrun_test

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// TestAccFlowRun_manyRequests counts what the Server is asked when many runs are created and refreshed, ten at a time as
// Terraform does.
func TestAccFlowRun_manyRequests(t *testing.T) {
	t.Parallel()
	const runs = 300
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("many"))
	session := acctest.Connect(t, b.PrefectServer, nil)
	made := make([]acctest.Applied, runs)
	each := func(f func(i int)) (requests int, operations map[string]int) { return b.requestsOf(runs, f) }
	requests, operations := each(func(i int) {
		made[i] = session.Create("prefect_flow_run", map[string]any{
			"flow_id": b.flow, "triggers": map[string]any{"n": strconv.Itoa(i)}, "wait_for": "none",
		})
		for _, d := range made[i].Diagnostics {
			t.Errorf("%s: %s", d.Summary, d.Detail)
		}
	})
	t.Logf("%d runs created: %d requests, %v", runs, requests, operations)
	if requests > 6*runs {
		t.Errorf("%d requests to create %d runs", requests, runs)
	}
	for _, run := range b.runs() {
		b.set(run.ID, states.Success, "finished by the test")
	}
	refresh := func(i int) {
		made[i] = session.Refresh(made[i])
		if state := made[i].State["state"]; state != states.Success {
			t.Errorf("a run is %v", state)
		}
	}
	each(refresh)                                      // sees that they have finished
	session = acctest.Connect(t, b.PrefectServer, nil) // every plan has a provider of its own
	requests, operations = each(refresh)
	t.Logf("%d finished runs refreshed: %d requests, %v", runs, requests, operations)
	if requests > 25 {
		t.Errorf("%d requests to refresh %d finished runs", requests, runs)
	}
}

// TestAccFlowRun_waitedRequests counts what the Server is asked when many short runs are waited for, ten at a time.
func TestAccFlowRun_waitedRequests(t *testing.T) {
	t.Parallel()
	const runs = 60
	b := benchOn(t, acctest.Embedded(t, prefectserver.Options{}), flowJSON("many"))
	b.serve(b.ends(states.Success, "finished by the test"))
	session := acctest.Connect(t, b.PrefectServer, nil)
	requests, operations := b.requestsOf(runs, func(i int) {
		made := session.Create("prefect_flow_run", map[string]any{"flow_id": b.flow, "triggers": map[string]any{"n": strconv.Itoa(i)}})
		if made.State["state"] != states.Success {
			t.Errorf("a run is %v: %v", made.State["state"], made.Diagnostics)
		}
	})
	t.Logf("%d runs waited for: %d requests, %v", runs, requests, operations)
	if requests > 7*runs {
		t.Errorf("%d requests to wait for %d runs: %v", requests, runs, operations)
	}
}

// requestsOf calls f with so many numbers, ten at a time, and counts what the provider asks the Server meanwhile.
func (b *bench) requestsOf(size int, f func(i int)) (requests int, operations map[string]int) {
	b.Server.ResetRequests()
	var next atomic.Int64
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < size; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
	operations = map[string]int{}
	for _, r := range b.Server.Requests() {
		if strings.HasPrefix(r.Header.Get("User-Agent"), "terraform-provider-prefect/") { // the test's own client has no version
			operations[r.Operation]++
			requests++
		}
	}
	return requests, operations
}
