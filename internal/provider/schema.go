package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// providerSchema is the schema of the provider block.
func providerSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Manages the objects of a Prefect Server 1.x: tenants, projects, flow registrations and flow runs, " +
			"and follows runs to the Kubernetes Jobs that execute them.\n\n" +
			"Settings that are left out are resolved as the Prefect 1.x client does: from `PREFECT__` environment variables, " +
			"then `~/.prefect/backend.toml`, then `~/.prefect/config.toml`, then the defaults of the client.\n\n" +
			"Values that are unknown during plan, because the same apply creates the Server or the cluster, do not " +
			"fail the plan: everything that needs the Server happens during apply.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the Server's API, such as `http://localhost:4200`, with or without `/graphql`. " +
					"Not the URL of the UI. Defaults to `PREFECT__CLOUD__API`, else to the Server in the Prefect 1.x client's configuration; " +
					"with `port_forward`, to the Service, over plain HTTP.",
				Validators: []validator.String{framework.HTTPURL()},
			},
			"tenant": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Slug or id of the default tenant. Defaults to " +
					"`PREFECT__CLOUD__TENANT_ID`, else to the Server's only tenant. If the Server has several, set this.",
				Validators: []validator.String{framework.NotBlank()},
			},
			"api_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Key sent as `Authorization: Bearer`, for a gateway in front of the Server; the Server itself has no " +
					"authentication. Defaults to `PREFECT__CLOUD__API_KEY`.",
				Validators: []validator.String{
					framework.Secret(),
					framework.StringBeside(stringvalidator.ConflictsWith(path.MatchRoot("basic_auth")),
						"Two ways to sign in", "`api_key` and `basic_auth` both set the Authorization header. Remove one of them."),
				},
			},
			"basic_auth":         basicAuthAttribute(),
			"headers":            headersAttribute(),
			"ca_certificate":     pemAttribute("Certificates of authorities to trust for the Server, in addition to the system's: PEM, or the path of a PEM file.", ""),
			"client_certificate": pemAttribute("Certificate that the provider presents to the Server (mutual TLS): PEM, or the path of a PEM file.", "client_key"),
			"client_key":         sensitive(pemAttribute("Key of `client_certificate`: PEM, or the path of a PEM file.", "client_certificate")),
			"insecure": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Accepts any certificate from the Server. For tests only: anyone on the network can then read and change everything.",
			},
			"proxy_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Proxy for requests to the Server (`http`, `https` or `socks5`). Defaults to the usual `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.",
				Validators:          []validator.String{framework.HTTPURL("socks5")},
			},
			"request_timeout": durationAttribute("Time limit of a single request."),
			"max_retries": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "Maximum number of retries of a request that failed for a temporary reason. Only requests that are safe to repeat are retried. " +
					"`0` disables retries.",
				Validators: []validator.Int64{framework.IntegerBetween(0, 100)},
			},
			"ready_timeout": durationAttribute("How long to wait, before the first request, for a Server that is still starting. By default, a Server that does not answer is an error after the retries."),
			"kubernetes":    kubernetesAttribute(),
			"port_forward":  portForwardAttribute(),
		},
	}
}

func basicAuthAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "User and password for HTTP basic authentication at a gateway in front of the Server. Conflicts with `api_key`.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Required: true, MarkdownDescription: "User name.",
				Validators: []validator.String{framework.NotBlank()},
			},
			"password": schema.StringAttribute{
				Required: true, Sensitive: true, MarkdownDescription: "Password.",
			},
		},
	}
}

func headersAttribute() schema.Attribute {
	return schema.MapAttribute{
		Optional: true, Sensitive: true, ElementType: types.StringType,
		MarkdownDescription: "Additional HTTP headers of every request, by name. They override `api_key` and `basic_auth`.",
		Validators:          []validator.Map{headerCheck{}},
	}
}

func pemAttribute(description, requires string) schema.StringAttribute {
	attribute := schema.StringAttribute{Optional: true, MarkdownDescription: description}
	if requires != "" {
		attribute = with(attribute, needs(path.MatchRoot(requires), requires))
	}
	return attribute
}

// needs requires the other half of a certificate and key pair.
func needs(other path.Expression, name string) validator.String {
	return framework.StringBeside(stringvalidator.AlsoRequires(other), "Incomplete pair of certificate and key", "Also set `"+name+"`, or remove this attribute.")
}

