package prefect

import (
	"context"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// KeyedFlowRun is a run found by a prefix of its idempotency key.
type KeyedFlowRun struct {
	ID, Name, IdempotencyKey, State string
	Created                         time.Time
	// Marked is true if the run's log has a line from the given logger.
	Marked bool
}

// FlowRunsByKeyPrefix returns the newest runs of the client's tenant whose idempotency key begins with
// prefix, at most limit, newest first. Marked tells if logger has written to the run's log.
func (c *Client) FlowRunsByKeyPrefix(ctx context.Context, prefix, logger string, limit int) ([]KeyedFlowRun, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.FlowRunsByKey(ctx, wire{c}, tenant, where{"idempotency_key": beginsWith(prefix)}, logger, limit)
	if err != nil {
		return nil, err
	}
	return convert(out.FlowRun, keyedFlowRunOf), nil
}

func keyedFlowRunOf(r *graphql.FlowRunsByKeyFlowRun) KeyedFlowRun {
	return KeyedFlowRun{
		ID: r.Id, Name: value(r.Name), IdempotencyKey: value(r.IdempotencyKey), State: value(r.State),
		Created: r.Created, Marked: len(r.Logs) > 0,
	}
}

// WriteFlowRunLog adds a line at level INFO to a run's log under the name logger. It does not retry after a
// failure that leaves open if the line was written.
func (c *Client) WriteFlowRunLog(ctx context.Context, flowRunID, logger, message string) error {
	out, err := graphql.WriteLog(ctx, wire{c}, flowRunID, logger, graphql.LogLevelINFO, message)
	return c.succeeded("WriteFlowRunLog", "flow run "+flowRunID, out.GetWriteRunLogs(), err)
}
