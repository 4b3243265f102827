package executor

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Names of the loggers, as the real runner's.
const (
	flowLogger = "prefect.CloudFlowRunner"
	taskLogger = "prefect.CloudTaskRunner"
)

// runLog writes log lines to the output at once and to the Server in batches.
type runLog struct {
	client *prefect.Client
	run    string
	output io.Writer
	send   bool

	mu      sync.Mutex
	pending []map[string]any
}

// info logs a line about the run.
func (l *runLog) info(format string, arguments ...any) {
	l.write("INFO", flowLogger, "", fmt.Sprintf(format, arguments...))
}

// write logs a line; taskRun is the id of the task run it is about, or empty.
func (l *runLog) write(level, name, taskRun, message string) {
	now := time.Now().UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.output, "[%s] %s - %s | %s\n", now.Format("2006-01-02 15:04:05-0700"), level, name, message)
	if !l.send {
		return
	}
	line := map[string]any{
		"flow_run_id": l.run, "timestamp": now.Format(time.RFC3339Nano), "name": name, "level": level, "message": message,
		"info": map[string]any{},
	}
	if taskRun != "" {
		line["task_run_id"] = taskRun
	}
	l.pending = append(l.pending, line)
}

const writeLogs = `mutation WriteRunLogs($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }`

// flush sends what is pending. Lines that cannot be sent are dropped with a note
// in the output: logs never make a run fail.
func (l *runLog) flush(ctx context.Context) {
	l.mu.Lock()
	pending := l.pending
	l.pending = nil
	l.mu.Unlock()
	if len(pending) == 0 {
		return
	}
	input := map[string]any{"input": map[string]any{"logs": pending}}
	if err := l.client.Do(ctx, writeLogs, input, nil); err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = fmt.Fprintf(l.output, "%d log lines could not be sent: %v\n", len(pending), err)
	}
}
