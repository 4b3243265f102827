package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/azuresignin"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

// azureAttribute uses the azurerm provider's names where it has the same setting.
func azureAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Sign in to an AKS cluster with Microsoft Entra ID, without the `kubelogin` command. The cluster itself comes from `host` and " +
			"`cluster_ca_certificate` or from a kubeconfig, whose own credentials are then ignored.\n\n" +
			azuresignin.Choice,
		Validators: []validator.Object{
			framework.ObjectBeside(
				objectvalidator.ConflictsWith(beside("token"), beside("exec"), beside("username"), beside("client_certificate")),
				"Two ways to sign in to the cluster", "Set either `azure`, or one of `token`, `exec`, `username` and `client_certificate`."),
			azureWays{},
		},
		Attributes: azuresignin.ProviderAttributes(),
	}
}

// azureWays rejects conflicting ways to sign in, at the second attribute. The environment is only checked
// later, since it may differ where a configuration is validated.
type azureWays struct{}

func (azureWays) Description(context.Context) string               { return "at most one way to sign in" }
func (v azureWays) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (azureWays) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	config, diags := azureConfig(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if config != nil && !diags.HasError() {
		resp.Diagnostics.Append(azuresignin.Diagnose(req.Path, config.CheckWays())...)
	}
}

// azureConfig converts the attribute; nil if it is null. Unknown values count as not set.
func azureConfig(ctx context.Context, attribute types.Object) (*entra.Config, diag.Diagnostics) {
	if attribute.IsNull() {
		return nil, nil
	}
	var m azuresignin.Model
	diags := attribute.As(ctx, &m, basetypes.ObjectAsOptions{})
	config := m.Config()
	return &config, diags
}
