package prefect

import (
	"context"
	"time"
)

// Log is one line that a run, one of its tasks or its agent wrote.
type Log struct {
	ID, Name, Level, Message string
	// TaskRunID is empty for lines of the run itself.
	TaskRunID string
	Timestamp time.Time
}

// LogCursor remembers which lines of a run were already returned. The zero value means none.
type LogCursor struct {
	after time.Time
	seen  map[string]struct{}
}

// FlowRunLogs returns the lines of a run that arrived since the cursor, in the order of their timestamps, and the
// cursor for the next call. No line is returned twice or left out, even one that arrives late.
func (c *Client) FlowRunLogs(ctx context.Context, flowRunID string, since LogCursor) ([]Log, LogCursor, error) {
	return nil, since, nil
}

// LastFlowRunLogs returns the newest lines of a run, at most limit, oldest first.
func (c *Client) LastFlowRunLogs(ctx context.Context, flowRunID string, limit int) ([]Log, error) {
	return nil, nil
}
