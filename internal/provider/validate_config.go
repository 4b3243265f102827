package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// notValid is the summary of errors in the provider block.
const notValid = "The provider configuration is not valid"

// ValidateConfig checks the known certificates, keys and cluster settings. Files are left to Configure: they
// may not exist yet, or not where a configuration is validated.
func (p *prefectProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	given := prefect.Config{CACertificate: text(config.CACertificate)}
	if cert, key := text(config.ClientCertificate), text(config.ClientKey); cert != "" && key != "" {
		given.ClientCertificate, given.ClientKey = cert, key
	}
	resp.Diagnostics.Append(atSetting(transport.CheckCertificates(given))...)
	resp.Diagnostics.Append(checkCluster(ctx, config.Kubernetes)...)
}

// text returns a value that is known and not a file name, else "".
func text(v types.String) string {
	if !transport.IsFileName(v.ValueString()) {
		return v.ValueString()
	}
	return ""
}

// atSetting attributes an error of the client's configuration to its attribute; nil gives none.
func atSetting(err error) diag.Diagnostics {
	attributes := map[string]string{
		"CACertificate": "ca_certificate", "ClientCertificate": "client_certificate", "ClientKey": "client_key", "ProxyURL": "proxy_url", "Headers": "headers",
	}
	var setting *prefect.SettingError
	if errors.As(err, &setting) && attributes[setting.Field] != "" {
		return framework.Diagnose(err, notValid, path.Root(attributes[setting.Field]))
	}
	return framework.Diagnose(err, notValid)
}

// checkCluster checks the known parts of the kubernetes attribute.
func checkCluster(ctx context.Context, attribute types.Object) diag.Diagnostics {
	if attribute.IsNull() || attribute.IsUnknown() {
		return nil
	}
	config, diags := clusterSettings(ctx, attribute)
	if diags.HasError() {
		return diags
	}
	return atCluster(path.Root("kubernetes"), "The cluster configuration is not valid", config.CheckValues())
}

// atCluster attributes an error of the kubernetes attribute to the part concerned; nil gives none.
func atCluster(cluster path.Path, summary string, err error) diag.Diagnostics {
	var problem *kubeclient.ConfigError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &problem):
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(cluster, summary, err.Error())}
	}
	at, detail := cluster, framework.Sentence(problem.Problem)+"\n\n"+framework.Sentence(problem.Remedy)
	for name := range strings.SplitSeq(problem.Attribute, ".") {
		if name != "" {
			at = at.AtName(name)
		}
	}
	if len(at.Steps()) > 1 {
		// For an attribute inside an object, Terraform shows only the block.
		detail = fmt.Sprintf("Attribute %s: %s", at, detail)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, summary, detail)}
}

// headerCheck rejects headers that no request can have. It does not show their values.
type headerCheck struct{}

func (headerCheck) Description(context.Context) string {
	return "names and values must be those of HTTP headers"
}

func (v headerCheck) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (headerCheck) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	seen := map[string]string{}
	elements := req.ConfigValue.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		at, problem := req.Path.AtMapKey(name), ""
		value, _ := elements[name].(types.String)
		err := transport.CheckHeader(name, value.ValueString())
		other, twice := seen[http.CanonicalHeaderKey(name)]
		switch {
		case value.IsNull():
			problem = fmt.Sprintf("The header %q has no value. Set a value, or remove it.", name)
		case err != nil:
			resp.Diagnostics.Append(framework.Diagnose(err, "Not an HTTP header", at)...)
		case twice:
			problem = fmt.Sprintf("The header %q is also set as %q: header names ignore case. Keep one of them.", name, other)
		}
		if problem != "" {
			resp.Diagnostics.AddAttributeError(at, "Not an HTTP header", problem)
		}
		seen[http.CanonicalHeaderKey(name)] = name
	}
}
