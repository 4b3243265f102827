// Package azuresignin defines the arguments for signing in to Microsoft Entra ID. The provider's
// `kubernetes.azure` and the ephemeral resource prefect_aks_token share them.
package azuresignin

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

// Summary is the summary of errors in the arguments.
const Summary = "Cannot sign in to Microsoft Entra ID"

// Choice documents how the arguments combine.
const Choice = "Choose at most one way: a client secret, a certificate, `use_oidc`, `use_workload_identity`, `use_msi` or `use_cli`. Arguments that are left out come " +
	"from the environment variables of the `azurerm` provider (`ARM_TENANT_ID`, `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET`, `ARM_USE_OIDC`, ...), then from those " +
	"of the Azure SDKs (`AZURE_TENANT_ID`, ...). If these select no way either, the account of the `az` command is used."

// Model is the arguments in HCL.
type Model struct {
	ServerID                       types.String `tfsdk:"server_id"`
	Environment                    types.String `tfsdk:"environment"`
	AuthorityHost                  types.String `tfsdk:"authority_host"`
	TenantID                       types.String `tfsdk:"tenant_id"`
	ClientID                       types.String `tfsdk:"client_id"`
	ClientSecret                   types.String `tfsdk:"client_secret"`
	ClientCertificate              types.String `tfsdk:"client_certificate"`
	ClientCertificatePath          types.String `tfsdk:"client_certificate_path"`
	ClientCertificatePassword      types.String `tfsdk:"client_certificate_password"`
	UseOIDC                        types.Bool   `tfsdk:"use_oidc"`
	OIDCToken                      types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath              types.String `tfsdk:"oidc_token_file_path"`
	OIDCRequestURL                 types.String `tfsdk:"oidc_request_url"`
	OIDCRequestToken               types.String `tfsdk:"oidc_request_token"`
	ADOPipelineServiceConnectionID types.String `tfsdk:"ado_pipeline_service_connection_id"`
	UseWorkloadIdentity            types.Bool   `tfsdk:"use_workload_identity"`
	UseMSI                         types.Bool   `tfsdk:"use_msi"`
	UseCLI                         types.Bool   `tfsdk:"use_cli"`
}

// Config converts the arguments. Unknown values count as not set.
func (m Model) Config() entra.Config {
	return entra.Config{
		ServerID: m.ServerID.ValueString(), Environment: m.Environment.ValueString(), AuthorityHost: m.AuthorityHost.ValueString(),
		TenantID: m.TenantID.ValueString(), ClientID: m.ClientID.ValueString(), ClientSecret: m.ClientSecret.ValueString(),
		ClientCertificate: m.ClientCertificate.ValueString(), ClientCertificatePath: m.ClientCertificatePath.ValueString(),
		ClientCertificatePassword: m.ClientCertificatePassword.ValueString(),
		UseOIDC:                   m.UseOIDC.ValueBoolPointer(), OIDCToken: m.OIDCToken.ValueString(), OIDCTokenFilePath: m.OIDCTokenFilePath.ValueString(),
		OIDCRequestURL: m.OIDCRequestURL.ValueString(), OIDCRequestToken: m.OIDCRequestToken.ValueString(),
		ADOPipelineServiceConnectionID: m.ADOPipelineServiceConnectionID.ValueString(),
		UseWorkloadIdentity:            m.UseWorkloadIdentity.ValueBoolPointer(), UseMSI: m.UseMSI.ValueBoolPointer(), UseCLI: m.UseCLI.ValueBoolPointer(),
	}
}

// argument is one of the arguments.
type argument struct {
	description string
	kind        kind
}

type kind int

const (
	text kind = iota
	secret
	way // a boolean that chooses a way to sign in
)

func (k kind) validators() []validator.String {
	if k == secret {
		return []validator.String{framework.Secret()}
	}
	return []validator.String{framework.NotBlank()}
}

