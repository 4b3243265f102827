package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// ValidateConfig checks everything that needs neither a Server nor values of other resources.
func (r *flowResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if r.data != nil { // a plan follows, which reads a file and knows whether it has changed
		var file types.String
		var runConfig types.Object
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(fromFile), &file)...)
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("run_config"), &runConfig)...)
		if !file.IsNull() && !resp.Diagnostics.HasError() {
			resp.Diagnostics.Append(runconfig.Validate(ctx, runConfig)...)
			return
		}
	}
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if framework.Mocked(ctx, config.FlowJSON.ValueString()) {
		return
	}
	if framework.IsSet(config.FlowFile) {
		resp.Diagnostics.Append(config.validateFile(ctx)...)
		return
	}
	_, err := config.FlowJSON.Decode()
	if _, _, d := runconfig.Parse(ctx, config.RunConfig); err != nil || d.HasError() {
		return // reported by the types
	}
	// A step between validation and plan may write a job template, so a missing file is not an error yet.
	in, diags := config.resolve(ctx, false)
	if diags.HasError() {
		in = config.inputs
	}
	_, diags = in.intent(ctx)
	resp.Diagnostics.Append(diags...)
}

// ModifyPlan plans the values that the apply will have, and warns of what it
// will do to runs.
func (r *flowResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, req, resp)
		return
	}
	p, diags := r.newPlanning(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	present, diags := isPresent(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	p.again = present && p.state == nil
	resp.Diagnostics.Append(notePlan(ctx, resp.Private, p)...)
	replaced := p.replaces()
	if replaced {
		resp.RequiresReplace.Append(path.Root("version_group_id"))
		p.state, p.before = nil, nil
	}
	p.changes, diags = r.planChanges(ctx, p)
	resp.Diagnostics.Append(diags...)
	planned, diags := p.model(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.Plan, p.proposed, planned)...)
	if resp.Diagnostics.HasError() || p.want == nil {
		return
	}
	resp.Diagnostics.Append(p.doubts(ctx)...)
	if planned.ProjectID.IsUnknown() && p.state == nil && p.config.VersionGroupID.IsNull() {
		resp.Diagnostics.Append(checkSchedule(p.want, p.config.ScheduleActive, nil)...) // a new project has no flow groups
	}
	if planned.ProjectID.IsUnknown() || r.data == nil {
		return
	}
	if !replaced { // Terraform plans the creation again, without the state
		resp.Diagnostics.Append(r.claim(p, planned)...)
		resp.Diagnostics.Append(r.data.ScheduleOwners.Says("prefect_flow", planned.ID, p.config.ScheduleActive)...)
	}
	if r.data.Ready() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.planRemote(ctx, p, planned)...)
	}
}

func (r *flowResource) newPlanning(ctx context.Context, req resource.ModifyPlanRequest) (planning, diag.Diagnostics) {
	var p planning
	diags := req.Config.Get(ctx, &p.config)
	if !req.State.Raw.IsNull() {
		p.state = &model{}
		diags.Append(req.State.Get(ctx, p.state)...)
		var d diag.Diagnostics
		p.noted, d = notedOf(ctx, req.Private)
		diags.Append(d...)
		p.imported, d = importedOf(ctx, req.Private)
		diags.Append(d...)
	}
	if diags.Append(framework.GetPlan(ctx, req.Plan, req.State, p.state, &p.proposed)...); diags.HasError() {
		return p, diags
	}
	in, d := p.config.resolve(ctx, false)
	diags.Append(d...)
	if d.HasError() {
		return p, diags
	}
	in, err := in.readFile(maxFlowText)
	if err != nil {
		diags.Append(p.unreadable(err)...)
	}
	if diags.HasError() {
		return p, diags
	}
	p.config.inputs = in
	if p.unchanged() { //nolint:contextcheck // as in note
		return p, diags
	}
	p.want, d = in.intent(ctx)
	diags.Append(d...)
	diags.Append(r.compare(ctx, &p, req.Private)...)
	return p, diags
}

// compare works out how the wanted flow relates to what is in the state.
func (r *flowResource) compare(ctx context.Context, p *planning, private framework.Private) (diags diag.Diagnostics) {
	if p.state == nil {
		return nil
	}
	var d diag.Diagnostics
	p.noted, d = notedOf(ctx, private)
	diags.Append(d...)
	p.imported, d = importedOf(ctx, private)
	diags.Append(d...)
	p.before = p.meantBefore(ctx)
	diags.Append(r.compareImported(ctx, p)...)
	return diags
}

// meantBefore is what the inputs in state mean. Of a file only the key is known, which was noted.
func (p planning) meantBefore(ctx context.Context) *intent {
	switch {
	case p.state == nil:
	case !p.state.FlowFile.IsNull() && p.noted.Key != "":
		return &intent{key: p.noted.Key, name: p.state.Name.ValueString(), source: fromFile}
	case !p.state.FlowJSON.IsNull():
		// The state was valid once. If a newer provider rejects it, it does not count as the same.
		if before, d := p.state.intent(ctx); !d.HasError() {
			return before
		}
	}
	return nil
}

