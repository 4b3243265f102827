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
		MarkdownDescription: "Manages what a Prefect Server 1.x holds: tenants, projects, flow registrations and flow runs, " +
			"and follows runs to the Kubernetes Jobs that execute them.\n\n" +
			"What is left out here is resolved as the Prefect 1.x client does: from `PREFECT__` environment variables, " +
			"then `~/.prefect/backend.toml`, then `~/.prefect/config.toml`, then the defaults of the client.\n\n" +
			"Values that are unknown during plan, because the Server or the cluster is created in the same apply, do not " +
			"fail the plan: whatever would need the Server is left to the apply.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the Server's API, such as `http://localhost:4200`, with or without `/graphql`. " +
					"Not the URL of the UI. Defaults to `PREFECT__CLOUD__API`, else to the Server that the Prefect 1.x client is configured for; " +
					"with `port_forward` to the Service, by plain HTTP.",
				Validators: []validator.String{framework.HTTPURL()},
			},
			"tenant": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Slug or id of the tenant that everything belongs to for which no other is given. Defaults to " +
					"`PREFECT__CLOUD__TENANT_ID`, else to the Server's only tenant. If the Server has several, one must be chosen.",
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
			"ca_certificate":     pemAttribute("Certificates of the authorities to trust for the Server, besides the system's: PEM, or the path of a PEM file.", ""),
			"client_certificate": pemAttribute("Certificate that the provider presents to the Server (mutual TLS): PEM, or the path of a PEM file.", "client_key"),
			"client_key":         sensitive(pemAttribute("Key of `client_certificate`: PEM, or the path of a PEM file.", "client_certificate")),
			"insecure": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Accept any certificate from the Server. For trials only: whoever is on the network can then read and change everything.",
			},
			"proxy_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Proxy for requests to the Server (`http`, `https` or `socks5`). Defaults to the usual `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.",
				Validators:          []validator.String{framework.HTTPURL("socks5")},
			},
			"request_timeout": durationAttribute("Time that a single request may take."),
			"max_retries": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "How often a request that failed for a temporary reason is repeated. Only what is safe to repeat is repeated. " +
					"`0` switches retries off.",
				Validators: []validator.Int64{framework.IntegerBetween(0, 100)},
			},
			"ready_timeout": durationAttribute("Time to wait, before the first request, for a Server that is still starting. Without it a Server that does not answer is an error at once (after retries)."),
			"kubernetes":    kubernetesAttribute(),
			"port_forward":  portForwardAttribute(),
		},
	}
}

func basicAuthAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "User and password for HTTP basic authentication at a gateway in front of the Server. Excludes `api_key`.",
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
		MarkdownDescription: "Further HTTP headers of every request, by name. They win over `api_key` and `basic_auth`.",
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

// needs requires the other half of a certificate and its key.
func needs(other path.Expression, name string) validator.String {
	return framework.StringBeside(stringvalidator.AlsoRequires(other), "Half of a certificate and its key", "Set `"+name+"` too, or remove this attribute.")
}

func with(attribute schema.StringAttribute, validators ...validator.String) schema.StringAttribute {
	attribute.Validators = append(attribute.Validators, validators...)
	return attribute
}

// beside is another attribute of the same object.
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

// kubernetesAttribute has the names of the helm provider's attribute of the
// same name, version 3, so that one object can configure both.
func kubernetesAttribute() schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The cluster in which the agent runs flows. With it, runs are checked before they are created and followed to their " +
			"Jobs and pods; without it only the Server is asked. The attributes are those of the `helm` provider's `kubernetes`. " +
			"What is given here wins over the kubeconfig. Without `config_path`, `config_paths` and `host` the kubeconfig is that of the " +
			"environment variable `KUBE_CONFIG_PATH`, `KUBE_CONFIG_PATHS` or `KUBECONFIG`, else inside a cluster the pod's service account is used; " +
			"`~/.kube/config` must be named.",
		Attributes: map[string]schema.Attribute{
			"host":                   text("URL of the cluster's API server."),
			"token":                  sensitive(text("Bearer token of a service account or user.")),
			"username":               text("User name for basic authentication."),
			"password":               sensitive(text("Password for basic authentication.")),
			"insecure":               schema.BoolAttribute{Optional: true, MarkdownDescription: "Accept any certificate from the API server. For trials only."},
			"tls_server_name":        text("Name to check the API server's certificate against, if it differs from the host."),
			"cluster_ca_certificate": text("PEM certificates of the authorities to trust for the API server."),
			"client_certificate":     with(text("PEM certificate of the client."), needs(beside("client_key"), "client_key")),
			"client_key":             with(sensitive(text("PEM key of the client certificate.")), needs(beside("client_certificate"), "client_certificate")),
			"config_path": with(text("Path of a kubeconfig file. Excludes `config_paths`."), framework.StringBeside(stringvalidator.ConflictsWith(beside("config_paths")),
				"Two settings for kubeconfig files", "Set either `config_path` or `config_paths`, not both.")),
			"config_paths": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.List{framework.Elements()},
				MarkdownDescription: "Paths of kubeconfig files that are merged, the first having precedence.",
			},
			"config_context":           text("Context of the kubeconfig to use. Defaults to its current context."),
			"config_context_auth_info": text("User of the kubeconfig, in place of the context's."),
			"config_context_cluster":   text("Cluster of the kubeconfig, in place of the context's."),
			"proxy_url":                text("Proxy for requests to the API server."),
			"namespace":                text("Namespace in which the agent creates Jobs. Defaults to the context's, else `default`."),
			"namespaces": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.List{framework.Elements(), listvalidator.ValueStringsAre(framework.DNSLabel())},
				MarkdownDescription: "Namespaces in which agents create Jobs, where they use several. Jobs of runs are followed and deleted in all of them and in " +
					"`namespace`; a run is checked in `namespace`, or in the first of these if `namespace` is not set. Defaults to `namespace` alone.",
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
				Required: true, MarkdownDescription: "Version of the credential protocol that the command speaks.",
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
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Environment variables added for the command.",
				Validators: []validator.Map{framework.Elements()},
			},
		},
	}
}