// arguments uses the azurerm provider's names where it has the same argument.
func arguments() map[string]argument {
	return map[string]argument{
		"server_id":                   {"Application id of the cluster's API server. Defaults to `" + entra.ServerID + "`, which all AKS clusters share.", text},
		"environment":                 {"Azure cloud: `public`, `usgovernment` or `china`. Defaults to `ARM_ENVIRONMENT`, else `public`.", text},
		"authority_host":              {"URL of Entra ID in a private cloud. Defaults to `AZURE_AUTHORITY_HOST`, else that of the `environment`.", text},
		"tenant_id":                   {"Tenant of Entra ID. Defaults to `ARM_TENANT_ID`, then `AZURE_TENANT_ID`.", text},
		"client_id":                   {"Application (client) id, or that of a user-assigned managed identity. Defaults to `ARM_CLIENT_ID`, then `AZURE_CLIENT_ID`.", text},
		"client_secret":               {"Secret of the application. Defaults to `ARM_CLIENT_SECRET`, then `AZURE_CLIENT_SECRET`.", secret},
		"client_certificate":          {"Certificate and key of the application: PEM, or PKCS#12 in base64. Defaults to `ARM_CLIENT_CERTIFICATE`.", secret},
		"client_certificate_path":     {"Path of a PEM or PKCS#12 file with certificate and key. Defaults to `ARM_CLIENT_CERTIFICATE_PATH`, then `AZURE_CLIENT_CERTIFICATE_PATH`.", text},
		"client_certificate_password": {"Password of the PKCS#12 file. Defaults to `ARM_CLIENT_CERTIFICATE_PASSWORD`, then `AZURE_CLIENT_CERTIFICATE_PASSWORD`.", secret},
		"use_oidc":                    {"Exchange a token of another identity provider, such as HCP Terraform or GitHub Actions, for which the application has a federated credential. Defaults to `ARM_USE_OIDC`.", way},
		"oidc_token":                  {"The token to exchange. Defaults to `ARM_OIDC_TOKEN`.", secret},
		"oidc_token_file_path":        {"Path of a file with the token, read each time. Defaults to `ARM_OIDC_TOKEN_FILE_PATH`, then `AZURE_FEDERATED_TOKEN_FILE`.", text},
		"oidc_request_url":            {"URL to request the token from. Defaults to `ARM_OIDC_REQUEST_URL`, then `ACTIONS_ID_TOKEN_REQUEST_URL` (GitHub Actions) and `SYSTEM_OIDCREQUESTURI` (Azure Pipelines).", text},
		"oidc_request_token":          {"Bearer token for that request. Defaults to `ARM_OIDC_REQUEST_TOKEN`, then `ACTIONS_ID_TOKEN_REQUEST_TOKEN` (GitHub Actions) and `SYSTEM_ACCESSTOKEN` (Azure Pipelines).", secret},
		"ado_pipeline_service_connection_id": {"Id of the Azure DevOps service connection from which a pipeline requests the token. Defaults to `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`, then " +
			"`ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`. The step needs `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in its `env`.", text},
		"use_workload_identity": {"Use the workload identity of the pod that Terraform runs in. Defaults to `ARM_USE_AKS_WORKLOAD_IDENTITY`, and to `true` if `AZURE_FEDERATED_TOKEN_FILE` is set.", way},
		"use_msi":               {"Use the managed identity of the machine that Terraform runs on. Defaults to `ARM_USE_MSI`.", way},
		"use_cli":               {"Use the account of the `az` command. Defaults to `ARM_USE_CLI`, else `true` if nothing else is configured.", way},
	}
}

// ProviderAttributes are the arguments in the provider's schema.
func ProviderAttributes() map[string]providerschema.Attribute {
	attributes := map[string]providerschema.Attribute{}
	for name, a := range arguments() {
		if a.kind == way {
			attributes[name] = providerschema.BoolAttribute{Optional: true, MarkdownDescription: a.description}
			continue
		}
		attributes[name] = providerschema.StringAttribute{
			Optional: true, Sensitive: a.kind == secret, MarkdownDescription: a.description, Validators: a.kind.validators(),
		}
	}
	return attributes
}

// EphemeralAttributes are the arguments in the schema of an ephemeral resource.
func EphemeralAttributes() map[string]ephemeralschema.Attribute {
	attributes := map[string]ephemeralschema.Attribute{}
	for name, a := range arguments() {
		if a.kind == way {
			attributes[name] = ephemeralschema.BoolAttribute{Optional: true, MarkdownDescription: a.description}
			continue
		}
		attributes[name] = ephemeralschema.StringAttribute{
			Optional: true, Sensitive: a.kind == secret, MarkdownDescription: a.description, Validators: a.kind.validators(),
		}
	}
	return attributes
}

// Diagnose attributes an error of package entra to its argument in the object at a path; nil gives none.
func Diagnose(object path.Path, err error) diag.Diagnostics {
	var problem *entra.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &problem):
		return diag.Diagnostics{diag.NewErrorDiagnostic(Summary, framework.Sentence(framework.Capitalise(err.Error())))}
	}
	at, detail := object, framework.Sentence(framework.Capitalise(problem.Problem))+"\n\n"+framework.Sentence(problem.Remedy)
	if problem.Attribute != "" {
		at = object.AtName(problem.Attribute)
	}
	switch len(at.Steps()) {
	case 0:
		return diag.Diagnostics{diag.NewErrorDiagnostic(Summary, detail)}
	case 1:
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, Summary, detail)}
	}
	// For an attribute inside an object, Terraform shows only the block.
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, Summary, fmt.Sprintf("Attribute %s: %s", at, detail))}
}
