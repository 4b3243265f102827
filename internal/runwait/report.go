package runwait

import (
	"errors"
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Report formats everything that is known about the end of a wait.
type Report struct {
	Outcome
	Goal Goal
	// Logs is the end of the run's log, oldest line first.
	Logs []prefect.Log
	// Unseen describes what could not be read from the cluster, or "".
	Unseen string
	// Elsewhere explains that the run's Job is not where the provider looks, or "".
	Elsewhere string
	// Invoked is set for an action, which no later apply continues.
	Invoked bool
	// Cancelled is set if the run was cancelled because of on_timeout.
	Cancelled bool
	// Accepted is set if on_failure accepts the end of the run.
	Accepted bool
}

// Maximum numbers of lines and events in a diagnostic.
const (
	explainLogs   = 20
	explainEvents = 8
)

// Summary is the headline.
func (r Report) Summary() string {
	name := r.subject()
	switch {
	case r.Interrupted:
		return name + ": waiting was interrupted"
	case errors.Is(r.Err, prefect.ErrNotFound):
		return name + " was deleted during the wait"
	case r.Err != nil:
		return name + " could not be followed to its end"
	case r.Verdict == Late && r.Limit == LimitAgent:
		return name + " waits for an agent, and none will take it"
	case r.Verdict == Late && r.Limit == LimitPickUp:
		return fmt.Sprintf("%s was not taken by an agent within %s", name, r.After)
	case r.Verdict == Late && r.Limit == LimitPodStart:
		return fmt.Sprintf("%s did not start within %s", name, r.After)
	case r.Verdict == Late && r.Limit == LimitLostJob && r.Cause.Hopeless && !Over(Newest(r.Jobs)):
		return name + " has a Job that cannot start"
	case r.Verdict == Late && r.Limit == LimitLostJob && Newest(r.Jobs) != nil && !Newest(r.Jobs).Deleted:
		return fmt.Sprintf("%s is still %s, but its Job has ended", name, StateName(r.Run.State))
	case r.Verdict == Late && r.Limit == LimitLostJob:
		return fmt.Sprintf("%s is still %s, but its Job is gone", name, StateName(r.Run.State))
	case r.Verdict == Late:
		return fmt.Sprintf("%s %s within %s", name, map[string]string{
			WaitSubmitted: "was not submitted", WaitRunning: "did not start running", WaitFinished: "did not finish",
		}[r.Goal.WaitFor], r.After)
	default:
		return fmt.Sprintf("%s ended in the state %s", name, r.Run.State)
	}
}

func (r Report) subject() string {
	if r.Run == nil {
		return "Flow run"
	}
	return fmt.Sprintf("Flow run %q", r.Run.Name)
}

// Detail explains what happened, the known cause, and what to do.
func (r Report) Detail() string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(r.state())
	add(r.why())
	add(r.cluster())
	add(r.events())
	add(r.tail())
	add(r.containerTail())
	if r.Unseen != "" && (r.Verdict == Failed || r.Verdict == Late) {
		add("Some information could not be read from the cluster: " + r.Unseen)
	}
	if r.Verdict != Succeeded {
		add(r.Elsewhere)
	}
	add(r.remedy())
	return strings.Join(parts, "\n\n")
}

// state names the run and its state.
func (r Report) state() string {
	if r.Run == nil {
		return ""
	}
	flow := r.Run.Flow.Name
	if r.Run.Flow.Version > 0 {
		flow = fmt.Sprintf("%s, version %d", flow, r.Run.Flow.Version)
	}
	text := fmt.Sprintf("Flow run %s (id %s) of flow %s is %s", r.Run.Name, r.Run.ID, flow, StateName(r.Run.State))
	if r.Run.StateMessage != "" {
		text += ": " + r.Run.StateMessage
	}
	text = strings.TrimRight(text, ".") + "."
	if n := r.Run.TimesResurrected; n > 0 {
		text += fmt.Sprintf(" Prefect's Lazarus has restarted it %d time(s).", n)
	}
	return text
}

// why returns the cause that was found.
func (r Report) why() string {
	switch {
	case r.Err != nil && !errors.Is(r.Err, prefect.ErrNotFound):
		return r.Err.Error()
	case r.Verdict == Late && (r.Limit == LimitAgent || r.Limit == LimitPickUp) && r.Agents != nil:
		return r.Agents.Text
	case r.Cause.found():
		return r.Cause.Text
	case r.Verdict == Late && r.Limit == LimitLostJob:
		return "Its Job has ended, but its process did not report a final state to the Server."
	default:
		return ""
	}
}

