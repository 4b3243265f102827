package scale

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

const emptyFlow = `{"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": "flow %d", "tasks": [], "edges": [], "reference_tasks": [],
	"parameters": [], "schedule": null, "run_config": {"__version__": "1.4.1", "type": "UniversalRun", "env": null, "labels": []},
	"storage": {"__version__": "1.4.1", "type": "Local", "directory": "/flows", "flows": {}, "path": null, "secrets": [], "stored_as_script": false}}`

// TestCreationsShareRequests counts what the Server is asked when many flows are created, ten at a time as Terraform does: each
// is registered by a request of its own, and all else is shared. A request waits for the others for a second at most, and the
// bubble's clock stands still while they are computed, so the counts do not depend on how busy the machine is. The network
// is that of the whole process, so it is not parallel.
func TestCreationsShareRequests(t *testing.T) {
	for _, c := range []struct{ projects, flows, most int }{{1, 200, 260}, {50, 950, 1250}} {
		t.Run(fmt.Sprintf("%d in %d", c.flows, c.projects), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { createMany(t, c.projects, c.flows, c.most) })
		})
	}
}

// createMany creates flows, which may take so many requests at most with their projects.
func createMany(t *testing.T, projectCount, flowCount, most int) {
	t.Helper()
	server, stop := serveOn(t, newPipes(t))
	session := acctest.Connect(t, server, nil)
	projects := make([]string, projectCount)
	server.Server.ResetRequests()
	tenAtATime(projectCount, func(i int) {
		made := session.Create("prefect_project", map[string]any{"name": fmt.Sprintf("project %d", i)})
		projects[i], _ = made.State["id"].(string)
		expectNone(t, made)
	})
	before := len(server.Server.Requests())
	groups := map[string]bool{}
	var mu sync.Mutex
	tenAtATime(flowCount, func(i int) {
		made := session.Create("prefect_flow", map[string]any{
			"project_id": projects[i%projectCount],
			"flow_json":  fmt.Sprintf(emptyFlow, i),
		})
		expectNone(t, made)
		if version := made.State["version"]; version != 1.0 {
			t.Errorf("flow %d has version %v", i, version)
		}
		mu.Lock()
		defer mu.Unlock()
		groups[fmt.Sprint(made.State["id"])] = true
	})
	requests := server.Server.Requests()
	operations := map[string]int{}
	for _, r := range requests {
		operations[r.Operation]++
	}
	t.Logf("%d projects: %d requests; %d flows: %d requests; %v", projectCount, before, flowCount, len(requests)-before, operations)
	if len(requests) > most {
		t.Errorf("%d requests, want at most %d", len(requests), most)
	}
	if len(groups) != flowCount {
		t.Errorf("%d version groups", len(groups))
	}
	time.Sleep(time.Minute) // by the bubble's clock: what serves shared requests ends a moment after the last
	stop()
}

// tenAtATime calls f for so many in no order.
func tenAtATime(n int, f func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	order := rand.Perm(n)
	for range 10 {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(order[i])
			}
		})
	}
	group.Wait()
}

func expectNone(t *testing.T, made acctest.Applied) {
	t.Helper()
	for _, d := range made.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
}
