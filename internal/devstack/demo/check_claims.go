package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// exampleContainer is the container that the example's Job template declares.
const exampleContainer = "mylinuxcontainer"

// prove checks what an apply claims: the plan after it is empty, and both the Server and the API server say the same.
func (w *walk) prove(ctx context.Context, out *outputs) error {
	w.step("is it true?")
	if err := w.proveEmptyPlan(ctx); err != nil {
		return err
	}
	if err := w.proveServer(ctx, out); err != nil {
		return err
	}
	return w.proveJob(ctx, out)
}

func (w *walk) proveEmptyPlan(ctx context.Context, vars ...string) error {
	empty, err := w.terraform.planIsEmpty(ctx, vars...)
	if err != nil {
		return err
	}
	if !empty {
		return errors.New("the second plan is not empty")
	}
	w.holds("a second plan is empty")
	return nil
}

// proveServer compares the outputs with the Server's records.
func (w *walk) proveServer(ctx context.Context, out *outputs) error {
	project, err := w.server.GetProject(ctx, out.Project.ID)
	if err != nil {
		return fmt.Errorf("read the project back: %w", err)
	}
	flow, err := w.server.GetFlow(ctx, out.Flow.FlowID)
	if err != nil {
		return fmt.Errorf("read the flow back: %w", err)
	}
	run, err := w.server.GetFlowRun(ctx, out.FlowRun.ID)
	if err != nil {
		return fmt.Errorf("read the run back: %w", err)
	}
	switch {
	case project.Name != out.Project.Name:
		return fmt.Errorf("the Server's project is named %q, the state's %q", project.Name, out.Project.Name)
	case flow.Version != out.Flow.Version || flow.Archived:
		return fmt.Errorf("the Server has version %d (archived: %t), the state version %d", flow.Version, flow.Archived, out.Flow.Version)
	case run.State != out.FlowRun.State || run.State != "Success":
		return fmt.Errorf("the Server's run is %s, the state's %s, and Success was expected", run.State, out.FlowRun.State)
	case run.FlowID != flow.ID || flow.ProjectID != project.ID:
		return errors.New("the run, the flow and the project on the Server do not belong together")
	}
	w.holds("the Server has the same project, flow version %d and run, which ended %s", flow.Version, run.State)
	return nil
}

// proveJob compares the outputs with the Job in the cluster's API server.
func (w *walk) proveJob(ctx context.Context, out *outputs) error {
	if out.Job == nil {
		return errors.New("the state knows no Job of the run")
	}
	jobs, err := runjobs.List(ctx, w.cluster, w.Namespace, out.FlowRun.ID)
	if err != nil {
		return fmt.Errorf("read the Job back: %w", err)
	}
	if len(jobs) != 1 {
		return fmt.Errorf("the API server has %d Jobs of the run, 1 was expected", len(jobs))
	}
	job := jobs[0]
	if job.Name != out.Job.Name || job.UID != out.Job.UID {
		return fmt.Errorf("the API server's Job is %s (%s), the state's %s (%s)", job.Name, job.UID, out.Job.Name, out.Job.UID)
	}
	if len(job.Pods) == 0 || len(job.Pods[0].Containers) == 0 {
		return errors.New("the API server has no pod of the Job")
	}
	container := job.Pods[0].Containers[0]
	if container.Name != exampleContainer || container.ExitCode == nil || *container.ExitCode != 0 {
		return fmt.Errorf("the container %s did not end with exit code 0 (%s %s)", container.Name, container.State, container.Reason)
	}
	w.holds("the API server has the same Job %s; its container %s ended with exit code 0", job.Name, container.Name)
	return nil
}

// proveEdit changes the flow and checks that it became version 2, archived version 1, and ran.
func (w *walk) proveEdit(ctx context.Context, first *outputs) error {
	path, err := w.editedFlow()
	if err != nil {
		return err
	}
	second, err := w.applyAndShow(ctx, "edit the flow, apply again", "flow_file="+path)
	if err != nil {
		return err
	}
	w.step("is it true?")
	if err := w.proveEmptyPlan(ctx, "flow_file="+path); err != nil {
		return err
	}
	versions, err := w.server.FlowsByVersionGroup(ctx, first.Flow.VersionGroupID)
	if err != nil {
		return fmt.Errorf("read the flow's versions: %w", err)
	}
	if len(versions) != 2 || versions[0].Version != 2 || versions[0].Archived || !versions[1].Archived {
		return fmt.Errorf("the Server should hold version 2, live, and version 1, archived; it holds %s", describe(versions))
	}
	w.holds("version 2 is registered, version 1 archived")
	if err := w.proveServer(ctx, second); err != nil {
		return err
	}
	return w.proveJob(ctx, second)
}

func describe(versions []prefect.Flow) string {
	var text bytes.Buffer
	for i, flow := range versions {
		if i > 0 {
			_, _ = text.WriteString(", ")
		}
		_, _ = fmt.Fprintf(&text, "version %d (archived: %t)", flow.Version, flow.Archived)
	}
	return text.String()
}

// proveDestroy destroys everything and checks that nothing is left: no project, no run under way, no Job.
func (w *walk) proveDestroy(ctx context.Context, out *outputs) error {
	w.step("terraform destroy")
	if err := w.terraform.destroy(ctx); err != nil {
		return err
	}
	w.step("is it gone?")
	if _, err := w.server.FindProject(ctx, out.Project.Name); !errors.Is(err, prefect.ErrNotFound) {
		return fmt.Errorf("the project is still there (or cannot be looked for: %w)", err)
	}
	runs, err := w.server.ListFlowRuns(ctx, prefect.FlowRunFilter{})
	if err != nil {
		return fmt.Errorf("list the runs: %w", err)
	}
	for _, run := range runs {
		if !states.IsFinished(run.State) {
			return fmt.Errorf("the run %s is still %s", run.Name, run.State)
		}
	}
	jobs, err := runjobs.List(ctx, w.cluster, w.Namespace, out.FlowRun.ID)
	if err != nil {
		return fmt.Errorf("list the Jobs: %w", err)
	}
	if len(jobs) != 0 {
		return fmt.Errorf("the Job %s is still there", jobs[0].Name)
	}
	w.holds("no project, no run under way, no Job")
	return nil
}

// indent sets the output of other programs apart from the walk-through's own lines.
func indent(out io.Writer) io.Writer { return &indenter{out: out, atStart: true} }

type indenter struct {
	out     io.Writer
	atStart bool
}

func (i *indenter) Write(p []byte) (int, error) {
	var text []byte
	for _, b := range p {
		if i.atStart && b != '\n' {
			text = append(text, "    | "...)
		}
		i.atStart = b == '\n'
		text = append(text, b)
	}
	if _, err := i.out.Write(text); err != nil {
		return 0, fmt.Errorf("write output: %w", err)
	}
	return len(p), nil
}
