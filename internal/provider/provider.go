// Package provider implements the provider block: its schema, the resolution of its configuration, and the
// list of everything that the provider serves.
package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/akstoken"
	"github.com/prefect-server/terraform-provider-prefect/internal/cloudhook"
	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/flowgroup"
	"github.com/prefect-server/terraform-provider-prefect/internal/flowrun"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	functions "github.com/prefect-server/terraform-provider-prefect/internal/function"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetesjob"
	"github.com/prefect-server/terraform-provider-prefect/internal/portforward"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/project"
	"github.com/prefect-server/terraform-provider-prefect/internal/server"
	"github.com/prefect-server/terraform-provider-prefect/internal/tenant"
)

// Address is the provider's address in the public registry.
const Address = "registry.terraform.io/prefect-server/prefect"

// prefectProvider implements the provider.
type prefectProvider struct {
	version    string
	afterwards *framework.Afterwards
	progress   *framework.Progress
}

func newProvider(version string) *prefectProvider {
	return &prefectProvider{version: version, afterwards: &framework.Afterwards{}, progress: &framework.Progress{}}
}

var (
	_ provider.Provider                       = (*prefectProvider)(nil)
	_ provider.ProviderWithFunctions          = (*prefectProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*prefectProvider)(nil)
	_ provider.ProviderWithListResources      = (*prefectProvider)(nil)
	_ provider.ProviderWithActions            = (*prefectProvider)(nil)
	_ provider.ProviderWithValidateConfig     = (*prefectProvider)(nil)
)

// New returns a constructor of the provider. version is the version of the binary, or "dev"; it appears in
// the User-Agent of requests.
func New(version string) func() provider.Provider {
	return func() provider.Provider {
		return newProvider(version)
	}
}

// Metadata sets the prefix of all type names.
func (p *prefectProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "prefect"
	resp.Version = p.version
}

// Schema describes the provider block.
func (p *prefectProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Configure makes the clients and passes them to everything that the provider serves. It contacts nothing:
// the first operation that needs an unreachable Server reports it. Without the Server's address everything is
// deferred where Terraform allows that, as in stacks, including data sources, which would otherwise fail.
func (p *prefectProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	unknown := unknownAttributes(req.Config.Raw)

	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}

	agent := userAgent(p.version, req.TerraformVersion)
	var cluster clusterFunc
	if !slices.Contains(unknown, "kubernetes") {
		found, diags := clusterConfig(ctx, config.Kubernetes, agent)
		resp.Diagnostics.Append(diags...)
		cluster = found
	}

	var client *prefect.Client
	if !slices.ContainsFunc(unknown, func(name string) bool { return name != "kubernetes" || !config.PortForward.IsNull() }) {
		settings, diags := serverConfig(ctx, config, cluster)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		settings.UserAgent = agent
		client, diags = newClient(settings)
		resp.Diagnostics.Append(diags...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	if client == nil && req.ClientCapabilities.DeferralAllowed {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
	}
	data := framework.NewProviderData(client, cluster, unknown...)
	data.Afterwards, data.Progress = p.afterwards, p.progress
	resp.ResourceData = data
	resp.DataSourceData = data
	resp.EphemeralResourceData = data
	resp.ActionData = data
	resp.ListResourceData = data
}

// Resources lists the managed resources.
func (p *prefectProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		cloudhook.NewResource,
		flow.NewResource,
		flowgroup.NewResource,
		flowrun.NewResource,
		project.NewResource,
		tenant.NewResource,
	}
}

// DataSources lists the data sources.
func (p *prefectProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		agent.NewDataSource,
		flow.NewDataSource,
		flow.NewPluralDataSource,
		flowgroup.NewDataSource,
		flowrun.NewDataSource,
		flowrun.NewLogsDataSource,
		flowrun.NewPluralDataSource,
		kubernetesjob.NewDataSource,
		project.NewDataSource,
		project.NewPluralDataSource,
		server.NewDataSource,
		tenant.NewDataSource,
		tenant.NewPluralDataSource,
	}
}

// ListResources lists what `terraform query` can find.
func (p *prefectProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		cloudhook.NewListResource,
		flow.NewListResource,
		flowgroup.NewListResource,
		flowrun.NewListResource,
		project.NewListResource,
		tenant.NewListResource,
	}
}

// Actions lists the actions.
func (p *prefectProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		flowrun.NewRunAction,
		flowrun.NewCancelAction,
		flowrun.NewRestartAction,
		flow.NewArchiveAction,
		flow.NewScheduleAction,
	}
}

// EphemeralResources lists the ephemeral resources.
func (p *prefectProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		akstoken.NewEphemeralResource,
		portforward.NewEphemeralResource,
	}
}

// Functions lists the provider-defined functions.
func (p *prefectProvider) Functions(context.Context) []func() function.Function {
	return functions.All()
}