func with(attribute schema.StringAttribute, validators ...validator.String) schema.StringAttribute {
	attribute.Validators = append(attribute.Validators, validators...)
	return attribute
}

// beside returns another attribute of the same object.
func beside(name string) path.Expression {
	return path.MatchRelative().AtParent().AtName(name)
}

func sensitive(attribute schema.StringAttribute) schema.StringAttribute {
	attribute.Sensitive = true
	return attribute
}

func durationAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: description + " A number with a unit, such as `30s` or `5m`.",
		Validators:          []validator.String{framework.Duration()},
	}
}

// kubernetesAttribute uses the names of the helm provider's attribute of the same name, version 3, so that
// one object can configure both.
func kubernetesAttribute() schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The cluster in which the agent runs flows. If it is set, the provider checks runs before it creates them and follows them to their " +
			"Jobs and pods; otherwise it only uses the Server. The attributes are those of the `helm` provider's `kubernetes`. " +
			"They override the kubeconfig. Without `config_path`, `config_paths` and `host`, the kubeconfig comes from the " +
			"environment variable `KUBE_CONFIG_PATH`, `KUBE_CONFIG_PATHS` or `KUBECONFIG`; inside a cluster, the pod's service account is used otherwise. " +
			"`~/.kube/config` is used only if one of these names it, because its current context could be any cluster.",
		Attributes: map[string]schema.Attribute{
			"host":                   text("URL of the cluster's API server."),
			"token":                  sensitive(text("Bearer token of a service account or user.")),
			"username":               text("User name for basic authentication."),
			"password":               sensitive(text("Password for basic authentication.")),
			"insecure":               schema.BoolAttribute{Optional: true, MarkdownDescription: "Accepts any certificate from the API server. For tests only."},
			"tls_server_name":        text("Name to check the API server's certificate against, if it differs from the host."),
			"cluster_ca_certificate": text("PEM certificates of authorities to trust for the API server."),
			"client_certificate":     with(text("PEM certificate of the client."), needs(beside("client_key"), "client_key")),
			"client_key":             with(sensitive(text("PEM key of the client certificate.")), needs(beside("client_certificate"), "client_certificate")),
			"config_path": with(text("Path of a kubeconfig file. Conflicts with `config_paths`."), framework.StringBeside(stringvalidator.ConflictsWith(beside("config_paths")),
				"Two settings for kubeconfig files", "Set either `config_path` or `config_paths`, not both.")),
			"config_paths": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.List{framework.Elements()},
				MarkdownDescription: "Paths of kubeconfig files to merge; the first takes precedence.",
			},
			"config_context":           text("Context of the kubeconfig to use. Defaults to its current context."),
			"config_context_auth_info": text("User in the kubeconfig, instead of the context's."),
			"config_context_cluster":   text("Cluster in the kubeconfig, instead of the context's."),
			"proxy_url":                text("Proxy for requests to the API server."),
			"namespace":                text("Namespace in which the agent creates Jobs. Defaults to the context's, else `default`."),
			"namespaces": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.List{framework.Elements(), listvalidator.ValueStringsAre(framework.DNSLabel())},
				MarkdownDescription: "Namespaces in which agents create Jobs, if they use several. The provider follows and deletes Jobs in all of them and in " +
					"`namespace`. It checks a run in `namespace`, or in the first of these if `namespace` is not set. Defaults to only `namespace`.",
			},
			"exec":  execAttribute(),
			"azure": azureAttribute(),
		},
	}
}

func execAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Command that prints credentials, as in a kubeconfig, for instance `aws eks get-token` or `kubelogin`.",
		Attributes: map[string]schema.Attribute{
			"api_version": schema.StringAttribute{
				Required: true, MarkdownDescription: "API version of the credential protocol that the command uses.",
				Validators: []validator.String{framework.OneOf("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")},
			},
			"command": schema.StringAttribute{
				Required: true, MarkdownDescription: "The command.",
				Validators: []validator.String{framework.NotBlank()},
			},
			"args": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Its arguments.",
				Validators: []validator.List{framework.Elements()},
			},
			"env": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Additional environment variables for the command.",
				Validators: []validator.Map{framework.Elements()},
			},
		},
	}
}
