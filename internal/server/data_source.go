// Package server implements the data source prefect_server.
package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// model is the data source's attributes.
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
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[model]{Name: "server", Schema: dataSchema, Read: read})
}

func dataSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Readiness and version of the Prefect Server. It can be read before the Server has a tenant.\n\n" +
			"The Server is ready when its API, its own services and its database answer.",
		Attributes: map[string]schema.Attribute{
			"wait": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.Duration()},
				MarkdownDescription: "How long to wait for the Server to be ready, such as `5m`. If it is not ready by then, reading fails. " +
					"Without `wait`, the provider checks once and sets `ready` to the result.",
			},
			"endpoint": framework.Text("URL of the API, without credentials."),
			"ready":    framework.Flag("`true` if the Server is ready. Always `true` with `wait`."),
			"problem": framework.Text("Why the Server is not ready; `null` if it is. A problem that waiting does not cure, such as a URL that does not lead to a Prefect Server, " +
				"is an error instead."),
			"backend":           framework.Text("Kind of the backend, `SERVER`."),
			"mode":              framework.Text("Mode that the Server runs in, such as `normal`."),
			"version":           framework.Text("Version of the Server; `null` if it is not ready, as for the other attributes."),
			"core_version":      framework.Text("Version of Prefect that the Server's own services use."),
			"release_timestamp": framework.Text("When that version was released, as the Server writes it."),
		},
	}
}

// read checks the Server.
func read(ctx context.Context, data *framework.ProviderData, m *model) diag.Diagnostics {
	client := data.Prefect
	m.Endpoint = types.StringValue(client.Endpoint())
	failure := framework.Failure{Summary: "The Prefect Server at " + client.Endpoint() + " cannot be used"}
	var diags diag.Diagnostics
	wait := framework.DurationOr(m.Wait, 0, path.Root("wait"), &diags)
	if diags.HasError() {
		return diags
	}
	if framework.IsSet(m.Wait) {
		failure = framework.Failure{
			Summary: "The Prefect Server at " + client.Endpoint() + " was not ready within " + m.Wait.ValueString(), Attribute: path.Root("wait"),
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
		return failure.Diagnose(err)
	}
	return nil
}

func (m *model) fill(info *prefect.ServerInfo) {
	m.Ready = types.BoolValue(true)
	m.Backend = framework.StringOrNullIfEmpty(info.Backend)
	m.Mode = framework.StringOrNullIfEmpty(info.Mode)
	m.Version = framework.StringOrNullIfEmpty(info.Version)
	m.CoreVersion = framework.StringOrNullIfEmpty(info.CoreVersion)
	m.ReleaseTimestamp = framework.StringOrNullIfEmpty(info.ReleaseTimestamp)
}
