package prefect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// Log is one line that a run, one of its tasks or its agent wrote.
type Log struct {
	ID, Name, Level, Message string
	// TaskRunID is empty for lines of the run itself.
	TaskRunID string
	Timestamp time.Time
}

// lateLog is how long after a line's arrival an earlier one can still become visible: the Server stamps a
// line when it starts to write it, and concurrent writers finish in any order.
const lateLog = 10 * time.Second

// LogCursor records which lines of a run have been returned. The zero value means none.
type LogCursor struct {
	// newest is when the newest line arrived, by the Server's clock.
	newest time.Time
	// seen contains the ids of lines that arrived shortly before newest, with their arrival times.
	seen map[string]time.Time
}

// LogsFrom returns a cursor for the lines that arrive from a time of the Server's clock on; the zero time is that of all lines.
func LogsFrom(t time.Time) LogCursor {
	if t.IsZero() {
		return LogCursor{}
	}
	return LogCursor{newest: t.Add(lateLog)}
}

// FlowRunLogs returns the lines of a run that arrived since the cursor, in the order of their timestamps, and
// the cursor for the next call. Every line is returned exactly once, even if it arrives late.
func (c *Client) FlowRunLogs(ctx context.Context, flowRunID string, since LogCursor) ([]Log, LogCursor, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, since, err
	}
	from := time.Unix(0, 0).UTC()
	if !since.newest.IsZero() {
		from = since.newest.Add(-lateLog)
	}
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]graphql.LogFields, *graphql.Count, error) {
		out, err := graphql.Logs(ctx, wire{c}, tenant, flowRunID, from, last, pageSize)
		if err != nil || len(out.FlowRun) == 0 {
			return nil, &graphql.Count{}, err
		}
		return out.FlowRun[0].Logs, out.FlowRun[0].Remaining.Aggregate, nil
	}, (*graphql.LogFields).GetId)
	if err != nil {
		return nil, since, err
	}
	var fresh []graphql.LogFields
	next := LogCursor{newest: since.newest, seen: map[string]time.Time{}}
	for _, row := range rows {
		if _, known := since.seen[row.Id]; !known {
			fresh = append(fresh, row)
		}
		next.seen[row.Id] = row.Created
		if row.Created.After(next.newest) {
			next.newest = row.Created
		}
	}
	for id, created := range next.seen {
		if created.Before(next.newest.Add(-lateLog)) {
			delete(next.seen, id)
		}
	}
	return logsOf(fresh), next, nil
}

// LastFlowRunLogs returns the newest lines of a run, at most limit, oldest first.
func (c *Client) LastFlowRunLogs(ctx context.Context, flowRunID string, limit int) ([]Log, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	out, err := graphql.LastLogs(ctx, wire{c}, tenant, flowRunID, limit)
	if err != nil || len(out.FlowRun) == 0 {
		return nil, err
	}
	return logsOf(out.FlowRun[0].Logs), nil
}

// logsOf converts lines and sorts them by time.
func logsOf(rows []graphql.LogFields) []Log {
	logs := convert(rows, func(l *graphql.LogFields) Log {
		return Log{
			ID: l.Id, Name: value(l.Name), Level: value(l.Level), Message: value(l.Message),
			TaskRunID: value(l.TaskRunId), Timestamp: l.Timestamp,
		}
	})
	slices.SortStableFunc(logs, func(a, b Log) int {
		return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.ID, b.ID))
	})
	return logs
}
