package entra

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// resolve fills empty values from the environment.
func (a Config) resolve(env func(string) string) (*login, error) {
	if err := a.CheckWays(); err != nil {
		return nil, err
	}
	if env == nil {
		env = os.Getenv
	}
	first := func(explicit string, names ...string) string {
		for _, name := range names {
			if explicit == "" {
				explicit = strings.TrimSpace(env(name))
			}
		}
		return explicit
	}
	ways, _ := a.asked()
	l := &login{Config: a}
	l.ServerID = cmp.Or(a.ServerID, ServerID)
	l.TenantID = first(a.TenantID, "ARM_TENANT_ID", "AZURE_TENANT_ID")
	l.ClientID = first(a.ClientID, "ARM_CLIENT_ID")
	if err := fromFile(&l.ClientID, env, "ARM_CLIENT_ID_FILE_PATH", "client_id"); err != nil {
		return nil, err
	}
	l.ClientID = first(l.ClientID, "AZURE_CLIENT_ID")
	l.AuthorityHost = first(a.AuthorityHost, "AZURE_AUTHORITY_HOST")
	if a.Environment != "" && a.AuthorityHost == "" {
		l.AuthorityHost = ""
	}
	l.Environment = first(a.Environment, "ARM_ENVIRONMENT")
	l.ClientSecret = first(a.ClientSecret, "ARM_CLIENT_SECRET")
	if len(ways) == 0 { // with an explicit way to sign in, the file may be missing
		if err := fromFile(&l.ClientSecret, env, "ARM_CLIENT_SECRET_FILE_PATH", "client_secret"); err != nil {
			return nil, err
		}
	}
	l.ClientSecret = first(l.ClientSecret, "AZURE_CLIENT_SECRET")
	if a.ClientCertificatePath == "" {
		l.ClientCertificate = first(a.ClientCertificate, "ARM_CLIENT_CERTIFICATE")
	}
	if l.ClientCertificate == "" {
		l.ClientCertificatePath = first(a.ClientCertificatePath, "ARM_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH")
	}
	l.ClientCertificatePassword = first(a.ClientCertificatePassword, "ARM_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD")
	l.resolveOIDC(first)
	if len(ways) == 1 {
		l.way = ways[0]
	} else if l.way = l.fromEnvironment(env); l.way == "" {
		return nil, misconfigured("", "no way to sign in to Microsoft Entra ID is configured",
			"Set client_secret, client_certificate_path, use_oidc, use_workload_identity, use_msi or use_cli, or the ARM_ environment variables of the azurerm provider")
	}
	// The environment may also set these.
	if err := (Config{Environment: l.Environment, AuthorityHost: l.AuthorityHost}).CheckWays(); err != nil {
		return nil, err
	}
	if err := l.complete(); err != nil {
		return nil, err
	}
	return l, nil
}

// fromFile fills an empty value from the file that a variable names, if any.
func fromFile(value *string, env func(string) string, variable, attribute string) error {
	path := strings.TrimSpace(env(variable))
	if *value != "" || path == "" {
		return nil
	}
	text, err := localfile.Read(path, localfile.Small)
	if err != nil {
		failure := misconfigured(attribute, "the file "+path+" in "+variable+" cannot be read", "Correct the variable, or set "+attribute)
		failure.Err = err
		return failure
	}
	*value = strings.TrimSpace(string(text))
	return nil
}

func (l *login) resolveOIDC(first func(string, ...string) string) {
	if l.OIDCTokenFilePath == "" && l.OIDCRequestURL == "" {
		l.OIDCToken = first(l.OIDCToken, "ARM_OIDC_TOKEN")
	}
	if l.OIDCToken == "" && l.OIDCRequestURL == "" {
		l.OIDCTokenFilePath = first(l.OIDCTokenFilePath, "ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
	}
	l.OIDCRequestURL = first(l.OIDCRequestURL, "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI")
	l.OIDCRequestToken = first(l.OIDCRequestToken, "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
	// The second name is that of the azapi provider.
	l.ADOPipelineServiceConnectionID = first(l.ADOPipelineServiceConnectionID, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
}

// fromEnvironment selects a way to sign in if the configuration sets none, in the order of the azurerm
// provider. It skips those that the configuration sets to false.
func (l *login) fromEnvironment(env func(string) string) signIn {
	wanted := func(attribute *bool, on bool) bool { return on && (attribute == nil || *attribute) }
	says := func(name string) bool { return strings.EqualFold(strings.TrimSpace(env(name)), "true") }
	switch {
	case l.ClientCertificate != "" || l.ClientCertificatePath != "":
		return byCertificate
	case l.ClientSecret != "":
		return bySecret
	case wanted(l.UseOIDC, says("ARM_USE_OIDC")):
		return byOIDC
	case wanted(l.UseWorkloadIdentity, says("ARM_USE_AKS_WORKLOAD_IDENTITY") || env("AZURE_FEDERATED_TOKEN_FILE") != ""):
		return byWorkload
	case wanted(l.UseMSI, says("ARM_USE_MSI")):
		return byMSI
	case wanted(l.UseCLI, !strings.EqualFold(strings.TrimSpace(env("ARM_USE_CLI")), "false")):
		return byCLI
	default:
		return ""
	}
}

// complete reports what the selected way to sign in is missing.
func (l *login) complete() error {
	lacks := func(attribute, variables string) error {
		return misconfigured(attribute, fmt.Sprintf("%s needs %s", l.way, attribute), fmt.Sprintf("Set %s, or the environment variable %s", attribute, variables))
	}
	if l.way != byMSI && l.way != byCLI {
		if l.TenantID == "" {
			return lacks("tenant_id", "ARM_TENANT_ID or AZURE_TENANT_ID")
		}
		if l.ClientID == "" {
			return lacks("client_id", "ARM_CLIENT_ID or AZURE_CLIENT_ID")
		}
	}
	switch {
	case l.way == byWorkload && l.OIDCTokenFilePath == "":
		return misconfigured("use_workload_identity", "use_workload_identity needs the token file that AKS projects into pods, and there is none",
			"Run in a pod whose service account and labels enable workload identity, set oidc_token_file_path, or choose another way")
	case l.way == byOIDC && l.OIDCToken == "" && l.OIDCTokenFilePath == "" && l.OIDCRequestURL == "":
		return lacks("oidc_token", "ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_REQUEST_URL")
	case l.way == byOIDC && l.OIDCToken == "" && l.OIDCTokenFilePath == "" && l.OIDCRequestToken == "":
		return lacks("oidc_request_token", "ARM_OIDC_REQUEST_TOKEN; in Azure Pipelines, SYSTEM_ACCESSTOKEN: $(System.AccessToken) in the env of the step")
	}
	return nil
}