// planRemote checks the plan against the Server: that the project exists, if the flow exists, if its schedule
// can be active, and which runs would be cancelled. It asks nothing if nothing will be sent. An unreachable
// Server is not an error: the same apply may start it.
func (r *flowResource) planRemote(ctx context.Context, p planning, planned model) diag.Diagnostics {
	registers := p.verdict() != keepVersion
	if !registers && !p.activates(planned.ScheduleActive) || planned.TenantID.IsUnknown() && !p.config.TenantID.IsNull() {
		return nil
	}
	client, name := r.data.Client(planned.TenantID), p.want.name
	var newest *prefect.Flow
	var diags diag.Diagnostics
	for _, look := range []lookFor{client.LookForFlow, client.LookForFlowNow} { // what is about to be refused is looked at again
		var err error
		if newest, err = existing(ctx, look, planned.ProjectID.ValueString(), name, planned.ID.ValueString()); err != nil {
			return atPlan(err, fmt.Sprintf("Could not look for flow %q", name), p.config.TenantID)
		}
		if diags = checkSchedule(p.want, p.config.ScheduleActive, newest); !diags.HasError() {
			break
		}
	}
	if p.state == nil && newest != nil {
		if diags.Append(r.adopt(p, name, newest.VersionGroupID)...); diags.HasError() {
			return diags
		}
	}
	switch {
	case !registers:
		return diags
	case newest == nil:
		diags.Append(checkProject(ctx, client, planned.ProjectID.ValueString())...)
		return diags
	case newest.Archived:
		return diags
	case p.state == nil:
		same := newest.Group.Settings.IdempotencyKey == p.want.key
		diags.Append(adoption(ctx, client, newest, p.want, same))
		if same {
			return diags
		}
	}
	diags.Append(p.warnOfRuns(ctx, client, newest)...)
	return diags
}

func checkProject(ctx context.Context, client *prefect.Client, projectID string) diag.Diagnostics {
	_, err := client.LookForProject(ctx, projectID)
	if errors.Is(err, prefect.ErrNotFound) {
		_, err = client.GetProject(ctx, projectID) // looks may be some seconds old, and the provider's other configurations create projects, too
	}
	if errors.Is(err, prefect.ErrNotFound) {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("project_id"), "There is no such project",
			fmt.Sprintf("The Server has no project %s in the tenant.\n\nUse the `id` of a prefect_project. For a project of another "+
				"tenant than the provider's, also set `tenant_id`.", projectID))}
	}
	return atPlan(err, "Could not look for project "+projectID, types.StringNull())
}

func adoption(ctx context.Context, client *prefect.Client, newest *prefect.Flow, want *intent, same bool) diag.Diagnostic {
	what := fmt.Sprintf("A new version will be added to its version group %s and archive version %d.", newest.VersionGroupID, newest.Version)
	if same {
		what = fmt.Sprintf("It is the same flow, so nothing will be registered: version %d in version group %s will be managed by this resource.",
			newest.Version, newest.VersionGroupID)
	} else {
		what += adoptedChanges(ctx, client, newest, want)
	}
	return diag.NewAttributeWarningDiagnostic(want.at(),
		fmt.Sprintf("Flow %q is already registered", newest.Name),
		fmt.Sprintf("The project has a flow of this name that this resource did not register. %s\n\n"+
			"If another configuration manages that flow, use another name, project or `version_group_id` here.", what))
}

// atPlan converts an error of a remote check to diagnostics, unless it means that the Server cannot be
// reached now. tenantID is the configured value.
func atPlan(err error, summary string, tenantID types.String) diag.Diagnostics {
	if err == nil || errors.Is(err, prefect.ErrUnreachable) || errors.Is(err, prefect.ErrUnavailable) {
		return nil
	}
	return framework.Failure{Summary: summary}.DiagnoseIn(err, tenantID)
}

// planDestroy warns of the runs that destroying cancels.
func (r *flowResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.Ready() || state.DeletionPolicy.ValueString() == policyAbandon ||
		r.data.Claims.Held(createdIn(state.ID.ValueString())) {
		return // or an apply destroys what it has just replaced at the same address: see Delete
	}
	if group := state.ID.ValueString(); r.data.Custody.LetGo(versionGroup(group)) == framework.LetGoAndHeld {
		resp.Diagnostics.Append(renamed(state.Name.ValueString(), group, state.DeletionPolicy.ValueString())...)
		return
	}
	affected, effect := []string{states.Scheduled}, "The runs have not started; archiving the flow cancels them."
	if state.DeletionPolicy.ValueString() == policyDelete {
		affected, effect = states.Unfinished(), "`deletion_policy` is \"delete\": unfinished runs are cancelled, then all versions and the history of all runs are deleted."
	}
	runs, err := r.data.Client(state.TenantID).ListFlowRuns(ctx, prefect.FlowRunFilter{VersionGroupID: state.ID.ValueString(), States: affected})
	if err != nil || len(runs) == 0 {
		return // the destroy itself will report the error
	}
	resp.Diagnostics.AddWarning(fmt.Sprintf("Destroying flow %s cancels %s", state.label(), framework.Count(len(runs), "run")),
		effect+"\n"+framework.RunList(runs))
	if state.DeletionPolicy.ValueString() == policyDelete {
		resp.Diagnostics.Append(r.data.CheckCluster(framework.ClusterForJobs)...)
	}
}
