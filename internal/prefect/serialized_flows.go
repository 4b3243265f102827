package prefect

import (
	"context"
	"encoding/json"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// tasksAtOnce limits the tasks of the flows that one request for serialised flows asks for. A task takes about a kilobyte,
// and the Server puts an answer together in memory.
const tasksAtOnce = 10_000

// GetSerializedFlows returns the serialised forms of flow versions by id, as [Client.GetSerializedFlow] does, in as few requests
// as their sizes allow. A version that does not exist is left out.
func (c *Client) GetSerializedFlows(ctx context.Context, flows []Flow) (map[string]json.RawMessage, error) {
	found := make(map[string]json.RawMessage, len(flows))
	for _, ids := range batches(flows, tasksAtOnce) {
		if err := c.readSerialized(ctx, ids, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// readSerialized adds the serialised forms of the versions with these ids to found.
func (c *Client) readSerialized(ctx context.Context, ids []string, found map[string]json.RawMessage) error {
	type row = graphql.SerializedFlowsFlow
	rows, err := listing[row, row]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]row, *graphql.Count, error) {
			out, err := graphql.SerializedFlows(ctx, wire{c}, tenant, w, limit)
			return out.GetFlow(), out.GetRemaining().Aggregate, err
		},
		id: (*row).GetId,
	}.rows(ctx, c, where{"id": oneOf(ids)})
	for _, r := range rows {
		found[r.Id] = document(r.SerializedFlow)
	}
	return err
}

// batches groups the ids of flows so that those of one batch have at most so many tasks together. A flow with more has a
// batch of its own.
func batches(flows []Flow, tasks int) [][]string {
	var all [][]string
	left := 0
	for i := range flows {
		size := flows[i].TaskCount + 1
		if left < size || len(all) == 0 {
			all, left = append(all, nil), tasks
		}
		last := len(all) - 1
		all[last], left = append(all[last], flows[i].ID), left-size
	}
	return all
}
