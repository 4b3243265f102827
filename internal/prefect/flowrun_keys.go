package prefect

import (
	"context"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// KeyedFlowRun is a run found by the beginning of its idempotency key.
type KeyedFlowRun struct {
	ID, Name, IdempotencyKey, State string
	Created                         time.Time
	// Marked says that the run's log has a line of the logger asked about.
	Marked bool
}

// FlowRunsByKeyPrefix returns the newest runs of the client's tenant whose idempotency key begins with prefix, at most
// limit, newest first, each with the answer whether logger has written to its log.
func (c *Client) FlowRunsByKeyPrefix(ctx context.Context, prefix, logger string, limit int) ([]KeyedFlowRun, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"
	out, err := graphql.FlowRunsByKey(ctx, wire{c}, tenant, like, logger, limit)
	if err != nil {
		return nil, err
	}
	return convert(out.FlowRun, func(r *graphql.FlowRunsByKeyFlowRun) KeyedFlowRun {
		return KeyedFlowRun{
			ID: r.Id, Name: value(r.Name), IdempotencyKey: value(r.IdempotencyKey), State: value(r.State),
			Created: r.Created, Marked: len(r.Logs) > 0,
		}
	}), nil
}

// WriteFlowRunLog adds a line at level INFO to the log of a run, in the name of logger. The line is not written again
// after a failure that leaves it open whether it was.
func (c *Client) WriteFlowRunLog(ctx context.Context, flowRunID, logger, message string) error {
	out, err := graphql.WriteLog(ctx, wire{c}, flowRunID, logger, graphql.LogLevelINFO, message)
	return c.succeeded("WriteFlowRunLog", "flow run "+flowRunID, out.GetWriteRunLogs(), err)
}
