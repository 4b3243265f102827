package flowrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// ModifyPlan reports known problems of the invocation: parameters, the Job, and agents. A missing flow is not
// an error here, because the same apply may register it.
func (a *runAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config runActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.data.Ready() || config.FlowName.IsUnknown() || config.ProjectName.IsUnknown() {
		return
	}
	m := config.resource()
	if !m.inputsKnown(ctx) || !framework.FullyKnown(config.EnvWO) {
		return
	}
	in, diags := config.inputs(ctx, m)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := inTenant(a.data, config.TenantID)
	if resp.Diagnostics.Append(data.checkTenant(ctx)...); resp.Diagnostics.HasError() {
		return
	}
	if err := config.findByName(ctx, data.Prefect, &in); err != nil {
		resp.Diagnostics.Append(unchecked(err)...)
		tflog.Debug(ctx, "The flow does not exist yet; the invocation looks for it again", map[string]any{"error": err.Error()})
		return
	}
	flow, err := findFlowToRun(ctx, data.Prefect, in)
	if err != nil {
		tflog.Debug(ctx, "The flow does not exist yet; the invocation checks the run", map[string]any{"error": err.Error()})
		if errors.Is(err, prefect.ErrNotFound) {
			resp.Diagnostics.Append(provablyMisdirected(ctx, data, in)...)
		}
		resp.Diagnostics.Append(unchecked(err)...)
		return
	}
	resp.Diagnostics.Append(runDoubts(ctx, m, flow)...)
	resp.Diagnostics.Append(checkParameters(flow, in)...)
	if a.data.HasCluster() && !resp.Diagnostics.HasError() {
		deadlines, _, _ := m.limits(ctx)
		resp.Diagnostics.Append(tryJob(ctx, data, flow, in, deadlines.Total, created)...)
	}
	resp.Diagnostics.Append(checkAgents(ctx, data.Prefect, flowTitle(flow), effectiveLabels(flow, in), in.labelsAt())...)
}

// unchecked warns that the flow, or the run to restart, could not be read. That it does not exist is another matter: the same apply may register it.
func unchecked(err error) diag.Diagnostics {
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("The flow run could not be checked",
		framework.Sentence(err.Error())+"\n\nIt is checked again before it starts.")}
}

// checkAgents warns, at an argument, if no live agent would take a run with these labels.
func checkAgents(ctx context.Context, client *prefect.Client, flow string, labels []string, at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	agents, err := client.ListAgents(ctx)
	if err != nil {
		tflog.Warn(ctx, "Agents could not be listed", map[string]any{"error": err.Error()})
		return diags
	}
	finding := runwait.FindAgents(agents, labels, client.ServerTime())
	if !finding.Suitable {
		diags.AddAttributeWarning(at, "No agent would take a run of "+flow+" now",
			finding.Text+"\n\nStart an agent with these labels, or give the run the labels of an agent that is alive. If agents start on demand, raise `timeouts.agent`.")
	}
	return diags
}

// effectiveLabels returns the labels that the run will have.
func effectiveLabels(flow *prefect.Flow, in inputs) []string {
	switch {
	case in.Labels != nil:
		return in.Labels
	case in.RunConfig == nil && flow.Group.Labels != nil:
		return flow.Group.Labels
	}
	list, _ := effectiveRunConfig(flow, in)["labels"].([]any)
	labels := make([]string, 0, len(list))
	for _, label := range list {
		if text, ok := label.(string); ok {
			labels = append(labels, text)
		}
	}
	return labels
}

// labelsAt is the argument that the labels of the run come from.
func (in inputs) labelsAt() path.Path {
	switch {
	case in.Labels != nil:
		return path.Root("labels")
	case in.RunConfig != nil:
		return runconfig.Path().AtName("labels")
	}
	return in.at() // they are the flow's
}

// findByName sets the version group of a flow selected by name.
func (m runActionModel) findByName(ctx context.Context, client *prefect.Client, in *inputs) error {
	if m.FlowName.IsNull() {
		return nil
	}
	project, err := client.FindProject(ctx, m.ProjectName.ValueString())
	if err != nil {
		return &notByNameError{"project_name", m.ProjectName, err}
	}
	flow, err := client.FindFlow(ctx, project.ID, m.FlowName.ValueString())
	if err != nil {
		return &notByNameError{"flow_name", m.FlowName, err}
	}
	in.VersionGroupID, in.FlowName, in.ProjectName = flow.VersionGroupID, m.FlowName.ValueString(), m.ProjectName.ValueString()
	return nil
}

// notByNameError reports which name was not found.
type notByNameError struct {
	attribute string
	value     types.String
	err       error
}

func (e *notByNameError) Error() string { return fmt.Sprintf("%s %s: %s", e.attribute, e.value, e.err) }
func (e *notByNameError) Unwrap() error { return e.err }

// notFoundByName explains that there is no such project or flow.
func notFoundByName(err error) diag.Diagnostics {
	failure := framework.Failure{
		Summary: "Could not find the flow to run",
		Remedies: map[error]string{
			prefect.ErrNotFound: "Check the spelling and case, and the provider's `endpoint` and `tenant`. Set `tenant_id` for a flow of another tenant. Archived flows cannot run.",
		},
	}
	var missing *notByNameError
	if errors.As(err, &missing) {
		failure.Attribute = path.Root(missing.attribute)
		failure.Summary = fmt.Sprintf("Could not find the flow to run by %s %s", missing.attribute, missing.value)
	}
	return failure.Diagnose(err)
}
