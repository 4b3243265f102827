package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/azuresignin"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// clusterFunc makes the client of the configured cluster.
type clusterFunc = func() (*kubeclient.Client, error)

// clusterConfig converts the kubernetes attribute to a function that makes the cluster's client. It is nil
// without the attribute.
func clusterConfig(ctx context.Context, attribute types.Object, userAgent string) (clusterFunc, diag.Diagnostics) {
	if attribute.IsNull() {
		return nil, nil
	}
	config, diags := clusterSettings(ctx, attribute)
	config.UserAgent = userAgent
	if !diags.HasError() {
		diags.Append(checkCluster(ctx, attribute)...)
	}
	if !diags.HasError() {
		// Report what is missing now, and not in the first run in the middle of an apply.
		diags.Append(atCluster(path.Root("kubernetes"), azuresignin.Summary, config.CheckSignIn())...)
	}
	// One shared client, made when something first needs it.
	return sync.OnceValues(func() (*kubeclient.Client, error) { return kubeclient.NewClient(config) }), diags
}

// clusterSettings converts the kubernetes attribute to the client's configuration. Unknown values count as
// not set.
func clusterSettings(ctx context.Context, attribute types.Object) (kubeclient.Config, diag.Diagnostics) {
	var m kubernetesModel
	diags := attribute.As(ctx, &m, basetypes.ObjectAsOptions{})
	config := kubeclient.Config{
		Host:                  m.Host.ValueString(),
		Token:                 m.Token.ValueString(),
		Username:              m.Username.ValueString(),
		Password:              m.Password.ValueString(),
		Insecure:              m.Insecure.ValueBool(),
		TLSServerName:         m.TLSServerName.ValueString(),
		ClusterCACertificate:  m.ClusterCACertificate.ValueString(),
		ClientCertificate:     m.ClientCertificate.ValueString(),
		ClientKey:             m.ClientKey.ValueString(),
		ConfigPath:            m.ConfigPath.ValueString(),
		ConfigContext:         m.ConfigContext.ValueString(),
		ConfigContextAuthInfo: m.ConfigContextAuthInfo.ValueString(),
		ConfigContextCluster:  m.ConfigContextCluster.ValueString(),
		ProxyURL:              m.ProxyURL.ValueString(),
		Namespace:             m.Namespace.ValueString(),
	}
	if m.ClientCertificate.IsUnknown() || m.ClientKey.IsUnknown() {
		config.ClientCertificate, config.ClientKey = "", "" // one without the other is not an error yet
	}
	if framework.FullyKnown(m.ConfigPaths) {
		paths, d := framework.Strings(ctx, m.ConfigPaths)
		diags.Append(d...)
		config.ConfigPaths = paths
	}
	if framework.FullyKnown(m.Namespaces) {
		namespaces, d := framework.Strings(ctx, m.Namespaces)
		diags.Append(d...)
		config.Namespaces = namespaces
	}
	if framework.FullyKnown(m.Exec) {
		exec, d := execConfig(ctx, m.Exec)
		diags.Append(d...)
		config.Exec = exec
	}
	azure, d := azureConfig(ctx, m.Azure)
	diags.Append(d...)
	config.Azure = azure
	return config, diags
}

func execConfig(ctx context.Context, attribute types.Object) (*kubeclient.ExecConfig, diag.Diagnostics) {
	if attribute.IsNull() {
		return nil, nil
	}
	var m execModel
	diags := attribute.As(ctx, &m, basetypes.ObjectAsOptions{})
	args, d := framework.Strings(ctx, m.Args)
	diags.Append(d...)
	env, d := framework.StringsByKey(ctx, m.Env)
	diags.Append(d...)
	return &kubeclient.ExecConfig{
		APIVersion: m.APIVersion.ValueString(),
		Command:    m.Command.ValueString(),
		Args:       args,
		Env:        env,
	}, diags
}
