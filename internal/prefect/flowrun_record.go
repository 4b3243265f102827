package prefect

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// KeyedFlowRun is a run found by the beginning of its idempotency key.
type KeyedFlowRun struct {
	ID, Name, IdempotencyKey, State string
	Created                         time.Time
	// Marked says that the run's log has a line of the logger asked about.
	Marked bool
}

const keyedFlowRuns = `query KeyedFlowRuns($tenant: uuid!, $like: String!, $logger: String!, $limit: Int!) {
  flow_run(
    where: { tenant_id: { _eq: $tenant }, idempotency_key: { _like: $like } }
    order_by: [{ created: desc }, { id: asc }]
    limit: $limit
  ) {
    id
    name
    idempotency_key
    state
    created
    logs(where: { name: { _eq: $logger } }, limit: 1) { id }
  }
}`

// FlowRunsByKeyPrefix returns the newest runs of the client's tenant whose idempotency key begins with prefix, at most
// limit, newest first, each with the answer whether logger has written to its log.
func (c *Client) FlowRunsByKeyPrefix(ctx context.Context, prefix, logger string, limit int) ([]KeyedFlowRun, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"
	var answer struct {
		FlowRun []struct {
			ID             string    `json:"id"`
			Name           *string   `json:"name"`
			IdempotencyKey string    `json:"idempotency_key"`
			State          *string   `json:"state"`
			Created        time.Time `json:"created"`
			Logs           []struct {
				ID string `json:"id"`
			} `json:"logs"`
		} `json:"flow_run"`
	}
	err = c.Do(ctx, keyedFlowRuns, map[string]any{"tenant": tenant, "like": like, "logger": logger, "limit": limit}, &answer)
	if err != nil {
		return nil, err
	}
	runs := make([]KeyedFlowRun, 0, len(answer.FlowRun))
	for _, r := range answer.FlowRun {
		run := KeyedFlowRun{ID: r.ID, IdempotencyKey: r.IdempotencyKey, Created: r.Created, Marked: len(r.Logs) > 0}
		if r.Name != nil {
			run.Name = *r.Name
		}
		if r.State != nil {
			run.State = *r.State
		}
		runs = append(runs, run)
	}
	return runs, nil
}

const writeFlowRunLog = `mutation WriteFlowRunLog($input: write_run_logs_input!) {
  write_run_logs(input: $input) { success error }
}`

// WriteFlowRunLog adds a line at level INFO to the log of a run, in the name of logger.
func (c *Client) WriteFlowRunLog(ctx context.Context, flowRunID, logger, message string) error {
	line := map[string]any{"flow_run_id": flowRunID, "name": logger, "level": "INFO", "message": message}
	var answer struct {
		WriteRunLogs struct {
			Success *bool   `json:"success"`
			Error   *string `json:"error"`
		} `json:"write_run_logs"`
	}
	err := c.Do(ctx, writeFlowRunLog, map[string]any{"input": map[string]any{"logs": []any{line}}}, &answer)
	if err != nil {
		return err
	}
	if ok := answer.WriteRunLogs.Success; ok != nil && !*ok {
		message := "the line was not stored"
		if answer.WriteRunLogs.Error != nil {
			message = *answer.WriteRunLogs.Error
		}
		return fmt.Errorf("write to the log of flow run %s: %s: %w", flowRunID, message, ErrInternal)
	}
	return nil
}
