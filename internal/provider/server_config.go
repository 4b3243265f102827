package provider

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/clientconfig"
)

// serverConfig converts the provider block to the client's configuration, without values from the
// environment.
func serverConfig(ctx context.Context, m model, cluster clusterFunc) (prefect.Config, diag.Diagnostics) {
	var diags diag.Diagnostics
	config := prefect.Config{
		Endpoint:          m.Endpoint.ValueString(),
		Tenant:            m.Tenant.ValueString(),
		APIKey:            m.APIKey.ValueString(),
		CACertificate:     m.CACertificate.ValueString(),
		ClientCertificate: m.ClientCertificate.ValueString(),
		ClientKey:         m.ClientKey.ValueString(),
		Insecure:          m.Insecure.ValueBool(),
		ProxyURL:          m.ProxyURL.ValueString(),
		RequestTimeout:    framework.DurationOr(m.RequestTimeout, 0, path.Root("request_timeout"), &diags),
		ReadyTimeout:      framework.DurationOr(m.ReadyTimeout, 0, path.Root("ready_timeout"), &diags),
		MaxRetries:        retries(m.MaxRetries),
	}
	headers, d := framework.StringsByKey(ctx, m.Headers)
	diags.Append(d...)
	config.Headers = headers
	if !m.BasicAuth.IsNull() {
		var auth basicAuthModel
		diags.Append(m.BasicAuth.As(ctx, &auth, basetypes.ObjectAsOptions{})...)
		config.BasicAuth = &prefect.BasicAuth{Username: auth.Username.ValueString(), Password: auth.Password.ValueString()}
	}
	diags.Append(forward(ctx, m.PortForward, cluster, &config)...)
	return config, diags
}

// retries converts the attribute to the client's field, where 0 means the default and a negative number means
// never.
func retries(v types.Int64) int {
	switch {
	case v.IsNull():
		return 0
	case v.ValueInt64() == 0:
		return -1
	default:
		return int(v.ValueInt64())
	}
}

// newClient resolves what the provider block omits and makes the client.
func newClient(explicit prefect.Config) (*prefect.Client, diag.Diagnostics) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // no files to read; the environment still counts
	}
	config, err := clientconfig.Resolve(explicit, os.Getenv, home)
	if err != nil {
		return nil, framework.Diagnose(err, "The Prefect client's configuration could not be read")
	}
	config.Logger = framework.ClientLogger(secrets(config))
	client, err := prefect.New(config)
	if err != nil {
		return nil, atSetting(err)
	}
	return client, nil
}

// secrets returns the strings that no log may show.
func secrets(config prefect.Config) []string {
	found := []string{config.APIKey, config.ClientKey}
	if config.BasicAuth != nil {
		found = append(found, config.BasicAuth.Password)
	}
	for _, value := range config.Headers {
		found = append(found, value)
	}
	return found
}

func userAgent(version, terraform string) string {
	return fmt.Sprintf("terraform-provider-prefect/%s (%s/%s) terraform/%s", version, runtime.GOOS, runtime.GOARCH, terraform)
}
