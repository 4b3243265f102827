// Package tenant implements prefect_tenant: the resource, the data sources and the list resource.
package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// tenantResource implements prefect_tenant.
type tenantResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var _ framework.Resource = (*tenantResource)(nil)

// NewResource returns the resource prefect_tenant.
func NewResource() resource.Resource {
	return &tenantResource{ResourceType: framework.ResourceType{Name: "tenant", Noun: "tenant"}}
}

// Configure takes over the provider data.
func (r *tenantResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Schema describes the resource.
func (r *tenantResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A tenant of a Prefect Server. It owns projects, flows, runs and agents. A newly installed Server has none, " +
			"and nothing works until it has one. Most Servers need exactly one.\n\n" +
			"Tenants organise objects, but do not protect them: every tenant can read the others' data.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the tenant.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Display name. It can be changed in place and does not have to be unique.",
				Validators:          []validator.String{framework.NotBlank()},
			},
			"slug": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Unique identifier on the Server: lower-case letters and digits, in words joined by single dashes. " +
					"It can be changed in place. By default it is derived from the name at the creation of the tenant, and does not follow later changes of the name.",
				Validators:    []validator.String{slugValidator()},
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"force_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "`true` lets a destroy delete the tenant with everything in it: projects, flows, cloud hooks, and the history of all runs; unfinished runs are cancelled first. " +
					"Otherwise destroying a tenant that is not empty fails. The value must be applied before it takes effect. Defaults to `false`.",
			},
		},
	}
}

// Create creates the tenant.
func (r *tenantResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	if plan.Slug.IsUnknown() {
		slug, diags := defaultSlug(plan.Name)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		plan.Slug = types.StringValue(slug)
	}
	id, err := r.data.Prefect.CreateTenant(ctx, plan.Name.ValueString(), plan.Slug.ValueString())
	if err != nil {
		resp.Diagnostics.Append(r.slugFailure(ctx, err, fmt.Sprintf("Could not create tenant %q", plan.Name.ValueString()), plan.Slug.ValueString())...)
		if pending, ok := framework.PendingOf(err); ok {
			plan.ID = types.StringNull()
			resp.Diagnostics.Append(pending.Save(ctx, resp.Private)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		}
		return
	}
	plan.ID = types.StringValue(id)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read refreshes the tenant, and removes it from the state if it is gone.
func (r *tenantResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	if !framework.Resolve(ctx, &req, resp, r.settle) {
		return
	}
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, state.ID.ValueString())...)
	if !r.data.Ready() {
		return
	}
	tenant, err := r.data.Prefect.RefreshTenant(ctx, state.ID.ValueString())
	if errors.Is(err, prefect.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "Could not read tenant "+label(state))...)
		return
	}
	r.data.Custody.Refreshed(framework.Object{Type: "prefect_tenant", ID: tenant.ID})
	state.refresh(tenant)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// settle determines the outcome of a creation that got no proper answer. It returns false if there is no
// tenant, or with an error.
func (r *tenantResource) settle(ctx context.Context, state *model, private framework.Private, diags *diag.Diagnostics) bool {
	if diags.HasError() || !state.ID.IsNull() {
		return !diags.HasError()
	}
	if !r.data.RequireReady(diags) {
		return false
	}
	id, d := framework.Settle(ctx, private, fmt.Sprintf("tenant %q", state.Name.ValueString()), func(p framework.Pending) (string, error) {
		return r.data.Prefect.FindCreatedTenant(ctx, state.Name.ValueString(), state.Slug.ValueString(), p.Created)
	})
	diags.Append(d...)
	state.ID = types.StringValue(id)
	return id != "" && !diags.HasError()
}

// Update renames and changes the slug in place.
func (r *tenantResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, summary := state.ID.ValueString(), "Could not update tenant "+label(state)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)

	// Each step is saved at once, so that after a failure of the next step the state matches the Server.
	if !plan.Slug.Equal(state.Slug) {
		if err := r.data.Prefect.SetTenantSlug(ctx, id, plan.Slug.ValueString()); err != nil {
			resp.Diagnostics.Append(r.slugFailure(ctx, err, summary, plan.Slug.ValueString())...)
			return
		}
		state.Slug = plan.Slug
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	if !plan.Name.Equal(state.Name) {
		if err := r.data.Prefect.SetTenantName(ctx, id, plan.Name.ValueString()); err != nil {
			resp.Diagnostics.Append(framework.Diagnose(err, summary, path.Root("name"))...)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// ImportState accepts a UUID, a slug, or the identity.
func (r *tenantResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key, diags := framework.ParseImport(ctx, req, 1)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	var tenant *prefect.Tenant
	var err error
	if key.ID != "" {
		tenant, err = r.data.Prefect.GetTenant(ctx, key.ID)
	} else {
		tenant, err = r.data.Prefect.FindTenant(ctx, key.Name())
	}
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{
			Summary: fmt.Sprintf("Could not import tenant %q", key.ID+key.Name()),
			Remedies: map[error]string{
				prefect.ErrNotFound: "Use the UUID or the slug of a tenant on this Server. The slug is not the name.",
			},
		}.Diagnose(err)...)
		return
	}
	var state model
	state.refresh(tenant)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, tenant.ID)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}
