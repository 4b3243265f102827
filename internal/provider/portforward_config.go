package provider

import (
	"context"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func portForwardAttribute() schema.Attribute {
	label := framework.DNSLabel()
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Reaches a Server that is not exposed, through the API of the cluster in `kubernetes`: a port-forward to a pod behind the Service, " +
			"like `kubectl port-forward`. The provider opens it when it is first needed, shares it among all requests, and reopens it when it breaks.\n\n" +
			"If `endpoint` is set here, its scheme, path and host name still apply: with `https` the certificate is " +
			"checked against its host name. Otherwise the provider uses plain HTTP, and ignores the endpoint in `PREFECT__CLOUD__API` and in the files of the Prefect client. " +
			"`proxy_url` cannot be combined with it; the cluster's own `proxy_url` applies.",
		Validators: []validator.Object{
			framework.ObjectBeside(objectvalidator.AlsoRequires(path.MatchRoot("kubernetes")),
				"No cluster for the port-forward", "The port-forward goes through a cluster's API. Also set `kubernetes`, for instance `kubernetes = { config_path = \"~/.kube/config\" }`."),
			framework.ObjectBeside(objectvalidator.ConflictsWith(path.MatchRoot("proxy_url")),
				"Two ways to the Server", "`port_forward` and `proxy_url` cannot be combined. Remove one of them; the cluster's own `proxy_url` applies to the port-forward."),
		},
		Attributes: map[string]schema.Attribute{
			"namespace": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Namespace of the Service. Defaults to that of `kubernetes`.",
				Validators: []validator.String{label},
			},
			"service": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the Service in front of the Server's API. The chart of Prefect Server names it `<release>-apollo`.",
				Validators: []validator.String{label},
			},
			"port": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Port of the Service, by number or name, such as `4200`. Defaults to the Service's only port.",
				Validators: []validator.String{framework.ServicePort()},
			},
		},
	}
}

// forward makes the client connect through the cluster, if the attribute is set.
func forward(ctx context.Context, attribute types.Object, cluster clusterFunc, config *prefect.Config) diag.Diagnostics {
	if attribute.IsNull() {
		return nil
	}
	var m portForwardModel
	diags := attribute.As(ctx, &m, basetypes.ObjectAsOptions{})
	if diags.HasError() || cluster == nil {
		return diags // the schema reports a missing kubernetes
	}
	target := tunnel.Target{Namespace: m.Namespace.ValueString(), Service: m.Service.ValueString(), Port: m.Port.ValueString()}
	config.Dial = tunnel.New(cluster, target).DialContext
	if config.Endpoint == "" {
		config.Endpoint = serviceURL(target)
	}
	return diags
}

// serviceURL is the Server's URL for messages and the Host header.
func serviceURL(target tunnel.Target) string {
	url := "http://" + target.Service
	if target.Namespace != "" {
		url += "." + target.Namespace
	}
	if _, err := strconv.Atoi(target.Port); err == nil {
		url += ":" + target.Port
	}
	return url
}
