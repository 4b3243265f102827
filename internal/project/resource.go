// Package project implements prefect_project: the resource, the data sources and the list resource.
package project

import (
	"context"
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

// projectResource implements prefect_project.
type projectResource struct {
	framework.ResourceType

	data *framework.ProviderData
}

var _ framework.Resource = (*projectResource)(nil)

// NewResource returns the resource prefect_project.
func NewResource() resource.Resource {
	return &projectResource{ResourceType: framework.ResourceType{Name: "project", Noun: "project"}}
}

// Configure takes over the provider data.
func (r *projectResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = framework.ConfigureResource(req, resp)
}

// Schema describes the resource.
func (r *projectResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A project: a folder for a tenant's flows. Every flow belongs to exactly one project.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "UUID of the project.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the project, unique in its tenant. It can be changed in place; flows and their history are kept. " +
					"Update scripts that use the name, such as `prefect register --project`.",
				Validators: []validator.String{framework.NotBlank()},
			},
			"description": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Description, in Markdown, for the UI. It can be changed in place. " +
					"No description (`null`) and an empty one (`\"\"`) are different values on the Server and in this attribute.",
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "UUID of the tenant that owns the project. Defaults to the provider's tenant at the creation of the project. " +
					"A project cannot move to another tenant: a change replaces it.",
				Validators: []validator.String{framework.UUID()},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					stringplanmodifier.RequiresReplaceIfConfigured(),
				},
			},
			"force_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "`true` lets a destroy delete the project with everything in it: all versions of its flows, including archived ones, and the history " +
					"of their runs; unfinished runs are cancelled first. Otherwise destroying a project that is not empty fails. The value must be applied before it takes effect. " +
					"Defaults to `false`.",
			},
		},
	}
}

// Create creates the project.
func (r *projectResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	name, client := plan.Name.ValueString(), r.data.Client(plan.TenantID)
	summary := fmt.Sprintf("Could not create project %q", name)
	tenantID, err := client.TenantID(ctx)
	if err != nil {
		resp.Diagnostics.Append(framework.Failure{Summary: summary}.DiagnoseIn(err, plan.TenantID)...)
		return
	}
	plan.TenantID = types.StringValue(tenantID)
	id, err := client.CreateProject(ctx, name, framework.StringPointer(plan.Description))
	if err != nil {
		resp.Diagnostics.Append(nameFailure(ctx, client, err, summary, name)...)
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

// Read refreshes the project, and removes it from the state if it or its tenant is gone.
func (r *projectResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	if !framework.Resolve(ctx, &req, resp, r.settle) {
		return
	}
	project := framework.ReadObject(ctx, r.data, req, resp, &state, (*model).inState, (*prefect.Client).RefreshProject)
	if project == nil {
		return
	}
	r.data.Custody.Refreshed(framework.Object{Type: "prefect_project", ID: project.ID})
	state.refresh(project)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// settle determines the outcome of a creation that got no proper answer. It returns false if there is no
// project, or with an error.
func (r *projectResource) settle(ctx context.Context, state *model, private framework.Private, diags *diag.Diagnostics) bool {
	if diags.HasError() || !state.ID.IsNull() {
		return !diags.HasError()
	}
	if !r.data.RequireReady(diags) {
		return false
	}
	id, d := framework.Settle(ctx, private, fmt.Sprintf("project %q", state.Name.ValueString()), func(p framework.Pending) (string, error) {
		return r.data.Client(state.TenantID).FindCreatedProject(ctx, state.Name.ValueString(), framework.StringPointer(state.Description), p.Created)
	})
	diags.Append(d...)
	state.ID = types.StringValue(id)
	return id != "" && !diags.HasError()
}

// Update renames the project and changes its description in place.
func (r *projectResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.data.RequireReady(&resp.Diagnostics) {
		return
	}
	id, client, summary := state.ID.ValueString(), r.data.Client(state.TenantID), "Could not update project "+label(state)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id)...)

	// Each step is saved at once, so that after a failure of the next step the state matches the Server.
	if !plan.Name.Equal(state.Name) {
		if err := client.SetProjectName(ctx, id, plan.Name.ValueString()); err != nil {
			resp.Diagnostics.Append(nameFailure(ctx, client, err, summary, plan.Name.ValueString())...)
			return
		}
		state.Name = plan.Name
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	if !plan.Description.Equal(state.Description) {
		if err := client.SetProjectDescription(ctx, id, framework.StringPointer(plan.Description)); err != nil {
			resp.Diagnostics.Append(framework.Diagnose(err, summary, path.Root("description"))...)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}
