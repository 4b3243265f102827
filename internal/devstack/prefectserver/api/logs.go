package api

import (
	"cmp"
	"context"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) logMutations() map[string]Operation {
	return map[string]Operation{"write_run_logs": a.writeRunLogs}
}

// Log is a log entry of a flow run.
type Log struct {
	TenantID  string // "" in entries that clients write
	FlowRunID string
	TaskRunID string    // "" for the flow run itself
	Timestamp time.Time // zero: now
	Name      string
	Message   string
	Level     string // "" is INFO
}

// WriteLogs stores log entries.
func (a *API) WriteLogs(tx *store.Tx, logs ...Log) error {
	rows := make([]store.Row, len(logs))
	for i, log := range logs {
		rows[i] = store.Row{
			"tenant_id": orNull(log.TenantID), "flow_run_id": log.FlowRunID, "task_run_id": orNull(log.TaskRunID),
			"timestamp": cmp.Or(log.Timestamp, a.now()), "name": orNull(log.Name), "message": log.Message,
			"level": cmp.Or(log.Level, "INFO"), "info": nil,
		}
	}
	return insertLogs(tx, rows)
}

func orNull(value string) any {
	if value == "" {
		return nil
	}
	return value
}

// writeRunLogs stores all entries or none, except that entries whose info cannot be an object
// are dropped. The rows carry no tenant.
func (a *API) writeRunLogs(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	var rows []store.Row
	now := a.now()
	for _, item := range list(input["logs"]) {
		log := object(item)
		info, err := modelled("log", store.Row{"info": log["info"]})
		if err != nil {
			continue
		}
		timestamp, given := log["timestamp"].(time.Time)
		if !given {
			timestamp = now
		}
		rows = append(rows, store.Row{
			"tenant_id": nil, "flow_run_id": nullable(log, "flow_run_id"), "task_run_id": nullable(log, "task_run_id"),
			"timestamp": timestamp, "message": nullable(log, "message"), "name": nullable(log, "name"),
			"level": cmp.Or(text(log, "level"), "INFO"), "info": info["info"],
		})
	}
	return success(true, insertLogs(tx, rows))
}

func insertLogs(tx *store.Tx, rows []store.Row) error {
	for _, row := range rows {
		if !exists(tx, "flow_run", row["flow_run_id"]) || !exists(tx, "task_run", row["task_run_id"]) {
			return fail("Foreign key violation.")
		}
	}
	for _, row := range rows {
		if _, err := insert(tx, "log", row); err != nil {
			return err
		}
	}
	return nil
}

// exists reports whether a reference holds; a null one does.
func exists(tx *store.Tx, table string, id any) bool {
	if id == nil {
		return true
	}
	key, _ := id.(string)
	_, found := tx.Get(table, key)
	return found
}
