package kubernetes

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// AzureServerID is the application id under which every AKS cluster with Entra ID integration takes tokens.
const AzureServerID = "6dae42f8-4368-4678-94ff-3960e28e3630"

// AzureConfig says how to get tokens of Microsoft Entra ID for an AKS cluster. At most one way may be asked for; if
// none is, the environment decides. What is empty is taken from ARM_ variables, those of the azurerm provider, and then
// from AZURE_ variables, those of the Azure SDKs.
type AzureConfig struct {
	ServerID      string // application id of the cluster's API server; AzureServerID unless set
	Environment   string // public (the default), usgovernment or china
	AuthorityHost string // https URL of Entra ID, for private clouds; wins over Environment

	TenantID, ClientID string

	ClientSecret              string
	ClientCertificate         string // PEM or PKCS#12 in base64
	ClientCertificatePath     string
	ClientCertificatePassword string

	UseOIDC                          *bool // exchange a token of another identity provider; nil leaves it to the environment
	OIDCToken, OIDCTokenFilePath     string
	OIDCRequestURL, OIDCRequestToken string // where to ask for such a token, as in GitHub Actions
	UseWorkloadIdentity              *bool  // the token that AKS projects into a pod
	UseMSI                           *bool  // managed identity of the machine
	UseCLI                           *bool  // the account that the az command is logged in with

	// HTTPClient asks Entra ID; nil means the Azure SDK's own.
	HTTPClient *http.Client
}

// azureWay is a way to prove who one is, named like the attribute that chooses it.
type azureWay string

const (
	azureCertificate azureWay = "client_certificate"
	azureSecret      azureWay = "client_secret"
	azureOIDC        azureWay = "use_oidc"
	azureWorkload    azureWay = "use_workload_identity"
	azureMSI         azureWay = "use_msi"
	azureCLI         azureWay = "use_cli"
)

// Check looks for what is wrong with the configuration together with the environment, without contacting anything or
// reading a file but those that the environment names in place of values. Errors are *ConfigError whose attribute begins
// with "azure".
func (a AzureConfig) Check(env func(string) string) error {
	_, err := a.resolve(env)
	return err
}

// azureLogin is an AzureConfig with nothing left open.
type azureLogin struct {
	AzureConfig
	way azureWay
}

func azureProblem(attribute, problem, remedy string) *ConfigError {
	if attribute != "" {
		attribute = "." + attribute
	}
	return &ConfigError{Kind: ErrConfigValue, Attribute: "azure" + attribute, Problem: problem, Remedy: remedy}
}

// asked lists the ways that the configuration itself asks for, and the attributes that do.
func (a AzureConfig) asked() (ways []azureWay, attributes []string) {
	add := func(way azureWay, candidates ...string) {
		for i := 0; i < len(candidates); i += 2 {
			if candidates[i+1] != "" {
				ways, attributes = append(ways, way), append(attributes, candidates[i])
				return
			}
		}
	}
	add(azureCertificate, "client_certificate", a.ClientCertificate, "client_certificate_path", a.ClientCertificatePath)
	add(azureSecret, "client_secret", a.ClientSecret)
	add(azureOIDC, "use_oidc", isTrue(a.UseOIDC), "oidc_token", a.OIDCToken, "oidc_token_file_path", a.OIDCTokenFilePath, "oidc_request_url", a.OIDCRequestURL)
	add(azureWorkload, "use_workload_identity", isTrue(a.UseWorkloadIdentity))
	add(azureMSI, "use_msi", isTrue(a.UseMSI))
	add(azureCLI, "use_cli", isTrue(a.UseCLI))
	return ways, attributes
}

func isTrue(b *bool) string {
	if b != nil && *b {
		return "true"
	}
	return ""
}

