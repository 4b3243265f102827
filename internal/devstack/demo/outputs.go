package demo

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// outputs are the outputs of examples/quickstart, which hold all that the walk-through shows.
type outputs struct {
	Project struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"project"`
	Flow struct {
		VersionGroupID string `json:"version_group_id"`
		FlowID         string `json:"flow_id"`
		Version        int    `json:"version"`
	} `json:"flow"`
	FlowRun struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		State string `json:"state"`
		Agent *struct {
			Name   string   `json:"name"`
			Labels []string `json:"labels"`
		} `json:"agent"`
		States []struct {
			State   string    `json:"state"`
			Message *string   `json:"message"`
			Time    time.Time `json:"time"`
		} `json:"states"`
	} `json:"flow_run"`
	Job *struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		UID       string `json:"uid"`
		Image     string `json:"image"`
		Pods      []struct {
			Name       string `json:"name"`
			Node       string `json:"node"`
			Phase      string `json:"phase"`
			Containers []struct {
				Name     string `json:"name"`
				Image    string `json:"image"`
				ExitCode *int   `json:"exit_code"`
				Reason   string `json:"reason"`
			} `json:"containers"`
		} `json:"pods"`
	} `json:"job"`
}

// write shows a person the result of a run.
func (o *outputs) write(w io.Writer, logs []prefect.Log) {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	row := func(name, format string, values ...any) {
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", name, fmt.Sprintf(format, values...))
	}
	row("project", "%s  %s", o.Project.Name, o.Project.ID)
	row("flow", "version %d  %s", o.Flow.Version, o.Flow.FlowID)
	row("flow run", "%s  %s  %s", o.FlowRun.Name, o.FlowRun.ID, o.FlowRun.State)
	if agent := o.FlowRun.Agent; agent != nil {
		row("agent", "%s  labels %q", agent.Name, agent.Labels)
	}
	if job := o.Job; job != nil {
		row("job", "%s/%s  %s", job.Namespace, job.Name, job.UID)
		for _, pod := range job.Pods {
			row("pod", "%s  %s on %s", pod.Name, pod.Phase, pod.Node)
			for _, container := range pod.Containers {
				exit := "still running"
				if container.ExitCode != nil {
					exit = fmt.Sprintf("exit code %d (%s)", *container.ExitCode, container.Reason)
				}
				row("container", "%s  %s  %s", container.Name, container.Image, exit)
			}
		}
	}
	for _, state := range o.FlowRun.States {
		message := ""
		if state.Message != nil {
			message = *state.Message
		}
		row("state", "%s  %-10s %s", state.Time.Local().Format("15:04:05.000"), state.State, message)
	}
	for _, line := range logs {
		row("log", "%s  %-7s %s", line.Timestamp.Local().Format("15:04:05.000"), line.Level, strings.TrimSpace(line.Message))
	}
	_ = table.Flush()
}
