package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

// noSignIn is the summary of what is wrong with the azure attribute.
const noSignIn = "Cannot sign in to Microsoft Entra ID"

// azureAttribute has the azurerm provider's names where that has the same thing.
func azureAttribute() schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{framework.NotBlank()}}
	}
	secret := func(description string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, Sensitive: true, MarkdownDescription: description, Validators: []validator.String{framework.Secret()},
		}
	}
	way := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Sign in to an AKS cluster with Microsoft Entra ID, without the `kubelogin` command. The cluster itself comes from `host` and " +
			"`cluster_ca_certificate` or from a kubeconfig, whose own credentials are then not used.\n\n" +
			"Choose at most one way: a client secret, a certificate, `use_oidc`, `use_workload_identity`, `use_msi` or `use_cli`. What is left out is taken " +
			"from the environment variables of the `azurerm` provider (`ARM_TENANT_ID`, `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET`, `ARM_USE_OIDC`, ...), then from those " +
			"of the Azure SDKs (`AZURE_TENANT_ID`, ...). If nothing there names a way either, the account of the `az` command is used.",
		Validators: []validator.Object{
			framework.ObjectBeside(
				objectvalidator.ConflictsWith(beside("token"), beside("exec"), beside("username"), beside("client_certificate")),
				"Two ways to sign in to the cluster", "Set either `azure`, or one of `token`, `exec`, `username` and `client_certificate`."),
			azureWays{},
		},
		Attributes: map[string]schema.Attribute{
			"server_id":                   text("Application id of the cluster's API server. Defaults to `" + entra.ServerID + "`, which all AKS clusters have in common."),
			"environment":                 text("Azure cloud: `public`, `usgovernment` or `china`. Defaults to `ARM_ENVIRONMENT`, else `public`."),
			"authority_host":              text("URL of Entra ID in a private cloud. Defaults to `AZURE_AUTHORITY_HOST`, else that of the `environment`."),
			"tenant_id":                   text("Tenant of Entra ID. Defaults to `ARM_TENANT_ID`, then `AZURE_TENANT_ID`."),
			"client_id":                   text("Application (client) id, or that of a user-assigned managed identity. Defaults to `ARM_CLIENT_ID`, then `AZURE_CLIENT_ID`."),
			"client_secret":               secret("Secret of the application. Defaults to `ARM_CLIENT_SECRET`, then `AZURE_CLIENT_SECRET`."),
			"client_certificate":          secret("Certificate and key of the application: PEM, or PKCS#12 in base64. Defaults to `ARM_CLIENT_CERTIFICATE`."),
			"client_certificate_path":     text("Path of a PEM or PKCS#12 file with them. Defaults to `ARM_CLIENT_CERTIFICATE_PATH`, then `AZURE_CLIENT_CERTIFICATE_PATH`."),
			"client_certificate_password": secret("Password of the PKCS#12 file. Defaults to `ARM_CLIENT_CERTIFICATE_PASSWORD`, then `AZURE_CLIENT_CERTIFICATE_PASSWORD`."),
			"use_oidc":                    way("Exchange a token of another identity provider, such as HCP Terraform or GitHub Actions, for which the application has a federated credential. Defaults to `ARM_USE_OIDC`."),
			"oidc_token":                  secret("The token to exchange. Defaults to `ARM_OIDC_TOKEN`."),
			"oidc_token_file_path":        text("Path of a file with the token, read each time. Defaults to `ARM_OIDC_TOKEN_FILE_PATH`, then `AZURE_FEDERATED_TOKEN_FILE`."),
			"oidc_request_url":            text("URL to ask for the token. Defaults to `ARM_OIDC_REQUEST_URL`, then `ACTIONS_ID_TOKEN_REQUEST_URL`."),
			"oidc_request_token":          secret("Bearer token for that question. Defaults to `ARM_OIDC_REQUEST_TOKEN`, then `ACTIONS_ID_TOKEN_REQUEST_TOKEN`."),
			"use_workload_identity":       way("Use the workload identity of the pod that this runs in. Defaults to `ARM_USE_AKS_WORKLOAD_IDENTITY`, and to true where `AZURE_FEDERATED_TOKEN_FILE` is set."),
			"use_msi":                     way("Use the managed identity of the machine that this runs on. Defaults to `ARM_USE_MSI`."),
			"use_cli":                     way("Use the account that the `az` command is logged in with. Defaults to `ARM_USE_CLI`, else true if nothing else is configured."),
		},
	}
}

// azureWays refuses ways to sign in that exclude each other, at the attribute
// that is one too many. What the environment holds is only looked at later, since
// it may not be the same where a configuration is validated.
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
		resp.Diagnostics.Append(atCluster(req.Path.ParentPath(), noSignIn, config.CheckWays())...)
	}
}

// azureConfig is nil without the attribute. Unknown values count as not set.
func azureConfig(ctx context.Context, attribute types.Object) (*entra.Config, diag.Diagnostics) {
	if attribute.IsNull() {
		return nil, nil
	}
	var m azureModel
	diags := attribute.As(ctx, &m, basetypes.ObjectAsOptions{})
	return &entra.Config{
		ServerID: m.ServerID.ValueString(), Environment: m.Environment.ValueString(), AuthorityHost: m.AuthorityHost.ValueString(),
		TenantID: m.TenantID.ValueString(), ClientID: m.ClientID.ValueString(), ClientSecret: m.ClientSecret.ValueString(),
		ClientCertificate: m.ClientCertificate.ValueString(), ClientCertificatePath: m.ClientCertificatePath.ValueString(),
		ClientCertificatePassword: m.ClientCertificatePassword.ValueString(),
		UseOIDC:                   m.UseOIDC.ValueBoolPointer(), OIDCToken: m.OIDCToken.ValueString(), OIDCTokenFilePath: m.OIDCTokenFilePath.ValueString(),
		OIDCRequestURL: m.OIDCRequestURL.ValueString(), OIDCRequestToken: m.OIDCRequestToken.ValueString(),
		UseWorkloadIdentity: m.UseWorkloadIdentity.ValueBoolPointer(), UseMSI: m.UseMSI.ValueBoolPointer(), UseCLI: m.UseCLI.ValueBoolPointer(),
	}, diags
}
