package flowgroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// groupResource implements prefect_flow_group.
type groupResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var (
	_ framework.Resource                  = (*groupResource)(nil)
	_ resource.ResourceWithValidateConfig = (*groupResource)(nil)
)

// NewResource returns the resource prefect_flow_group.
func NewResource() resource.Resource {
	return &groupResource{ResourceType: framework.ResourceType{Name: "flow_group", Noun: "flow group"}}
}

// Configure takes over the provider data.
func (r *groupResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Schema describes the resource.
func (r *groupResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

// Create starts managing the group of a registered flow.
func (r *groupResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(plan.settle(ctx)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client := r.data.Client(plan.TenantID)
	group, err := client.FindFlowGroup(ctx, plan.VersionGroupID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(notFound(plan.VersionGroupID.ValueString()).DiagnoseIn(err, plan.TenantID)...)
		return
	}
	if !r.data.Claims.Claim(managed(group.ID)) {
		resp.Diagnostics.Append(twice(group.Name)...)
		return
	}
	// The plan may not have known the group.
	resp.Diagnostics.Append(r.data.ScheduleOwners.Says("prefect_flow_group", types.StringValue(group.Name), plan.ScheduleActive)...)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, setting := range managedSettings(&plan) {
		r.data.Claims.Claim(managedSetting{group.ID, setting})
	}
	saved := unmanaged(group)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, group.ID)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, saved)...)
	r.apply(ctx, client, saved, plan, &resp.State, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !doubtful(nil, &plan) {
		return
	}
	if newest, err := newestVersion(ctx, client, group.Name); err == nil { // the flow may not have existed at plan
		resp.Diagnostics.Append(plan.doubts(ctx, newest, r.data.ScheduleOwners.Sets("prefect_flow", group.Name))...)
	}
}

func notFound(versionGroupID string) framework.Failure {
	return framework.Failure{
		Summary:   fmt.Sprintf("Could not find the flow group of version group %q", versionGroupID),
		Attribute: path.Root("version_group_id"),
		Remedies: map[error]string{
			prefect.ErrNotFound: "A flow group exists as soon as a flow is registered in its version group. " +
				"Refer to the flow's resource (`version_group_id = prefect_flow.<name>.id`), so that it is registered first, " +
				"or register the flow. For a flow in another tenant than the provider's, set `tenant_id`.",
		},
	}
}

// Keys of [framework.Claims] and [framework.ProviderData.Lock].
type (
	// managed is claimed when an apply manages the group with this id.
	managed string
	// managedSetting is claimed when a creation sets a setting.
	managedSetting struct{ groupID, setting string }
	// planned is claimed when a plan will manage a group, by configured tenant and version group.
	planned string
	// settings locks the group with this id. The Server changes a setting by reading and writing all of them.
	settings string
)

// String names the group in messages.
func (s settings) String() string { return "flow group " + string(s) }

func twice(versionGroupID string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("version_group_id"), "Two resources for one flow group",
		fmt.Sprintf("Another prefect_flow_group in this configuration manages the group of version group %q. Each apply would undo the other.\n\n"+
			"Put all settings of the group in one resource.", versionGroupID))}
}

// Read refreshes the managed settings, and removes a missing group from the state.
func (r *groupResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	group := framework.ReadObject(ctx, r.data, req, resp, &state, (*model).inState, (*prefect.Client).RefreshFlowGroup)
	if group == nil {
		return
	}
	before := state
	resp.Diagnostics.Append(state.refresh(ctx, group)...)
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.State, before, state)...)
}

// newestVersion returns the newest version, or nil for a group without versions.
func newestVersion(ctx context.Context, client *prefect.Client, versionGroupID string) (*prefect.Flow, error) {
	newest, err := client.LatestFlow(ctx, versionGroupID)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil, nil //nolint:nilnil // documented above
	}
	if err != nil {
		return nil, fmt.Errorf("look for versions of %s: %w", versionGroupID, err)
	}
	return newest, nil
}

// Update applies the changed settings, and resets those that it no longer manages.
func (r *groupResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, state.ID.ValueString())...)
	resp.Diagnostics.Append(plan.settle(ctx)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.data.Claims.Claim(managed(state.ID.ValueString()))
	r.apply(ctx, r.data.Client(state.TenantID), state, plan, &resp.State, &resp.Diagnostics)
}

// settle reads and checks what the plan left open because values were unknown.
func (m *model) settle(ctx context.Context) diag.Diagnostics {
	config, diags := runconfig.Resolve(ctx, m.RunConfig, true)
	m.RunConfig = config
	diags.Append(runconfig.Check(ctx, config)...)
	diags.Append(m.check(ctx)...)
	return diags
}

// check checks the known parts of the other settings.
func (m *model) check(ctx context.Context) diag.Diagnostics {
	diags := checkSchedule(ctx, m.Schedule)
	diags.Append(checkObject(path.Root("default_parameters"), m.DefaultParameters)...)
	return diags
}

// apply changes the group from what saved manages to the plan. It saves each change at once, so that after a
// failure the state matches the Server.
func (r *groupResource) apply(ctx context.Context, client *prefect.Client, saved, plan model, state *tfsdk.State, diags *diag.Diagnostics) {
	id := saved.ID.ValueString()
	release, d := r.data.Lock(ctx, settings(id))
	diags.Append(d...)
	if d.HasError() {
		return
	}
	defer release()
	group, err := client.GetFlowGroup(ctx, id)
	if err != nil {
		diags.Append(framework.Diagnose(err, "Could not read flow group "+saved.label())...)
		return
	}
	w := work{client: client, group: group, from: saved, to: plan}
	for _, c := range w.changes() {
		if d := c.send(ctx); d.HasError() {
			diags.Append(d...)
			return
		}
		c.save(&saved)
		diags.Append(state.Set(ctx, saved)...)
	}
	plan.ID, plan.TenantID, plan.VersionGroupID = saved.ID, saved.TenantID, saved.VersionGroupID
	diags.Append(state.Set(ctx, plan)...)
}

// Delete resets what is managed. The group itself belongs to the flow.
func (r *groupResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, client := state.ID.ValueString(), r.data.Client(state.TenantID)
	release, diags := r.data.Lock(ctx, settings(id))
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	defer release()
	group, err := client.GetFlowGroup(ctx, id)
	if framework.Gone(err) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not read flow group "+state.label())...)
		return
	}
	w := work{client: client, group: group, from: state, to: unmanaged(group)}
	for _, c := range w.changes() {
		if r.takenOver(id, c.attribute) {
			continue
		}
		if d := c.send(ctx); d.HasError() {
			resp.Diagnostics.Append(d...)
			return
		}
		c.save(&state)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// inState is what [framework.ReadObject] reads by.
func (m *model) inState() framework.InState {
	return framework.InState{ID: m.ID, TenantID: m.TenantID, Label: "flow group " + m.label()}
}

// takenOver reports whether a creation of this apply has taken a setting over: at the same address, or at another one whose
// group the plan did not know yet.
func (r *groupResource) takenOver(id, setting string) bool {
	if setting == scheduleActive && r.data.Claims.Held(managedSetting{id, "schedule"}) {
		return true // there is a schedule still
	}
	return r.data.Claims.Held(managedSetting{id, setting})
}

// label names the group in messages.
func (m *model) label() string {
	return fmt.Sprintf("%s (version group %s)", m.ID.ValueString(), m.VersionGroupID.ValueString())
}
