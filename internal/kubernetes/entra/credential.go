package entra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

const (
	// renewBefore is how long before its expiry a token is renewed.
	renewBefore = 5 * time.Minute
	// exchangeAudience is the required audience of a token to exchange.
	exchangeAudience = "api://AzureADTokenExchange"
)

// credential returns the SDK credential for the sign-in. It reads certificates but contacts nothing.
func (l *login) credential() (azcore.TokenCredential, error) {
	where, known := l.cloud()
	options := azcore.ClientOptions{Cloud: where}
	if l.HTTPClient != nil {
		options.Transport = l.HTTPClient
	}
	var made azcore.TokenCredential
	var err error
	attribute := string(l.way)
	switch l.way {
	case bySecret:
		made, err = azidentity.NewClientSecretCredential(l.TenantID, l.ClientID, l.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: !known})
	case byCertificate:
		return l.certificateCredential(options, !known)
	case byOIDC, byWorkload:
		made, err = azidentity.NewClientAssertionCredential(l.TenantID, l.ClientID, l.assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: !known})
	case byMSI:
		o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if l.ClientID != "" {
			o.ID = azidentity.ClientID(l.ClientID)
		}
		made, err = azidentity.NewManagedIdentityCredential(o)
	default:
		made, err = azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: l.TenantID})
	}
	if err != nil {
		if strings.Contains(err.Error(), "tenant") {
			attribute = "tenant_id"
		}
		problem := misconfigured(attribute, "the values are invalid: "+firstLine(err.Error()), "Correct them")
		problem.Err = err
		return nil, problem
	}
	return made, nil
}

func (l *login) certificateCredential(options azcore.ClientOptions, private bool) (azcore.TokenCredential, error) {
	data, attribute, err := l.certificate()
	if err != nil {
		return nil, err
	}
	unusable := func(err error) error {
		problem := misconfigured(attribute, "the certificate cannot be used: "+firstLine(err.Error()),
			"Use a PEM file with certificate and unencrypted key, or a PKCS#12 file and client_certificate_password")
		problem.Err = err
		return problem
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(l.ClientCertificatePassword))
	if err != nil {
		return nil, unusable(err)
	}
	made, err := azidentity.NewClientCertificateCredential(l.TenantID, l.ClientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: private})
	if err != nil {
		return nil, unusable(err)
	}
	return made, nil
}

// assertion returns the token of another identity provider to exchange. Files are read each time, because
// their tokens are short-lived and rotated.
func (l *login) assertion(ctx context.Context) (string, error) {
	switch {
	case l.OIDCToken != "":
		return l.OIDCToken, nil
	case l.OIDCTokenFilePath != "":
		data, err := localfile.Read(l.OIDCTokenFilePath, localfile.Small)
		if err != nil {
			return "", fmt.Errorf("read the token to exchange: %w", err)
		}
		return strings.TrimSpace(string(data)), nil
	default:
		return l.requestAssertion(ctx)
	}
}

// adoAPIVersion is the version of the Azure DevOps API for service connection tokens.
const adoAPIVersion = "7.1"

// requestAssertion requests a token as in GitHub Actions or, for a service connection, in Azure Pipelines.
func (l *login) requestAssertion(ctx context.Context) (string, error) {
	address, err := url.Parse(l.OIDCRequestURL)
	if err != nil {
		return "", errors.New("oidc_request_url is not a URL")
	}
	query := address.Query()
	unless := func(name, value string) {
		if query.Get(name) == "" {
			query.Set(name, value)
		}
	}
	unless("audience", exchangeAudience)
	method := http.MethodGet
	if l.ADOPipelineServiceConnectionID != "" {
		method = http.MethodPost
		unless("api-version", adoAPIVersion)
		unless("serviceConnectionId", l.ADOPipelineServiceConnectionID)
	}
	address.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, address.String(), http.NoBody)
	if err != nil {
		return "", fmt.Errorf("request the token to exchange: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+l.OIDCRequestToken)
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	client := l.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("request the token to exchange: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Value     string // of GitHub
		OIDCToken string // of Azure DevOps
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer)
	if method == http.MethodPost {
		answer.Value = answer.OIDCToken
	}
	if err != nil || resp.StatusCode != http.StatusOK || answer.Value == "" {
		return "", fmt.Errorf("request the token to exchange: %s answered with HTTP status %d and no token", address.Host, resp.StatusCode)
	}
	return answer.Value, nil
}