// cluster describes the newest Job, its pods and containers.
func (r Report) cluster() string {
	j := Newest(r.Jobs)
	if j == nil || r.Interrupted {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Job %s/%s: %s", j.Namespace, j.Name, jobStatus(j))
	if n := len(r.Jobs); n > 1 {
		fmt.Fprintf(&b, " (the newest of %d Jobs of this run)", n)
	}
	for _, p := range j.Pods {
		fmt.Fprintf(&b, "\n  pod %s", p.Name)
		if p.Node != "" {
			fmt.Fprintf(&b, " on node %s", p.Node)
		}
		fmt.Fprintf(&b, ": %s%s", p.Phase, reasonSuffix(p.Reason, p.Message))
		for _, c := range append(append([]runjobs.Container{}, p.InitContainers...), p.Containers...) {
			fmt.Fprintf(&b, "\n    container %s (%s): %s", c.Name, c.Image, containerStatus(c))
		}
	}
	return b.String()
}

func jobStatus(j *runjobs.Job) string {
	status := j.Status()
	switch {
	case j.Failed:
		status += reasonSuffix(j.Reason, j.Message)
	case j.Completed:
	case j.Deleted:
		return "deleted before it had ended"
	}
	if j.Deleted {
		status += ", deleted since"
	}
	return status
}

func containerStatus(c runjobs.Container) string {
	status := c.State
	if status == "" {
		status = "not reported yet"
	}
	if c.State == runjobs.StateTerminated && c.ExitCode != nil {
		status = fmt.Sprintf("ended with exit code %d", *c.ExitCode)
	}
	status += reasonSuffix(c.Reason, c.Message)
	if c.RestartCount > 0 {
		status += fmt.Sprintf(", restarted %d time(s)", c.RestartCount)
		if c.LastExitCode != nil {
			status += fmt.Sprintf(" (last exit code %d%s)", *c.LastExitCode, reasonSuffix(c.LastReason, c.LastMessage))
		}
	}
	return status
}

// events lists the last warning events, or all if there is none.
func (r Report) events() string {
	j := Newest(r.Jobs)
	if j == nil || r.Interrupted {
		return ""
	}
	all := append([]runjobs.Event{}, j.Events...)
	for _, p := range j.Pods {
		all = append(all, p.Events...)
	}
	var warnings []runjobs.Event
	for _, e := range all {
		if e.Type == "Warning" {
			warnings = append(warnings, e)
		}
	}
	if len(warnings) > 0 {
		all = warnings
	} else if r.Verdict == Failed {
		return "" // only routine events
	}
	if len(all) == 0 {
		return ""
	}
	if len(all) > explainEvents {
		all = all[len(all)-explainEvents:]
	}
	lines := []string{"Events:"}
	for _, e := range all {
		line := fmt.Sprintf("  %s %s: %s", e.Object, e.Reason, strings.TrimSpace(e.Message))
		if e.Count > 1 {
			line += fmt.Sprintf(" (%d times)", e.Count)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// tail returns the end of the run's log.
func (r Report) tail() string {
	if len(r.Logs) == 0 {
		return ""
	}
	lines := []string{"Last log lines:"}
	for _, l := range r.Logs {
		lines = append(lines, "  "+logLine(l))
	}
	return strings.Join(lines, "\n")
}

// containerTail returns the end of the failed container's log.
func (r Report) containerTail() string {
	if len(r.Output.Lines) == 0 {
		return ""
	}
	return "Last lines of container " + r.Output.Container + ":\n  " + strings.Join(r.Output.Lines, "\n  ")
}

// remedy advises on the cause and says what the next apply does.
func (r Report) remedy() string {
	carriesOn := "The run is kept. The next apply continues waiting for it and does not start another."
	if r.Invoked {
		carriesOn = "The run is not cancelled. The action `prefect_flow_run_cancel` cancels it."
	}
	switch {
	case r.Interrupted:
		return carriesOn
	case errors.Is(r.Err, prefect.ErrNotFound):
		text := "Somebody deleted the run, or its flow, project or tenant."
		if !r.Invoked {
			text += " The next apply starts another run."
		}
		return text
	case r.Err != nil:
		return carriesOn
	}
	var advice []string
	if r.Cause.found() {
		advice = append(advice, r.Cause.Remedy)
	}
	if r.Verdict == Failed {
		return strings.Join(append(advice, r.afterFailure()...), "\n\n")
	}
	switch r.Limit {
	case LimitAgent:
		advice = append(advice, "Start an agent with these labels, or correct the labels of the run or of the flow. "+
			"If agents start only on demand, raise `timeouts.agent`.")
	case LimitPickUp:
		advice = append(advice, "Check the agent's log, or raise `timeouts.pick_up`.")
	case LimitPodStart:
		if !r.Cause.found() {
			advice = append(advice, "Check the Job and its pod in the cluster, or raise `timeouts.pod_start`.")
		}
	case LimitLostJob:
		if j := Newest(r.Jobs); j == nil || Over(j) {
			advice = append(advice, "Prefect's Lazarus may restart the run after about ten minutes; raise `timeouts.lost_job` to wait for that.")
		}
	case LimitTotal:
		advice = append(advice, "Raise `timeouts.total` if the flow needs longer.")
	}
	if r.Cancelled {
		text := "The run was cancelled because of `on_timeout`."
		if !r.Invoked {
			text += " To run the flow again, change a value in `triggers` or an input."
		}
		return strings.Join(append(advice, text), "\n\n")
	}
	return strings.Join(append(advice, carriesOn), "\n\n")
}

// afterFailure explains what happens to a finished run, and how to accept it unless it is accepted.
func (r Report) afterFailure() []string {
	const again = "A finished run is not repeated. To run the flow again, change a value in `triggers` or an input."
	const accept = "To accept the result, set `on_failure = \"warn\"` or add the state to `success_states`."
	switch {
	case r.Invoked && r.Accepted:
		return nil
	case r.Invoked:
		return []string{fmt.Sprintf("Once the cause is fixed, the action `prefect_flow_run_restart` with the id %s reruns what failed. %s", r.Run.ID, accept)}
	case r.Accepted:
		return []string{again}
	}
	return []string{again + " " + accept + " Until then, every apply reports this error."}
}
