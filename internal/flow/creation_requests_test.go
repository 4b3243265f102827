package flow_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

const emptyFlow = `{"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": "flow %d", "tasks": [], "edges": [], "reference_tasks": [],
	"parameters": [], "schedule": null, "run_config": {"__version__": "1.4.1", "type": "UniversalRun", "env": null, "labels": []},
	"storage": {"__version__": "1.4.1", "type": "Local", "directory": "/flows", "flows": {}, "path": null, "secrets": [], "stored_as_script": false}}`

// TestAccFlow_creationRequests counts what the Server is asked when many flows are created, ten at a time as Terraform
// does: each is registered by a request of its own, and all else is shared.
func TestAccFlow_creationRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ projects, flows, most int }{{1, 200, 260}, {50, 950, 1250}} {
		t.Run(fmt.Sprintf("%d in %d", c.flows, c.projects), func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			session := acctest.Connect(t, server, nil)
			projects := make([]string, c.projects)
			server.Server.ResetRequests()
			began := time.Now()
			tenAtATime(c.projects, func(i int) {
				made := session.Create("prefect_project", map[string]any{"name": fmt.Sprintf("project %d", i)})
				projects[i], _ = made.State["id"].(string)
				expectNone(t, made)
			})
			before := len(server.Server.Requests())
			groups := make([]string, c.flows)
			tenAtATime(c.flows, func(i int) {
				made := session.Create("prefect_flow", map[string]any{
					"project_id": projects[i%c.projects],
					"flow_json":  fmt.Sprintf(emptyFlow, i),
				})
				groups[i], _ = made.State["id"].(string)
				expectNone(t, made)
				if version := made.State["version"]; version != 1.0 {
					t.Errorf("flow %d has version %v", i, version)
				}
			})
			requests := server.Server.Requests()
			operations := map[string]int{}
			for _, r := range requests {
				operations[r.Operation]++
			}
			t.Logf("%d projects: %d requests; %d flows: %d requests; %v", c.projects, before, c.flows, len(requests)-before, operations)
			// A request waits for the others for a second at most, so on a machine that is busy otherwise there may be another of each
			// of the three kinds every second.
			if most := c.most + 3*int(time.Since(began).Seconds()); len(requests) > most {
				t.Errorf("%d requests, want at most %d", len(requests), most)
			}
			different := map[string]bool{}
			for _, group := range groups {
				different[group] = true
			}
			if len(different) != c.flows {
				t.Errorf("%d version groups", len(different))
			}
		})
	}
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