// CheckWays looks for attributes that exclude each other, whatever the environment is.
func (a AzureConfig) CheckWays() error {
	if ways, attributes := a.asked(); len(ways) > 1 {
		return azureProblem(attributes[1], fmt.Sprintf("%s and %s are different ways to sign in and exclude each other", attributes[0], attributes[1]), "Keep one of them")
	}
	switch {
	case a.ClientCertificate != "" && a.ClientCertificatePath != "":
		return azureProblem("client_certificate_path", "client_certificate and client_certificate_path exclude each other", "Keep one of them")
	case a.OIDCToken != "" && a.OIDCTokenFilePath != "":
		return azureProblem("oidc_token_file_path", "oidc_token and oidc_token_file_path exclude each other", "Keep one of them")
	case a.ClientCertificatePassword != "" && a.ClientCertificate == "" && a.ClientCertificatePath == "" && a.ClientSecret != "":
		return azureProblem("client_certificate_password", "there is no certificate that the password could be for", "Set client_certificate_path, or remove the password")
	}
	if _, known := azureClouds[a.Environment]; !known && a.Environment != "" {
		return azureProblem("environment", fmt.Sprintf("%q is not a cloud that is known", a.Environment), "Use public, usgovernment or china, or set authority_host")
	}
	if u, err := url.Parse(a.AuthorityHost); a.AuthorityHost != "" && (err != nil || u.Host == "" || u.Scheme != "https") {
		return azureProblem("authority_host", "it is not a URL with the scheme https", "Use a URL such as https://login.microsoftonline.com/")
	}
	return nil
}

// azureClouds are the clouds by the azurerm provider's names.
var azureClouds = map[string]cloud.Configuration{ //nolint:gochecknoglobals // a constant table
	"public": cloud.AzurePublic, "usgovernment": cloud.AzureGovernment, "china": cloud.AzureChina,
}

// resolve fills in what is open from the environment.
func (a AzureConfig) resolve(env func(string) string) (*azureLogin, error) {
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
	l := &azureLogin{AzureConfig: a}
	l.ServerID = fallback(a.ServerID, AzureServerID)
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
	if len(ways) == 0 { // a secret that nobody has asked for need not be there
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
		return nil, azureProblem("", "nothing says how to sign in to Microsoft Entra ID",
			"Set client_secret, client_certificate_path, use_oidc, use_workload_identity, use_msi or use_cli, or the ARM_ environment variables of the azurerm provider")
	}
	// The environment may name these, too.
	if err := (AzureConfig{Environment: l.Environment, AuthorityHost: l.AuthorityHost}).CheckWays(); err != nil {
		return nil, err
	}
	if err := l.complete(); err != nil {
		return nil, err
	}
	return l, nil
}

// fromFile fills in a value that is open from the file that a variable names, if it names one.
func fromFile(value *string, env func(string) string, variable, attribute string) error {
	path := strings.TrimSpace(env(variable))
	if *value != "" || path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		problem := azureProblem(attribute, "the file "+path+" of "+variable+" cannot be read", "Correct the variable, or set "+attribute)
		problem.Err = err
		return problem
	}
	*value = strings.TrimSpace(string(text))
	return nil
}

