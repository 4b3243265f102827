// Package portforward implements the ephemeral resource prefect_port_forward.
package portforward

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

const (
	// patience is how long the first connection to the Service may take.
	patience = time.Minute
	// idKey is the private data key of the port-forward's id.
	idKey = "id"
)

// portForward implements the ephemeral resource prefect_port_forward.
type portForward struct {
	data *framework.ProviderData
}

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*portForward)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*portForward)(nil)
)

// NewEphemeralResource returns the ephemeral resource prefect_port_forward.
func NewEphemeralResource() ephemeral.EphemeralResource { return &portForward{} }

// open contains the port-forwards of this process, by listening address. Terraform closes one with only the
// private data of its opening, and on another instance of the resource.
var open sync.Map //nolint:gochecknoglobals // see above

// model is the ephemeral resource's attributes.
type model struct {
	Namespace types.String `tfsdk:"namespace"`
	Service   types.String `tfsdk:"service"`
	Port      types.String `tfsdk:"port"`
	Host      types.String `tfsdk:"host"`
	LocalPort types.Int64  `tfsdk:"local_port"`
	Address   types.String `tfsdk:"address"`
}

// Metadata sets the type name.
func (*portForward) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_port_forward"
}

// Configure stores the provider data.
func (p *portForward) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	p.data = framework.ConfigureEphemeral(req, resp)
}

// Schema describes the ephemeral resource.
func (*portForward) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A port-forward to a Service of the cluster in the provider's `kubernetes`, open while Terraform runs. It provides an address on this machine for other " +
			"providers, provisioners and scripts. Connections go through the cluster's API, as with `kubectl port-forward`. Each goes to a pod that is ready " +
			"at that time, so replacing pods does no harm. Only this machine can connect. Needs Terraform 1.10 or OpenTofu 1.11.\n\n" +
			"To reach a Server that is not exposed, this provider itself uses `port_forward` in its own configuration.",
		Attributes: map[string]schema.Attribute{
			"namespace": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.DNSLabel()},
				MarkdownDescription: "Namespace of the Service. Default: that of `kubernetes`.",
			},
			"service": schema.StringAttribute{
				Required: true, Validators: []validator.String{framework.DNSLabel()},
				MarkdownDescription: "Name of the Service, which must select pods.",
			},
			"port": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.ServicePort()},
				MarkdownDescription: "Port of the Service, by number or name, such as `4200`. Default: the Service's only port.",
			},
			"host":       computed("Host of the address: `127.0.0.1`."),
			"local_port": schema.Int64Attribute{Computed: true, MarkdownDescription: "Port of the address, a free one each time."},
			"address":    computed("Host and port, such as `127.0.0.1:40213`."),
		},
	}
}

// Open connects to the Service once, to report errors here, and listens.
func (p *portForward) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	summary := fmt.Sprintf("Could not forward a port to Service %q", m.Service.ValueString())
	if !p.data.HasCluster() {
		resp.Diagnostics.AddError(summary, "The provider's configuration has no cluster, or the cluster is not known yet.\n\n"+
			"Set `kubernetes` in the provider's configuration. If the same apply creates the cluster, give the ephemeral resource a "+
			"`depends_on` for it, so that it is opened during apply.")
		return
	}
	way := tunnel.New(p.data.Kubernetes, tunnel.Target{Namespace: m.Namespace.ValueString(), Service: m.Service.ValueString(), Port: m.Port.ValueString()})
	probe, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connection, err := way.DialContext(probe, "", "")
	if err != nil {
		way.Close()
		resp.Diagnostics.AddError(summary, framework.Sentence(framework.Capitalise(err.Error())))
		return
	}
	_ = connection.Close() // it only tested the way
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		way.Close()
		resp.Diagnostics.AddError(summary, "Cannot listen on a local port: "+framework.Sentence(err.Error()))
		return
	}
	f := forward(listener, way) //nolint:contextcheck // it outlives this call
	address := listener.Addr().String()
	open.Store(address, f)
	host, port, _ := net.SplitHostPort(address) // a listener's address can be split
	number, _ := strconv.ParseInt(port, 10, 64)
	m.Host, m.LocalPort, m.Address = types.StringValue(host), types.Int64Value(number), types.StringValue(address)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, idKey, []byte(strconv.Quote(address)))...)
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}

// Close ends the port-forward and its connections.
func (*portForward) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	raw, diags := req.Private.GetKey(ctx, idKey)
	resp.Diagnostics.Append(diags...)
	address, err := strconv.Unquote(string(raw))
	if err != nil {
		return // Open failed
	}
	if f, ok := open.LoadAndDelete(address); ok {
		f.(*forwarding).end() //nolint:forcetypeassert,errcheck // nothing else is stored
	}
}
