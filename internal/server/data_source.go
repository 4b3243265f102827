// Package server is the data source prefect_server.
package server

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// serverDataSource implements the data source prefect_server.
type serverDataSource struct {
	data *framework.ProviderData
}

var _ datasource.DataSourceWithConfigure = (*serverDataSource)(nil)

// model is the data source.
type model struct {
	Wait             types.String `tfsdk:"wait"`
	Endpoint         types.String `tfsdk:"endpoint"`
	Ready            types.Bool   `tfsdk:"ready"`
	Problem          types.String `tfsdk:"problem"`
	Backend          types.String `tfsdk:"backend"`
	Mode             types.String `tfsdk:"mode"`
	Version          types.String `tfsdk:"version"`
	CoreVersion      types.String `tfsdk:"core_version"`
	ReleaseTimestamp types.String `tfsdk:"release_timestamp"`
}

// NewDataSource returns the data source prefect_server.
func NewDataSource() datasource.DataSource { return &serverDataSource{} }

// Metadata gives the type name.
func (d *serverDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server"
}

// Configure takes over the provider data.
func (d *serverDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = framework.ConfigureDataSource(req, resp)
}

// Schema describes the data source.
func (d *serverDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The Prefect Server itself: whether it is ready, and its version. It can be read before the Server has a tenant.\n\n" +
			"The Server is ready when its API, its own services and its database answer.",
		Attributes: map[string]schema.Attribute{
			"wait": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "How long to wait for the Server to be ready, such as `5m`; it is an error if it is not by then. " +
					"Without it the Server is asked once, and `ready` tells the result.",
			},
			"endpoint": text("URL of the API, without credentials."),
			"ready":    schema.BoolAttribute{Computed: true, MarkdownDescription: "`true` if the Server is ready. Always `true` with `wait`."},
			"problem": text("Why the Server is not ready; `null` if it is. What waiting does not cure, such as a URL that is not that of a Prefect Server, " +
				"is an error instead."),
			"backend":           text("Kind of the backend, `SERVER`."),
			"mode":              text("Mode that the Server runs in, such as `normal`."),
			"version":           text("Version of the Server; `null` if it is not ready, as for the other attributes."),
			"core_version":      text("Version of Prefect that the Server's own services use."),
			"release_timestamp": text("When that version was released, as the Server writes it."),
		},
	}
}

// Read asks the Server.
func (d *serverDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.data.RequireReady(&resp.Diagnostics) {
		return
	}
	client := d.data.Prefect
	m.Endpoint = types.StringValue(client.Endpoint())
	failure := framework.Failure{Summary: "The Prefect Server at " + client.Endpoint() + " cannot be used"}
	var wait time.Duration
	if framework.IsSet(m.Wait) {
		failure = framework.Failure{
			Summary: "The Prefect Server at " + client.Endpoint() + " was not ready within " + m.Wait.ValueString(), Attribute: path.Root("wait"),
		}
		var err error
		if wait, err = time.ParseDuration(m.Wait.ValueString()); err != nil {
			resp.Diagnostics.Append(failure.Diagnose(err)...)
			return
		}
	}
	err := client.ReadyWithin(ctx, wait)
	var info *prefect.ServerInfo
	if err == nil {
		info, err = client.GetServerInfo(ctx)
	}
	switch {
	case err == nil:
		m.fill(info)
	case m.Wait.IsNull() && prefect.Starting(err):
		m.Ready, m.Problem = types.BoolValue(false), types.StringValue(err.Error())
	default:
		resp.Diagnostics.Append(failure.Diagnose(err)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

func (m *model) fill(info *prefect.ServerInfo) {
	m.Ready = types.BoolValue(true)
	m.Backend = framework.StringOrNullIfEmpty(info.Backend)
	m.Mode = framework.StringOrNullIfEmpty(info.Mode)
	m.Version = framework.StringOrNullIfEmpty(info.Version)
	m.CoreVersion = framework.StringOrNullIfEmpty(info.CoreVersion)
	m.ReleaseTimestamp = framework.StringOrNullIfEmpty(info.ReleaseTimestamp)
}
