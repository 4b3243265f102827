package entra

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// ServerID is the application id for which every AKS cluster with Entra ID integration accepts tokens.
const ServerID = "6dae42f8-4368-4678-94ff-3960e28e3630"

// Config is how to get Microsoft Entra ID tokens for an AKS cluster. At most one way to sign in may be set;
// if none is, the environment decides. Empty values come from ARM_ variables (of the azurerm provider), then
// from AZURE_ variables (of the Azure SDKs).
type Config struct {
	ServerID      string // application id of the cluster's API server; ServerID unless set
	Environment   string // public (the default), usgovernment or china
	AuthorityHost string // https URL of Entra ID, for private clouds; overrides Environment

	TenantID, ClientID string

	ClientSecret              string
	ClientCertificate         string // PEM or PKCS#12 in base64
	ClientCertificatePath     string
	ClientCertificatePassword string

	UseOIDC                          *bool // exchange a token of another identity provider; nil lets the environment decide
	OIDCToken, OIDCTokenFilePath     string
	OIDCRequestURL, OIDCRequestToken string // where to request such a token, as in GitHub Actions and Azure Pipelines
	ADOPipelineServiceConnectionID   string // the Azure Pipelines service connection to request one for
	UseWorkloadIdentity              *bool  // the token that AKS projects into a pod
	UseMSI                           *bool  // managed identity of the machine
	UseCLI                           *bool  // the account of the az command

	// HTTPClient sends requests to Entra ID; nil means the Azure SDK's own.
	HTTPClient *http.Client
}

// signIn is a way to sign in, named like its attribute.
type signIn string

const (
	byCertificate signIn = "client_certificate"
	bySecret      signIn = "client_secret"
	byOIDC        signIn = "use_oidc"
	byWorkload    signIn = "use_workload_identity"
	byMSI         signIn = "use_msi"
	byCLI         signIn = "use_cli"
)

// Check validates the configuration together with the environment. It contacts nothing and reads only the
// files that the environment names in place of values. Errors are *Error whose attribute begins with "azure".
func (a Config) Check(env func(string) string) error {
	_, err := a.resolve(env)
	return err
}

// login is a Config with every value resolved.
type login struct {
	Config
	way signIn
}

// asked returns the ways to sign in that the configuration sets, and their attributes.
func (a Config) asked() (ways []signIn, attributes []string) {
	add := func(way signIn, candidates ...string) {
		for i := 0; i < len(candidates); i += 2 {
			if candidates[i+1] != "" {
				ways, attributes = append(ways, way), append(attributes, candidates[i])
				return
			}
		}
	}
	add(byCertificate, "client_certificate", a.ClientCertificate, "client_certificate_path", a.ClientCertificatePath)
	add(bySecret, "client_secret", a.ClientSecret)
	add(byOIDC, "use_oidc", isTrue(a.UseOIDC), "oidc_token", a.OIDCToken, "oidc_token_file_path", a.OIDCTokenFilePath, "oidc_request_url", a.OIDCRequestURL,
		"ado_pipeline_service_connection_id", a.ADOPipelineServiceConnectionID)
	add(byWorkload, "use_workload_identity", isTrue(a.UseWorkloadIdentity))
	add(byMSI, "use_msi", isTrue(a.UseMSI))
	add(byCLI, "use_cli", isTrue(a.UseCLI))
	return ways, attributes
}

func isTrue(b *bool) string {
	if b != nil && *b {
		return "true"
	}
	return ""
}

// CheckWays checks for conflicting attributes, independently of the environment.
func (a Config) CheckWays() error {
	if ways, attributes := a.asked(); len(ways) > 1 {
		return misconfigured(attributes[1], fmt.Sprintf("%s and %s are different ways to sign in and cannot be combined", attributes[0], attributes[1]), "Keep one of them")
	}
	switch {
	case a.ClientCertificate != "" && a.ClientCertificatePath != "":
		return misconfigured("client_certificate_path", "client_certificate and client_certificate_path cannot be combined", "Keep one of them")
	case a.OIDCToken != "" && a.OIDCTokenFilePath != "":
		return misconfigured("oidc_token_file_path", "oidc_token and oidc_token_file_path cannot be combined", "Keep one of them")
	case a.ClientCertificatePassword != "" && a.ClientCertificate == "" && a.ClientCertificatePath == "" && a.ClientSecret != "":
		return misconfigured("client_certificate_password", "the password has no certificate", "Set client_certificate_path, or remove the password")
	}
	if _, known := clouds[a.Environment]; !known && a.Environment != "" {
		return misconfigured("environment", fmt.Sprintf("%q is not a known cloud", a.Environment), "Use public, usgovernment or china, or set authority_host")
	}
	if u, err := url.Parse(a.AuthorityHost); a.AuthorityHost != "" && (err != nil || u.Host == "" || u.Scheme != "https") {
		return misconfigured("authority_host", "it is not a URL with the scheme https", "Use a URL such as https://login.microsoftonline.com/")
	}
	return nil
}

// clouds are the clouds by the azurerm provider's names.
var clouds = map[string]cloud.Configuration{ //nolint:gochecknoglobals // a constant table
	"public": cloud.AzurePublic, "usgovernment": cloud.AzureGovernment, "china": cloud.AzureChina,
}

// cloud returns where to sign in, and whether that is one of Microsoft's public addresses.
func (l *login) cloud() (where cloud.Configuration, known bool) {
	if l.AuthorityHost == "" {
		return clouds[cmp.Or(l.Environment, "public")], true
	}
	for _, c := range clouds {
		if strings.TrimRight(c.ActiveDirectoryAuthorityHost, "/") == strings.TrimRight(l.AuthorityHost, "/") {
			return c, true
		}
	}
	return cloud.Configuration{ActiveDirectoryAuthorityHost: l.AuthorityHost, Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}}, false
}

// certificate returns the content of the certificate and its source.
func (l *login) certificate() ([]byte, string, error) {
	if l.ClientCertificatePath != "" {
		data, err := localfile.Read(l.ClientCertificatePath, localfile.Small)
		if err != nil {
			problem := misconfigured("client_certificate_path", "the file "+l.ClientCertificatePath+" cannot be read", "Use a PEM or PKCS#12 file that contains the certificate and its key")
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
		return nil, "", misconfigured("client_certificate", "it is neither PEM nor base64", "Use the PEM text with the key, or filebase64() of the PKCS#12 file")
	}
	return data, "client_certificate", nil
}