func (l *azureLogin) resolveOIDC(first func(string, ...string) string) {
	if l.OIDCTokenFilePath == "" && l.OIDCRequestURL == "" {
		l.OIDCToken = first(l.OIDCToken, "ARM_OIDC_TOKEN")
	}
	if l.OIDCToken == "" && l.OIDCRequestURL == "" {
		l.OIDCTokenFilePath = first(l.OIDCTokenFilePath, "ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
	}
	l.OIDCRequestURL = first(l.OIDCRequestURL, "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL")
	l.OIDCRequestToken = first(l.OIDCRequestToken, "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
}

// fromEnvironment chooses a way when the configuration names none, in the order of the azurerm provider. A way that the
// configuration sets to false is not taken.
func (l *azureLogin) fromEnvironment(env func(string) string) azureWay {
	wanted := func(attribute *bool, on bool) bool { return on && (attribute == nil || *attribute) }
	says := func(name string) bool { return strings.EqualFold(strings.TrimSpace(env(name)), "true") }
	switch {
	case l.ClientCertificate != "" || l.ClientCertificatePath != "":
		return azureCertificate
	case l.ClientSecret != "":
		return azureSecret
	case wanted(l.UseOIDC, says("ARM_USE_OIDC")):
		return azureOIDC
	case wanted(l.UseWorkloadIdentity, says("ARM_USE_AKS_WORKLOAD_IDENTITY") || env("AZURE_FEDERATED_TOKEN_FILE") != ""):
		return azureWorkload
	case wanted(l.UseMSI, says("ARM_USE_MSI")):
		return azureMSI
	case wanted(l.UseCLI, !strings.EqualFold(strings.TrimSpace(env("ARM_USE_CLI")), "false")):
		return azureCLI
	default:
		return ""
	}
}

// complete says what the chosen way lacks.
func (l *azureLogin) complete() error {
	lacks := func(attribute, variables string) error {
		return azureProblem(attribute, fmt.Sprintf("%s needs %s", l.way, attribute), fmt.Sprintf("Set %s, or the environment variable %s", attribute, variables))
	}
	if l.way != azureMSI && l.way != azureCLI {
		if l.TenantID == "" {
			return lacks("tenant_id", "ARM_TENANT_ID or AZURE_TENANT_ID")
		}
		if l.ClientID == "" {
			return lacks("client_id", "ARM_CLIENT_ID or AZURE_CLIENT_ID")
		}
	}
	switch {
	case l.way == azureWorkload && l.OIDCTokenFilePath == "":
		return azureProblem("use_workload_identity", "use_workload_identity needs the token file that AKS projects into pods, and there is none",
			"Run in a pod whose service account and labels enable workload identity, set oidc_token_file_path, or choose another way")
	case l.way == azureOIDC && l.OIDCToken == "" && l.OIDCTokenFilePath == "" && l.OIDCRequestURL == "":
		return lacks("oidc_token", "ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_REQUEST_URL")
	case l.way == azureOIDC && l.OIDCToken == "" && l.OIDCTokenFilePath == "" && l.OIDCRequestToken == "":
		return lacks("oidc_request_token", "ARM_OIDC_REQUEST_TOKEN")
	}
	return nil
}

// cloud is where to sign in, and whether that is one of Microsoft's public addresses.
func (l *azureLogin) cloud() (where cloud.Configuration, known bool) {
	if l.AuthorityHost == "" {
		return azureClouds[fallback(l.Environment, "public")], true
	}
	for _, c := range azureClouds {
		if strings.TrimRight(c.ActiveDirectoryAuthorityHost, "/") == strings.TrimRight(l.AuthorityHost, "/") {
			return c, true
		}
	}
	return cloud.Configuration{ActiveDirectoryAuthorityHost: l.AuthorityHost, Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}}, false
}

// certificate is the content of the certificate and where it came from.
func (l *azureLogin) certificate() ([]byte, string, error) {
	if l.ClientCertificatePath != "" {
		data, err := os.ReadFile(l.ClientCertificatePath)
		if err != nil {
			problem := azureProblem("client_certificate_path", "the file "+l.ClientCertificatePath+" cannot be read", "Name a PEM or PKCS#12 file that holds the certificate and its key")
			problem.Err = err
			return nil, "", problem
		}
		return data, "client_certificate_path", nil
	}
	if strings.Contains(l.ClientCertificate, "-----BEGIN ") {
		return []byte(l.ClientCertificate), "client_certificate", nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(l.ClientCertificate), ""))
	if err != nil {
		return nil, "", azureProblem("client_certificate", "it is neither PEM nor base64", "Use the PEM text with the key, or filebase64() of the PKCS#12 file")
	}
	return data, "client_certificate", nil
}
