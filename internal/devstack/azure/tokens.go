package azure

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// KubernetesServerID is the application that tokens for AKS clusters are meant
	// for, the same in all of Azure.
	KubernetesServerID = "6dae42f8-4368-4678-94ff-3960e28e3630"

	// Assertion is the token of another identity provider for which the
	// application has a federated credential.
	Assertion = "simulated-assertion"

	// secret is the application's.
	secret = "simulated" //nolint:gosec // made up
	// identityPath is where managed identities get their tokens.
	identityPath = "/identity/token"
	// signature ends every token. Nobody checks it but Subject.
	signature = ".c2ltdWxhdGVk"
)

// FederatedEnvironment is Environment for signing in with the token of another identity provider, as pipelines do.
func (s *Simulation) FederatedEnvironment() []string {
	var environment []string
	for _, variable := range s.Environment() {
		if !strings.HasPrefix(variable, "ARM_CLIENT_SECRET=") {
			environment = append(environment, variable)
		}
	}
	return append(environment, "ARM_USE_OIDC=true", "ARM_OIDC_TOKEN="+Assertion)
}

// serveAuthority describes where a tenant signs in.
func (s *Simulation) serveAuthority(out http.ResponseWriter, in *http.Request) {
	tenant := origin(in) + "/" + strings.Split(in.URL.Path, "/")[1]
	writeJSON(out, http.StatusOK, object{
		"issuer": tenant + "/v2.0", "authorization_endpoint": tenant + "/oauth2/v2.0/authorize", "token_endpoint": tenant + "/oauth2/v2.0/token",
	})
}

// serveToken issues a token for the requested resource. azurerm reads its claims without checking the signature.
func (s *Simulation) serveToken(out http.ResponseWriter, in *http.Request) {
	if err := in.ParseForm(); err != nil {
		writeJSON(out, http.StatusBadRequest, object{"error": "invalid_request", "error_description": err.Error()})
		return
	}
	known := in.Form.Get("client_id") == ClientID && (in.Form.Get("client_secret") == secret || in.Form.Get("client_assertion") == Assertion)
	if in.URL.Path != identityPath && !known {
		writeJSON(out, http.StatusUnauthorized, object{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret or assertion provided."})
		return
	}
	audience := strings.TrimSuffix(in.Form.Get("scope")+in.Form.Get("resource"), "/.default")
	if first, _, several := strings.Cut(audience, "/.default "); several { // with openid and the like
		audience = first
	}
	writeJSON(out, http.StatusOK, object{
		"access_token": segment(object{"alg": "none", "typ": "JWT"}) + "." +
			segment(object{"aud": audience, "oid": ObjectID, "tid": TenantID, "appid": ClientID, "idtyp": "app"}) + signature,
		"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600,
		"expires_on": strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
	})
}

func segment(v object) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// Subject returns the object id that a token of the simulation was issued to; empty if it is not the simulation's, or
// is meant for another application.
func Subject(token, audience string) string {
	segments := strings.Split(strings.TrimSuffix(token, signature), ".")
	if len(segments) != 2 || !strings.HasSuffix(token, signature) {
		return ""
	}
	data, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Audience string `json:"aud"`
		Object   string `json:"oid"`
	}
	if err := json.Unmarshal(data, &claims); err != nil || claims.Audience != audience {
		return ""
	}
	return claims.Object
}
