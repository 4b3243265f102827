package runwait

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// say reports an event to Tell, if it is set.
func (w *Waiter) say(message string) {
	if w.reminder != nil {
		w.reminder.Say(message)
	}
}

// Log receives log messages with machine-readable fields.
type Log func(ctx context.Context, level slog.Level, message string, fields map[string]any)

func (w *Waiter) log(ctx context.Context, level slog.Level, message string, fields map[string]any) {
	if w.Log != nil {
		w.Log(ctx, level, message, fields)
	}
}

// tellState reports a change of state. A final state is reported when the wait ends: a process sends the last lines of its log
// after it has reported that state, and the state should be the last line that is read.
func (w *Waiter) tellState(run *prefect.FlowRun) {
	w.tellFinal() // a run can leave a final state: one that was cancelled may still fail
	if states.IsFinished(run.State) {
		w.final = stateText(run)
		return
	}
	w.say(stateText(run))
}

// tellFinal reports the final state of the run, once.
func (w *Waiter) tellFinal() {
	if w.final != "" {
		w.say(w.final)
		w.final = ""
	}
}

// stateText describes a state in one line.
func stateText(run *prefect.FlowRun) string {
	text := fmt.Sprintf("Flow run %q is %s", run.Name, StateName(run.State))
	if run.StateMessage != "" {
		text += ": " + trim(run.StateMessage)
	}
	return text
}

// tellCause reports what blocks the newest Job, when that changes.
func (w *Waiter) tellCause(jobs []runjobs.Job) {
	c := findCause(Newest(jobs))
	if c.found() && c.Code != w.told {
		w.say(c.Text)
	}
	w.told = c.Code
}

// tellLogs reports the new lines of the run's log, as often as the request budget allows and always at the
// end.
func (w *Waiter) tellLogs(ctx context.Context, last bool) {
	now := time.Now()
	if w.Tell == nil || w.NewLogs == nil || w.run == nil || !last && (!begun(w.run.State) || w.pace.ready(now, pollReserve).After(now)) {
		return
	}
	w.pace.take(now)
	logs, err := w.NewLogs(ctx)
	if err != nil {
		w.log(ctx, slog.LevelWarn, "The log of the run could not be read", map[string]any{"flow_run_id": w.id, "error": err.Error()})
		return
	}
	for _, l := range WithoutOwn(logs) {
		w.say(logLine(l))
	}
}

// logLine formats a line of the log.
func logLine(l prefect.Log) string {
	return fmt.Sprintf("%s %s %s | %s", l.Timestamp.UTC().Format(time.TimeOnly), l.Level, l.Name,
		strings.ReplaceAll(strings.TrimRight(l.Message, "\n"), "\n", "\n    "))
}

// OwnLogger is the logger name of the lines that this program writes to a run's log to mark the run as
// recorded. They are not part of the run's output.
const OwnLogger = "terraform"

// WithoutOwn removes the lines that this program has written.
func WithoutOwn(logs []prefect.Log) []prefect.Log {
	kept := make([]prefect.Log, 0, len(logs))
	for _, l := range logs {
		if l.Name != OwnLogger {
			kept = append(kept, l)
		}
	}
	return kept
}
