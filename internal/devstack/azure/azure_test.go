package azure_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

const group = "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/g"

// client talks to a simulation of its own, which takes it that minutes have gone
// by when it is told so.
type client struct {
	t       *testing.T
	base    string
	http    *http.Client
	minutes *atomic.Int64
}

func start(t *testing.T) (*azure.Simulation, *client) {
	t.Helper()
	var minutes atomic.Int64
	s, err := azure.Start(t.Context(), azure.Options{
		Dir: t.TempDir(), Kubeconfig: []byte("kubeconfig"), Polls: 2,
		Now: func() time.Time { return time.Unix(0, 0).Add(time.Duration(minutes.Load()) * time.Minute) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &client{t: t, base: s.Endpoint(), http: http.DefaultClient, minutes: &minutes}
	c.do(http.MethodPut, group, "2023-07-01", `{"location":"westeurope"}`, http.StatusCreated)
	for _, namespace := range []string{"Network", "ContainerService", "ContainerRegistry", "DBforPostgreSQL", "Insights", "KeyVault", "ManagedIdentity"} {
		c.do(http.MethodPost, "/subscriptions/"+azure.SubscriptionID+"/providers/Microsoft."+namespace+"/register", "2022-09-01", "", http.StatusOK)
	}
	return s, c
}

// do sends a request, wants a status, and gives the answer and its header.
func (c *client) do(method, path, version, body string, want int) (map[string]any, http.Header) {
	c.t.Helper()
	url := path
	if !strings.HasPrefix(url, "http") {
		url = c.base + path + "?api-version=" + version
	}
	in, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := c.http.Do(in)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	answer := map[string]any{}
	_ = json.NewDecoder(out.Body).Decode(&answer) // some answers have no body
	if out.StatusCode != want {
		c.t.Fatalf("%s %s: status %d, want %d: %v", method, path, out.StatusCode, want, answer)
	}
	return answer, out.Header
}

// finish polls an operation until it has succeeded and says how often.
func (c *client) finish(header http.Header) int {
	c.t.Helper()
	for polls := 1; ; polls++ {
		if status, _ := c.do(http.MethodGet, header.Get("Azure-AsyncOperation"), "", "", http.StatusOK); status["status"] == "Succeeded" {
			return polls
		}
	}
}

func TestNetworkRules(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const version = "2025-01-01"
	network := group + "/providers/Microsoft.Network/virtualNetworks/n"
	c.do(http.MethodGet, network, version, "", http.StatusNotFound)
	_, header := c.do(http.MethodPut, network, version, `{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`, http.StatusCreated)
	c.do(http.MethodPut, network, version, `{}`, http.StatusConflict) // busy
	if polls := c.finish(header); polls != 3 {
		t.Errorf("the operation took %d polls, want 3", polls)
	}
	subnet := func(name, prefix string, want int) http.Header {
		_, header := c.do(http.MethodPut, network+"/subnets/"+name, version, `{"properties":{"addressPrefixes":["`+prefix+`"]}}`, want)
		return header
	}
	c.finish(subnet("a", "10.0.1.0/24", http.StatusCreated))
	subnet("outside", "10.1.0.0/24", http.StatusBadRequest)
	subnet("overlapping", "10.0.0.0/20", http.StatusBadRequest)

	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	c.do(http.MethodPut, cluster, "2020-01-01", `{}`, http.StatusBadRequest) // no such version
	_, header = c.do(http.MethodPut, cluster, "2025-10-01", `{"location":"westeurope","properties":{"dnsPrefix":"k","agentPoolProfiles":[
		{"name":"system","minCount":1,"vnetSubnetID":"`+network+`/subnets/a"}]}}`, http.StatusCreated)
	c.finish(header)
	c.do(http.MethodDelete, network+"/subnets/a", version, "", http.StatusBadRequest) // in use
	answer, _ := c.do(http.MethodPost, cluster+"/listClusterUserCredential", "2025-10-01", "", http.StatusOK)
	if text, err := json.Marshal(answer); err != nil || !strings.Contains(string(text), "a3ViZWNvbmZpZw==") {
		t.Errorf("the credentials are %s (%v)", text, err)
	}
	_, header = c.do(http.MethodDelete, cluster, "2025-10-01", "", http.StatusAccepted)
	c.finish(header)
	_, header = c.do(http.MethodDelete, group, "2023-07-01", "", http.StatusAccepted)
	c.finish(header)
	if left := s.Resources(); len(left) > 0 {
		t.Errorf("the group is gone, but not %v", left)
	}
}

// TestClusterAndPoolsTakeTurns: what changes a cluster has to wait for its pools,
// which do not wait for each other.
func TestClusterAndPoolsTakeTurns(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const version = "2025-10-01"
	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	body := `{"location":"westeurope","properties":{"dnsPrefix":"k"}}`
	_, first := c.do(http.MethodPut, cluster, version, body, http.StatusCreated)
	c.do(http.MethodPut, cluster+"/agentPools/a", version, `{}`, http.StatusConflict)
	c.finish(first)
	_, first = c.do(http.MethodPut, cluster+"/agentPools/a", version, `{}`, http.StatusCreated)
	_, second := c.do(http.MethodPut, cluster+"/agentPools/b", version, `{}`, http.StatusCreated)
	c.do(http.MethodPut, cluster, version, body, http.StatusConflict)
	c.finish(first)
	c.do(http.MethodPut, cluster, version, body, http.StatusConflict)
	c.finish(second)
	answer, _ := c.do(http.MethodGet, cluster+"/availableAgentPoolVersions", version, "", http.StatusOK)
	if text, err := json.Marshal(answer); err != nil || !strings.Contains(string(text), `"kubernetesVersion":"1.`) {
		t.Errorf("the versions for pools are %s (%v)", text, err)
	}
	s.Edit(cluster, func(body map[string]any) { body["tags"] = map[string]any{"by": "hand"} })
	if got := s.Body(cluster); got["tags"] == nil {
		t.Errorf("the edited cluster is %v", got)
	}
	_, first = c.do(http.MethodPut, cluster, version, body, http.StatusCreated)
	c.finish(first)
}

// TestWhatAzureAddsAndRefuses: what a server does to its subnet, and settings
// of a cluster that exclude each other.
func TestWhatAzureAddsAndRefuses(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const version = "2025-01-01"
	network := group + "/providers/Microsoft.Network/virtualNetworks/n"
	_, header := c.do(http.MethodPut, network, version, `{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`, http.StatusCreated)
	c.finish(header)
	subnet := network + "/subnets/a"
	_, header = c.do(http.MethodPut, subnet, version, `{"properties":{"addressPrefixes":["10.0.1.0/24"]}}`, http.StatusCreated)
	c.finish(header)
	for _, server := range []string{"one", "two"} {
		_, header = c.do(http.MethodPut, group+"/providers/Microsoft.DBforPostgreSQL/flexibleServers/"+server, "2025-08-01",
			`{"properties":{"network":{"delegatedSubnetResourceId":"`+subnet+`"}}}`, http.StatusAccepted)
		c.finish(header)
	}
	text, err := json.Marshal(s.Body(subnet))
	if err != nil || strings.Count(string(text), "Microsoft.Storage") != 1 {
		t.Errorf("the servers' subnet is %s (%v)", text, err)
	}
	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	for _, properties := range []string{
		`"networkProfile":{"outboundType":"managedNATGateway"},"agentPoolProfiles":[{"name":"system","vnetSubnetID":"` + subnet + `"}]`,
		`"apiServerAccessProfile":{"enablePrivateCluster":true,"privateDNSZone":"none"}`,
	} {
		c.do(http.MethodPut, cluster, "2025-10-01", `{"properties":{"dnsPrefix":"k",`+properties+`}}`, http.StatusBadRequest)
	}
	association := group + "/providers/Microsoft.Insights/dataCollectionRuleAssociations/a"
	c.do(http.MethodPut, association, "2023-03-11", `{"properties":{"dataCollectionRuleId":"/none"}}`, http.StatusBadRequest)
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	setting := group + "/providers/Microsoft.Insights/diagnosticSettings/s"
	for properties, want := range map[string]int{
		`"logs":[{"category":"guard","enabled":true}]`:                                            http.StatusBadRequest, // to nowhere
		`"workspaceId":"/w","logs":[{"category":"guard"},{"categoryGroup":"audit"}]`:              http.StatusBadRequest,
		`"workspaceId":"/w","logs":[{"category":"guard","enabled":true}]`:                         http.StatusOK,
		`"storageAccountId":"/a","logs":[{"categoryGroup":"audit"}],"metrics":[{"enabled":true}]`: http.StatusOK,
	} {
		c.do(http.MethodPut, setting, "2021-05-01-preview", `{"properties":{`+properties+`}}`, want)
	}
	rule := group + "/providers/Microsoft.Insights/scheduledQueryRules/"
	for properties, want := range map[string]int{
		`"evaluationFrequency":"PT5M"`:                      http.StatusBadRequest, // no window
		`"evaluationFrequency":"PT5S","windowSize":"PT5S"`:  http.StatusBadRequest,
		`"evaluationFrequency":"PT15M","windowSize":"PT5M"`: http.StatusBadRequest,
		`"evaluationFrequency":"PT5M","windowSize":"PT5M"`:  http.StatusCreated,
		`"evaluationFrequency":"PT30M","windowSize":"PT1H"`: http.StatusCreated,
		`"evaluationFrequency":"PT1H","windowSize":"PT15M"`: http.StatusBadRequest,
	} {
		name := strings.NewReplacer(`"`, "", ":", "", ",", "").Replace(properties)
		c.do(http.MethodPut, rule+name, "2023-03-15-preview", `{"properties":{`+properties+`}}`, want)
	}
}

func TestRoleAssignments(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const version = "2022-04-01"
	assignment := group + "/providers/Microsoft.Authorization/roleAssignments/"
	body := `{"properties":{"roleDefinitionId":"/r/1","principalId":"p"}}`
	c.do(http.MethodPut, assignment+"one", version, body, http.StatusCreated)
	c.do(http.MethodPut, assignment+"two", version, body, http.StatusConflict)
	if got := s.Body(assignment + "one"); got["properties"].(map[string]any)["scope"] != group { //nolint:errcheck // fails the test
		t.Errorf("the assignment is %v", got)
	}
	url := c.base + group + "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview&$filter=roleName%20eq%20%27AcrPull%27"
	answer, _ := c.do(http.MethodGet, url, "", "", http.StatusOK)
	if found, ok := answer["value"].([]any); !ok || len(found) != 1 {
		t.Errorf("the search for AcrPull found %v", answer)
	}
}

// TestSecureEndpoint: what the azapi provider needs. Its polls stay on https,
// because a token never goes over anything else.
func TestSecureEndpoint(t *testing.T) {
	t.Parallel()
	s, plain := start(t)
	environment := map[string]string{}
	for _, variable := range s.AzapiEnvironment() {
		name, value, _ := strings.Cut(variable, "=")
		environment[name] = value
	}
	token, _ := plain.do(http.MethodGet, environment["IDENTITY_ENDPOINT"]+"?api-version=2019-08-01", "", "", http.StatusOK)
	if token["access_token"] == nil || token["expires_on"] == nil {
		t.Errorf("the managed identity's token is %v", token)
	}
	authority, err := os.ReadFile(environment["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	c := &client{t: t, base: s.SecureEndpoint(), http: &http.Client{Transport: transport}}
	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	_, header := c.do(http.MethodPut, cluster, "2026-04-01", `{"location":"westeurope","properties":{"dnsPrefix":"k"}}`, http.StatusCreated)
	if poll := header.Get("Azure-AsyncOperation"); !strings.HasPrefix(poll, s.SecureEndpoint()) {
		t.Errorf("the operation is at %q", poll)
	}
	c.finish(header)
}

func TestNothingWithoutItsParent(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	c.do(http.MethodPut, "/subscriptions/"+azure.SubscriptionID+"/resourceGroups/none/providers/Microsoft.ContainerRegistry/registries/r", "2025-11-01", `{}`, http.StatusNotFound)
	c.do(http.MethodPut, group+"/providers/Microsoft.ContainerRegistry/registries/none/cacheRules/rule1", "2023-07-01", `{}`, http.StatusNotFound)
	c.do(http.MethodGet, group+"/providers/Microsoft.Unknown/things/t", "2025-01-01", "", http.StatusNotFound)
	c.do(http.MethodGet, c.base+group, "", "", http.StatusBadRequest) // no version
}

// TestRegistration: nothing is made whose resource provider is not registered.
func TestRegistration(t *testing.T) {
	t.Parallel()
	s, err := azure.Start(t.Context(), azure.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := &client{t: t, base: s.Endpoint(), http: http.DefaultClient}
	c.do(http.MethodPut, group, "2023-07-01", `{"location":"westeurope"}`, http.StatusCreated)
	registry := group + "/providers/Microsoft.ContainerRegistry/registries/r"
	answer, _ := c.do(http.MethodPut, registry, "2025-11-01", `{}`, http.StatusConflict)
	if failure, ok := answer["error"].(map[string]any); !ok || failure["code"] != "MissingSubscriptionRegistration" {
		t.Errorf("the refusal is %v", answer)
	}
	provider := "/subscriptions/" + azure.SubscriptionID + "/providers/Microsoft.ContainerRegistry"
	c.do(http.MethodPost, provider+"/register", "2022-09-01", "", http.StatusOK)
	if answer, _ := c.do(http.MethodGet, provider, "2022-09-01", "", http.StatusOK); answer["registrationState"] != "Registered" {
		t.Errorf("the provider is %v", answer)
	}
	c.do(http.MethodPut, registry, "2025-11-01", `{"sku":{"name":"Basic"}}`, http.StatusCreated)
}

// TestRolesTakeTime: a role acts once a cluster was made after it was granted.
func TestRolesTakeTime(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const principal, role = "55555555-5555-4555-8555-555555555555", "AcrPull"
	grant := func(group string) {
		c.do(http.MethodPut, group+"/providers/Microsoft.Authorization/roleAssignments/66666666-6666-4666-8666-666666666666", "2022-04-01", `{"properties":{"principalId":"`+principal+
			`","roleDefinitionId":"/subscriptions/`+azure.SubscriptionID+`/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"}}`, http.StatusCreated)
	}
	grant(group)
	scope := group + "/providers/Microsoft.ContainerRegistry/registries/r"
	if s.Acts(principal, role, scope) {
		t.Error("a role acts as soon as it is granted")
	}
	create := func(name string) http.Header {
		_, header := c.do(http.MethodPut, group+"/providers/Microsoft.ContainerService/managedClusters/"+name, "2025-10-01", `{"properties":{}}`, http.StatusCreated)
		return header
	}
	c.finish(create("at-once"))
	if s.Acts(principal, role, scope) {
		t.Error("a role acts that the client did not wait for before it asked for the cluster")
	}
	c.minutes.Add(1)
	header := create("after")
	const other = "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/other"
	c.do(http.MethodPut, other, "2023-07-01", `{"location":"westeurope"}`, http.StatusCreated)
	grant(other)
	c.finish(header)
	if !s.Acts(principal, role, scope) {
		t.Error("a role does not act after the time that a cluster takes")
	}
	if s.Acts(principal, role, other) {
		t.Error("a role acts that was granted while the cluster was made")
	}
	if s.Acts(principal, "AcrPush", scope) || s.Acts(principal, role, "/subscriptions/"+azure.SubscriptionID) {
		t.Error("a role acts that was not granted, or where it was not")
	}
}

// TestTokens: only identities that the simulation knows get tokens, for what they asked for.
func TestTokens(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	get := func(form url.Values, status int) string {
		t.Helper()
		form.Set("scope", azure.KubernetesServerID+"/.default openid offline_access profile")
		form.Set("client_id", azure.ClientID)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint()+"/"+azure.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := c.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var answer struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != status {
			t.Errorf("%v is answered with %d (%v), want %d", form, response.StatusCode, err, status)
		}
		return answer.Token
	}
	get(url.Values{"client_secret": {"other"}}, http.StatusUnauthorized)
	get(url.Values{"client_assertion": {"other"}}, http.StatusUnauthorized)
	for _, form := range []url.Values{{"client_secret": {"simulated"}}, {"client_assertion": {azure.Assertion}}} {
		token := get(form, http.StatusOK)
		if subject := azure.Subject(token, azure.KubernetesServerID); subject != azure.ObjectID {
			t.Errorf("the token is %q's", subject)
		}
		if subject := azure.Subject(token, "https://management.azure.com"); subject != "" {
			t.Errorf("the token for clusters is one for the resource manager, too: %q", subject)
		}
		if subject := azure.Subject(token+"x", azure.KubernetesServerID); subject != "" {
			t.Errorf("a token with another signature is %q's", subject)
		}
	}
}

// TestIdentityOfNodes: a cluster gives its nodes an identity only if it may.
func TestIdentityOfNodes(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	identity := func(name string) string {
		return group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name
	}
	for _, name := range []string{"cluster", "nodes"} {
		c.do(http.MethodPut, identity(name), "2024-11-30", `{"location":"westeurope"}`, http.StatusCreated)
	}
	body := `{"identity":{"type":"UserAssigned","userAssignedIdentities":{"` + identity("cluster") + `":{}}},` +
		`"properties":{"identityProfile":{"kubeletidentity":{"resourceId":"` + identity("nodes") + `"}}}}`
	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	answer, _ := c.do(http.MethodPut, cluster, "2025-10-01", body, http.StatusBadRequest)
	if failure, ok := answer["error"].(map[string]any); !ok || failure["code"] != "CustomKubeletIdentityMissingPermissionError" {
		t.Errorf("the refusal is %v", answer)
	}
	properties, _ := s.Body(identity("cluster"))["properties"].(map[string]any)
	principal, _ := properties["principalId"].(string)
	c.do(http.MethodPut, identity("nodes")+"/providers/Microsoft.Authorization/roleAssignments/66666666-6666-4666-8666-666666666666", "2022-04-01",
		`{"properties":{"principalId":"`+principal+`","roleDefinitionId":"/subscriptions/`+azure.SubscriptionID+
			`/providers/Microsoft.Authorization/roleDefinitions/f1a07417-d97a-45cb-824c-7a7467783830"}}`, http.StatusCreated)
	c.do(http.MethodPut, cluster, "2025-10-01", body, http.StatusBadRequest) // in no order
	c.minutes.Add(1)
	c.do(http.MethodPut, cluster, "2025-10-01", body, http.StatusCreated)
}

// TestKubernetesUpgrades: a cluster goes neither back nor past a minor version.
func TestKubernetesUpgrades(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	cluster := group + "/providers/Microsoft.ContainerService/managedClusters/k"
	for _, step := range []struct {
		version string
		status  int
	}{
		{"1.34.1", http.StatusCreated}, {"1.36.0", http.StatusBadRequest}, {"1.34.0", http.StatusBadRequest}, {"1.33.9", http.StatusBadRequest},
		{"1.35.0", http.StatusCreated}, {"1.36.0", http.StatusCreated}, {"2.0.0", http.StatusBadRequest},
	} {
		_, header := c.do(http.MethodPut, cluster, "2025-10-01", `{"properties":{"kubernetesVersion":"`+step.version+`"}}`, step.status)
		if step.status == http.StatusCreated {
			c.finish(header)
		}
	}
}
