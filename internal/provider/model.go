package provider

import "github.com/hashicorp/terraform-plugin-framework/types"

// model is the provider block.
type model struct {
	Endpoint          types.String `tfsdk:"endpoint"`
	Tenant            types.String `tfsdk:"tenant"`
	APIKey            types.String `tfsdk:"api_key"`
	BasicAuth         types.Object `tfsdk:"basic_auth"`
	Headers           types.Map    `tfsdk:"headers"`
	CACertificate     types.String `tfsdk:"ca_certificate"`
	ClientCertificate types.String `tfsdk:"client_certificate"`
	ClientKey         types.String `tfsdk:"client_key"`
	Insecure          types.Bool   `tfsdk:"insecure"`
	ProxyURL          types.String `tfsdk:"proxy_url"`
	RequestTimeout    types.String `tfsdk:"request_timeout"`
	MaxRetries        types.Int64  `tfsdk:"max_retries"`
	ReadyTimeout      types.String `tfsdk:"ready_timeout"`
	Kubernetes        types.Object `tfsdk:"kubernetes"`
	PortForward       types.Object `tfsdk:"port_forward"`
}

// portForwardModel is the port_forward attribute.
type portForwardModel struct {
	Namespace types.String `tfsdk:"namespace"`
	Service   types.String `tfsdk:"service"`
	Port      types.String `tfsdk:"port"`
}

// basicAuthModel is the basic_auth attribute.
type basicAuthModel struct {
	Username types.String `tfsdk:"username"`
	Password types.String `tfsdk:"password"`
}

// kubernetesModel is the kubernetes attribute.
type kubernetesModel struct {
	Host                  types.String `tfsdk:"host"`
	Token                 types.String `tfsdk:"token"`
	Username              types.String `tfsdk:"username"`
	Password              types.String `tfsdk:"password"`
	Insecure              types.Bool   `tfsdk:"insecure"`
	TLSServerName         types.String `tfsdk:"tls_server_name"`
	ClusterCACertificate  types.String `tfsdk:"cluster_ca_certificate"`
	ClientCertificate     types.String `tfsdk:"client_certificate"`
	ClientKey             types.String `tfsdk:"client_key"`
	ConfigPath            types.String `tfsdk:"config_path"`
	ConfigPaths           types.List   `tfsdk:"config_paths"`
	ConfigContext         types.String `tfsdk:"config_context"`
	ConfigContextAuthInfo types.String `tfsdk:"config_context_auth_info"`
	ConfigContextCluster  types.String `tfsdk:"config_context_cluster"`
	ProxyURL              types.String `tfsdk:"proxy_url"`
	Namespace             types.String `tfsdk:"namespace"`
	Namespaces            types.List   `tfsdk:"namespaces"`
	Exec                  types.Object `tfsdk:"exec"`
	Azure                 types.Object `tfsdk:"azure"`
}

// execModel is the exec attribute of kubernetes.
type execModel struct {
	APIVersion types.String `tfsdk:"api_version"`
	Command    types.String `tfsdk:"command"`
	Args       types.List   `tfsdk:"args"`
	Env        types.Map    `tfsdk:"env"`
}
