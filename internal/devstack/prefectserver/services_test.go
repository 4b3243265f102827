package prefectserver_test

import (
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// TestServicesOnDemand runs each background service once, as a test of the
// provider would.
func TestServicesOnDemand(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 9, 23, 12, 0, 0, 0, time.UTC)
	server, err := prefectserver.New(prefectserver.Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	tenant := created(t, server, "create_tenant", map[string]any{"name": "t", "slug": "t"})
	project := created(t, server, "create_project", map[string]any{"name": "p", "tenant_id": tenant})
	document := chain("scheduled", 2)
	document["schedule"] = map[string]any{
		"type": "Schedule", "filters": []any{}, "or_filters": []any{}, "not_filters": []any{}, "adjustments": []any{},
		"clocks": []any{map[string]any{"type": "CronClock", "cron": "0 * * * *", "start_date": nil, "end_date": nil}},
	}
	flow := created(t, server, "create_flow", map[string]any{"project_id": project, "serialized_flow": document})
	runs := func() []any {
		list, _ := call(t, server, `{ flow_run(order_by: {scheduled_start_time: asc}) { id state } }`, nil)["flow_run"].([]any)
		return list
	}
	planned := len(runs())
	now = now.Add(3 * time.Hour)
	if err := server.RunScheduler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(runs()); n <= planned {
		t.Errorf("the scheduler made no runs: %d before, %d after", planned, n)
	}
	lost := created(t, server, "create_flow_run", map[string]any{"flow_id": flow})
	err = server.Store().Update(func(tx *store.Tx) error {
		for _, run := range tx.By("task_run", "flow_run_id", lost) {
			id, _ := run["id"].(string)
			if _, err := tx.Update("task_run", id, store.Row{"state": "Running", "heartbeat": now}); err != nil {
				return err
			}
		}
		_, err := tx.Update("flow_run", lost, store.Row{"state": "Running", "heartbeat": now})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := server.RunZombieKiller(t.Context()); err != nil {
		t.Fatal(err)
	}
	tasks, _ := call(t, server, `{ task_run(where: {flow_run_id: {_eq: "`+lost+`"}}) { state } }`, nil)["task_run"].([]any)
	for _, task := range tasks {
		if fields, _ := task.(map[string]any); fields["state"] != "Failed" {
			t.Errorf("zombie task run: %v", fields["state"])
		}
	}
	if err := server.RunLazarus(t.Context()); err != nil {
		t.Fatal(err)
	}
	state, _ := call(t, server, `{ flow_run_by_pk(id: "`+lost+`") { state } }`, nil)["flow_run_by_pk"].(map[string]any)
	if state["state"] != "Scheduled" {
		t.Errorf("lost run: %v", state["state"])
	}
}
