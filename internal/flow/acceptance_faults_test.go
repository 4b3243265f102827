package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
)

// nothingLeft checks that the tenant has no flow and no flow group.
func (b *bench) nothingLeft() error {
	const query = `query($tenant: uuid!) { flow(where: {tenant_id: {_eq: $tenant}}) { id } flow_group(where: {tenant_id: {_eq: $tenant}}) { id } }`
	var found struct {
		Flow      []struct{ ID string } `json:"flow"`
		FlowGroup []struct{ ID string } `json:"flow_group"`
	}
	if err := b.Client.Do(context.Background(), query, map[string]any{"tenant": b.TenantID}, &found); err != nil {
		return fmt.Errorf("look for flows: %w", err)
	}
	if len(found.Flow)+len(found.FlowGroup) != 0 {
		return fmt.Errorf("%d flows and %d flow groups are left", len(found.Flow), len(found.FlowGroup))
	}
	return nil
}

// Whatever happens to the request or its answer, there is one version.
func TestAccFlowFaults(t *testing.T) {
	t.Parallel()
	const register = "create_flow_from_compressed_string"
	for name, fault := range map[string]prefectserver.Fault{
		"answer lost":  {Field: register, Drop: prefectserver.DropAfter, Times: 1},
		"request lost": {Field: register, Drop: prefectserver.DropBefore, Times: 1},
		"API error":    {Field: register, Message: "Unable to complete operation. An internal API error occurred.", Code: "API_ERROR", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			b := benchOn(t, server)
			remove := server.Server.Faults().Add(fault)
			config := b.config(flow.TestFlow(t, "etl", nil))
			run(t,
				resource.TestStep{Config: config, Check: b.versions("etl", 1), ConfigStateChecks: []statecheck.StateCheck{version(1)}},
			)
			if remove() == 0 {
				t.Error("the fault did not happen")
			}
		})
	}
}

// A flow that is larger than a request goes up in parts. If one of them fails,
// nothing is left.
func TestAccFlowInParts(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{BodyLimit: 30_000})
	b := benchOn(t, server)
	const tasks = 2000
	config := b.config(flow.TestFlow(t, "etl", func(f map[string]any) {
		all, edges := make([]any, 0, tasks), make([]any, 0, tasks)
		for i := range tasks {
			slug := fmt.Sprintf("task-%d", i)
			all = append(all, map[string]any{"slug": slug, "name": acctest.Name("task"), "type": "prefect.tasks.core.function.FunctionTask", "tags": []any{}})
			if i > 0 {
				edges = append(edges, map[string]any{
					"upstream_task": map[string]any{"slug": fmt.Sprintf("task-%d", i-1)}, "downstream_task": map[string]any{"slug": slug}, "key": nil, "mapped": false,
				})
			}
		}
		f["tasks"], f["edges"] = all, edges
	}))
	remove := server.Server.Faults().Add(prefectserver.Fault{Field: "register_edges", Skip: 1, Message: "Something broke."})
	run(t,
		resource.TestStep{Config: config, ExpectError: acctest.Recorded("edges refused")},
		resource.TestStep{
			PreConfig: func() {
				if remove() == 0 {
					t.Error("the fault did not happen")
				}
				if err := b.nothingLeft(); err != nil {
					t.Error(err)
				}
			},
			Config: config, ConfigStateChecks: []statecheck.StateCheck{version(1)},
			Check: func(*terraform.State) error {
				f, err := b.Client.FindFlow(context.Background(), b.projectID, "etl")
				if err != nil || f.TaskCount != tasks || f.EdgeCount != tasks-1 {
					return fmt.Errorf("the Server has %+v: %w", f, err)
				}
				return nil
			},
		},
	)
	if server.Server.CountRequests("register_tasks") < 2 {
		t.Error("the flow did not go up in parts")
	}
}
