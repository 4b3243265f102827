package cloudhook

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// hookResource implements prefect_cloud_hook.
type hookResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var (
	_ framework.Resource                    = (*hookResource)(nil)
	_ resource.ResourceWithConfigValidators = (*hookResource)(nil)
)

// NewResource returns the resource prefect_cloud_hook.
func NewResource() resource.Resource {
	return &hookResource{ResourceType: framework.ResourceType{Name: "cloud_hook", Noun: "cloud hook"}}
}

// Configure takes over the provider data.
func (r *hookResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Schema describes the resource.
func (r *hookResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

// ConfigValidators requires exactly one receiver.
func (r *hookResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		framework.ExactlyOneOf("webhook", "slack", "pagerduty", "twilio", "prefect_message"),
	}
}

// Create creates the hook. The Server creates it enabled; if it should not be, Create disables it at once.
func (r *hookResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	to, _ := config.receiver()
	in, known := wanted(ctx, &plan, &config)
	if !known {
		resp.Diagnostics.AddError("The configuration of the hook is not known", "Terraform applies with values that are still unknown. This is a bug; please report it.")
		return
	}
	secrets := secretsOf(held(&prefect.CloudHook{Config: in.Config}))
	ctx = masked(ctx, secrets)
	defer func() { resp.Diagnostics = hidden(resp.Diagnostics, secrets) }()
	id := r.create(ctx, in, &plan, to, resp)
	if id == "" {
		return
	}
	wantedActive, client := plan.Active, r.data.Client(plan.TenantID)
	plan.ID, plan.Active = types.StringValue(id), types.BoolValue(true)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if wantedActive.ValueBool() {
		return
	}
	if err := client.SetCloudHookActive(ctx, id, false); err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "Cloud hook "+id+" was created, but could not be disabled", path.Root("active"))...)
		return
	}
	plan.Active = wantedActive
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// create makes the hook, fills in what is then known
// of it, and returns its id; "" with an error.
func (r *hookResource) create(ctx context.Context, in prefect.CreateCloudHookInput, plan *model, to receiver, resp *resource.CreateResponse) string {
	client := r.data.Client(plan.TenantID)
	resp.Diagnostics.Append(checkGroup(ctx, client, plan.TenantID, plan.VersionGroupID)...)
	if resp.Diagnostics.HasError() {
		return ""
	}
	tenantID, err := client.TenantID(ctx)
	if err != nil {
		resp.Diagnostics.Append(createFailure(to).DiagnoseIn(err, plan.TenantID)...)
		return ""
	}
	plan.TenantID, plan.Type = types.StringValue(tenantID), types.StringValue(to.kind)
	id, err := client.CreateCloudHook(ctx, in)
	if err != nil {
		r.failed(ctx, err, in, plan, to, resp)
		return ""
	}
	return id
}

func createFailure(to receiver) framework.Failure {
	return framework.Failure{Summary: "Could not create the cloud hook", Attribute: path.Root(to.attribute)}
}

// Read refreshes the hook, and removes it from the state if it or its tenant is gone.
func (r *hookResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	if !framework.Resolve(ctx, &req, resp, r.settle) {
		return
	}
	hook := framework.ReadObject(ctx, r.data, req, resp, &state, (*model).inState, (*prefect.Client).RefreshCloudHook)
	if hook == nil {
		return
	}
	r.data.Custody.Refreshed(object(hook.ID))
	resp.Diagnostics.Append(state.refresh(ctx, hook)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update enables or disables the hook, and saves new versions of unchanged secrets.
func (r *hookResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, client := state.ID.ValueString(), r.data.Client(state.TenantID)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
	if len(plan.changed(&state)) > 0 {
		// At plan the hook had these values; an ephemeral one may have changed since.
		hook, err := client.GetCloudHook(ctx, id)
		if err != nil {
			resp.Diagnostics.Append(framework.Diagnose(err, "Could not read cloud hook "+state.label())...)
			return
		}
		if has, known := has(hook, &config); !has || !known {
			resp.Diagnostics.AddError("The configuration of cloud hook "+state.label()+" has changed since the plan",
				"A secret changed between plan and apply. Run the plan again.")
			return
		}
	}
	if !plan.Active.Equal(state.Active) {
		if err := client.SetCloudHookActive(ctx, id, plan.Active.ValueBool()); err != nil {
			resp.Diagnostics.Append(framework.Diagnose(err, "Could not enable or disable cloud hook "+state.label(), path.Root("active"))...)
			return
		}
	}
	plan.ID, plan.TenantID, plan.Type = state.ID, state.TenantID, state.Type
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Delete deletes the hook.
func (r *hookResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if !r.settle(ctx, &state, req.Private, &resp.Diagnostics) || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	failed := r.data.Custody.Delete(object(state.ID.ValueString()))
	if err := r.data.Client(state.TenantID).DeleteCloudHook(ctx, state.ID.ValueString()); err != nil && !framework.Gone(err) {
		failed()
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not delete cloud hook "+state.label())...)
	}
}

// inState is what [framework.ReadObject] reads by.
func (m *model) inState() framework.InState {
	return framework.InState{ID: m.ID, TenantID: m.TenantID, Label: "cloud hook " + m.label()}
}

// label names the hook in messages.
func (m *model) label() string {
	if framework.IsSet(m.Name) {
		return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.ID.ValueString())
	}
	return m.ID.ValueString()
}
