package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// ListResource describes a list resource, which `terraform query` uses to find objects and write import
// blocks: C is the list block, O the object that the Server returns, M the model of the resource.
type ListResource[C, O, M any] struct {
	// Name is the resource's name without the provider's, such as "flow_run".
	Name string
	// Schema describes the filters.
	Schema func() listschema.Schema
	// Query finds the objects; limit is the maximum number, 0 for all.
	Query func(ctx context.Context, data *ProviderData, config *C, limit int) ([]O, diag.Diagnostics)
	// Identity returns an object's id and its display name.
	Identity func(object *O) (id, displayName string)
	// Resources returns the states that an import of the objects would give, one for each, in order. It is
	// called only if Terraform asks for them, with up to resourcesAtOnce objects; see [EachResource].
	Resources func(ctx context.Context, data *ProviderData, config *C, objects []O) []Imported[M]
}

// Imported is the state that an import would give, or the errors that prevent it.
type Imported[M any] struct {
	Model       M
	Diagnostics diag.Diagnostics
}

// EachResource converts objects to resources one by one.
func EachResource[C, O, M any](one func(ctx context.Context, object *O) (M, diag.Diagnostics)) func(context.Context, *ProviderData, *C, []O) []Imported[M] {
	return func(ctx context.Context, _ *ProviderData, _ *C, objects []O) []Imported[M] {
		all := make([]Imported[M], len(objects))
		for i := range objects {
			all[i].Model, all[i].Diagnostics = one(ctx, &objects[i])
		}
		return all
	}
}

// resourcesAtOnce is the batch size for Resources. Later batches are read only if Terraform still wants more.
const resourcesAtOnce = 200

// NewListResource returns the described list resource.
func NewListResource[C, O, M any](described ListResource[C, O, M]) list.ListResource {
	return &listResource[C, O, M]{ListResource: described}
}

type listResource[C, O, M any] struct {
	ListResource[C, O, M]
	data *ProviderData
}

var _ list.ListResourceWithConfigure = (*listResource[struct{}, struct{}, struct{}])(nil)

// Metadata sets the type name.
func (r *listResource[C, O, M]) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.Name
}

// Configure stores the provider data.
func (r *listResource[C, O, M]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = configure(req.ProviderData, &resp.Diagnostics)
}

// ListResourceConfigSchema describes the filters.
func (r *listResource[C, O, M]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = r.Schema()
}

// List streams the objects.
func (r *listResource[C, O, M]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config C
	diags := req.Config.Get(ctx, &config)
	if diags.HasError() || !r.data.RequireReady(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	objects, d := r.Query(ctx, r.data, &config, int(req.Limit))
	diags.Append(d...)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	if req.Limit > 0 && int64(len(objects)) > req.Limit {
		objects = objects[:req.Limit]
	}
	stream.Results = func(push func(list.ListResult) bool) {
		for len(objects) > 0 {
			batch := objects[:min(resourcesAtOnce, len(objects))]
			objects = objects[len(batch):]
			if !r.pushAll(ctx, req, &config, batch, push) {
				return
			}
		}
	}
}

// pushAll pushes the objects, and returns false when no more are wanted.
func (r *listResource[C, O, M]) pushAll(ctx context.Context, req list.ListRequest, config *C, objects []O, push func(list.ListResult) bool) bool {
	var resources []Imported[M]
	if req.IncludeResource {
		resources = r.Resources(ctx, r.data, config, objects)
	}
	for i := range objects {
		result := req.NewListResult(ctx)
		id, name := r.Identity(&objects[i])
		result.DisplayName = name
		result.Diagnostics.Append(SetIdentity(ctx, result.Identity, id)...)
		if resources != nil {
			result.Diagnostics.Append(resources[i].Diagnostics...)
			if !result.Diagnostics.HasError() {
				result.Diagnostics.Append(result.Resource.Set(ctx, resources[i].Model)...)
			}
		}
		if !push(result) {
			return false
		}
	}
	return true
}

// ListFilter is an argument of a list block.
func ListFilter(description string, validators ...validator.String) listschema.StringAttribute {
	return listschema.StringAttribute{Optional: true, Validators: validators, MarkdownDescription: description}
}

// ListTenant is the `tenant_id` of a list block.
func ListTenant() listschema.StringAttribute {
	return ListFilter("UUID of the tenant. Defaults to the provider's tenant.", UUID())
}
