package flowrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// say tells what happened, if anybody listens.
func (w *waiter) say(message string) {
	if w.tell != nil {
		w.tell(message)
	}
}

// stateText is a state in a line.
func stateText(run *prefect.FlowRun) string {
	text := fmt.Sprintf("Flow run %q is %s", run.Name, stateName(run.State))
	if run.StateMessage != "" {
		text += ": " + trim(run.StateMessage)
	}
	return text
}

// tellCause tells what keeps the newest Job from getting on, when that changes.
func (w *waiter) tellCause(jobs []kubernetes.JobInfo) {
	c := findCause(newest(jobs))
	if c.found() && c.Code != w.told {
		w.say(c.Text)
	}
	w.told = c.Code
}

// tellLogs tells the new lines of the run's log: as often as the budget of
// requests allows, and at the end in any case.
func (w *waiter) tellLogs(ctx context.Context, last bool) {
	now := time.Now()
	if w.tell == nil || w.newLogs == nil || w.run == nil || !last && (!begun(w.run.State) || w.pace.ready(now, pollReserve).After(now)) {
		return
	}
	w.pace.take(now)
	logs, err := w.newLogs(ctx)
	if err != nil {
		tflog.Warn(ctx, "The log of the run could not be read", map[string]any{"flow_run_id": w.id, "error": err.Error()})
		return
	}
	for _, l := range without(logs, logger) {
		w.say(logLine(l))
	}
}

// logLine is a line of the log as it is shown.
func logLine(l prefect.Log) string {
	return fmt.Sprintf("%s %s %s | %s", l.Timestamp.UTC().Format(time.TimeOnly), l.Level, l.Name,
		strings.ReplaceAll(strings.TrimRight(l.Message, "\n"), "\n", "\n    "))
}
