package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// DataSource describes a data source whose configuration and state are M.
type DataSource[M any] struct {
	// Name is the type's name without the provider's, such as "flow_runs".
	Name string
	// Schema describes the attributes.
	Schema func() schema.Schema
	// Validators check the configuration as a whole.
	Validators []datasource.ConfigValidator
	// Read turns the configuration into the state. It is called once the provider is configured and, unless
	// Serverless is set, the Server's address is known.
	Read func(ctx context.Context, data *ProviderData, m *M) diag.Diagnostics
	// Serverless marks a data source that does not contact the Prefect Server.
	Serverless bool
}

// NewDataSource returns the described data source.
func NewDataSource[M any](described DataSource[M]) datasource.DataSource {
	return &dataSource[M]{DataSource: described}
}

type dataSource[M any] struct {
	DataSource[M]
	data *ProviderData
}

var (
	_ datasource.DataSourceWithConfigure        = (*dataSource[struct{}])(nil)
	_ datasource.DataSourceWithConfigValidators = (*dataSource[struct{}])(nil)
)

// Metadata sets the type name.
func (d *dataSource[M]) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.Name
}

// Configure stores the provider data.
func (d *dataSource[M]) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = configure(req.ProviderData, &resp.Diagnostics)
}

// Schema describes the data source.
func (d *dataSource[M]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.DataSource.Schema()
}

// ConfigValidators returns the checks of the configuration as a whole.
func (d *dataSource[M]) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return d.Validators
}

// Read reads the data source.
func (d *dataSource[M]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m M
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.Serverless && !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(d.DataSource.Read(ctx, d.data, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	}
}

// Listing is how a plural data source finds its objects: query lists those of one tenant, show converts one
// to the model.
type Listing[O, M any] struct {
	// Failure describes a failed query.
	Failure Failure
	Query   func(ctx context.Context, client *prefect.Client) ([]O, error)
	Show    func(ctx context.Context, object *O) (M, diag.Diagnostics)
}

// Of lists the objects of the tenant that the attribute `tenant_id` names, and
// sets that attribute to the tenant's id.
func (l Listing[O, M]) Of(ctx context.Context, data *ProviderData, tenantID *types.String) ([]M, diag.Diagnostics) {
	client := data.Client(*tenantID)
	id, err := client.TenantID(ctx)
	if err != nil {
		return nil, l.Failure.DiagnoseIn(err, *tenantID)
	}
	*tenantID = types.StringValue(id)
	return l.All(ctx, client)
}

// All lists the objects that the query finds with a client.
func (l Listing[O, M]) All(ctx context.Context, client *prefect.Client) ([]M, diag.Diagnostics) {
	objects, err := l.Query(ctx, client)
	if err != nil {
		return nil, l.Failure.Diagnose(err)
	}
	var diags diag.Diagnostics
	shown := make([]M, 0, len(objects))
	for i := range objects {
		one, d := l.Show(ctx, &objects[i])
		diags.Append(d...)
		shown = append(shown, one)
	}
	return shown, diags
}
