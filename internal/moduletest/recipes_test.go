package moduletest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// TestRecipes applies the examples that run elsewhere, each with the way of
// signing in that is its own: HCP Terraform's two workspaces, the pipelines of
// GitHub and Azure DevOps, and a laptop. In between, a second Server goes onto what
// the first workspace has made. The examples differ from what a reader copies in
// where the states are, in a namespace of the test's own, and in what containers
// run.
func TestRecipes(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	const name = "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/prefect-example/providers/Microsoft.ContainerService/managedClusters/prefect-example-aks"
	var simulation *azure.Simulation
	kubeconfig := gate(t, stack, func(principal string) bool {
		return simulation.Acts(principal, "Azure Kubernetes Service RBAC Cluster Admin", name)
	})
	simulation = newAzure(t, kubeconfig, 1)
	w := newWorkspace(t)
	t.Cleanup(func() { w.report(stack) })
	base := w.env

	const infrastructure = "examples/azure-hcp-terraform/infrastructure"
	w.useLocalModules(infrastructure + "/main.tf")
	if !w.attributes() {
		w.withBlocks(infrastructure + "/main.tf")
	}
	w.write(infrastructure+"/override.tf", fmt.Sprintf(recipeStack, w.embeddedValues(stack, freePort(t))))
	w.write(infrastructure+"/test.auto.tfvars.json", fmt.Sprintf(`{"database_password": "Correct-Horse-1", "administrator_object_id": %q}`, azure.ObjectID))
	w.env = slices.Concat(base, federated(simulation), []string{"ARM_OIDC_TOKEN=" + azure.Assertion})
	w.apply(infrastructure)
	w.applyOnExisting(simulation, stack)
	w.applyFlows("examples/azure-hcp-terraform/flows", "data")

	provider := identityProvider(t)
	w.env = slices.Concat(base, federated(simulation), []string{
		"ARM_USE_OIDC=true", "ACTIONS_ID_TOKEN_REQUEST_URL=" + provider + "/github?job=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-token", "TF_VAR_state=" + elsewhere,
	})
	w.applyFlows("examples/azure-github-actions", "github")
	w.env = slices.Concat(base, federated(simulation), []string{
		"ARM_USE_OIDC=true", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=connection", "SYSTEM_OIDCREQUESTURI=" + provider + "/azure-devops", "SYSTEM_ACCESSTOKEN=request-token",
		"TF_VAR_state=" + elsewhere,
	})
	w.applyFlows("examples/azure-devops", "devops")

	const laptop = "examples/azure-laptop"
	w.write("kubeconfig", string(kubeconfig))
	w.write(laptop+"/test.auto.tfvars.json", fmt.Sprintf(`{"kubeconfig": %q, "namespace": "recipes"}`, filepath.Join(w.dir, "kubeconfig")))
	w.env = append(slices.Clone(base), "PATH="+w.commandLine(simulation)+string(os.PathListSeparator)+os.Getenv("PATH"))
	w.apply(laptop)

	w.env = slices.Concat(base, federated(simulation), []string{"ARM_OIDC_TOKEN=" + azure.Assertion})
	w.run(infrastructure, "destroy", "-auto-approve", "-input=false")
	checkGone(t, simulation)
}

// recipeStack has the first workspace keep its state beside it, and gives the
// release its namespace and what its containers run.
const recipeStack = `
terraform {
  backend "local" {}
}

module "stack" {
  prefect = {
    namespace                = "recipes"
    database_existing_secret = module.database_secret.name
    agent                    = { labels = ["aks"] }
    values                   = [%q]
  }
}

module "database_secret" {
  namespace = "recipes"
}
`

// elsewhere is what the pipelines' variable says of where the states are.
const elsewhere = `{"resource_group_name": "states", "storage_account_name": "examplestates", "container_name": "prefect"}`

// TestExamplesRegister: each example that makes something in Azure registers the
// resource providers of all that the stack makes. TestEndToEnd and TestRecipes show
// for two of them that these are enough.
func TestExamplesRegister(t *testing.T) {
	t.Parallel()
	register := regexp.MustCompile(`(?s)resource_providers_to_register = \[(.*?)\]`)
	found := 0
	err := filepath.WalkDir(filepath.Join(root(t), "examples"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tf" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), `provider "azurerm" {`) {
			return err
		}
		found++
		m := register.FindSubmatch(data)
		if m == nil {
			t.Errorf("%s registers nothing", path)
			return nil
		}
		for _, namespace := range []string{
			"Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
		} {
			if !strings.Contains(string(m[1]), `"`+namespace+`"`) {
				t.Errorf("%s does not register %s", path, namespace)
			}
		}
		return nil
	})
	if err != nil || found < 4 {
		t.Errorf("%d examples have a provider block of azurerm (%v), want at least 4", found, err)
	}
}

// apply applies a directory and plans again.
func (w *workspace) apply(dir string) {
	w.t.Helper()
	w.run(dir, "init", "-input=false")
	w.run(dir, "apply", "-auto-approve", "-input=false")
	w.planIsEmpty(dir, "after the apply of "+dir)
}

// applyFlows applies a directory that registers the flows in its directory flows,
// in a project of this name, with the state of the infrastructure beside it.
func (w *workspace) applyFlows(dir, project string) {
	w.t.Helper()
	flow, err := os.ReadFile(filepath.Join(w.dir, "examples/flows/my_example_flow.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(dir+"/flows/example.json", string(flow))
	w.write(dir+"/override.tf", fmt.Sprintf(`
terraform {
  backend "local" {}
}

data "terraform_remote_state" "infrastructure" {
  backend = "local"
  config  = { path = %q }
}

resource "prefect_project" "data" {
  name = %q
}
`, filepath.Join(w.dir, "examples/azure-hcp-terraform/infrastructure/terraform.tfstate"), project))
	w.apply(dir)
	if kept := w.run(dir, "state", "list"); !strings.Contains(kept, `prefect_flow.all["example.json"]`) {
		w.t.Errorf("%s has registered no flow:\n%s", dir, kept)
	}
}

// useLocalModules has a file take its modules from the workspace, and not from
// the repository's tag.
func (w *workspace) useLocalModules(file string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		w.t.Fatal(err)
	}
	relative := strings.Repeat("../", strings.Count(file, "/"))
	source := regexp.MustCompile(`git::https://github\.com/prefect-server/terraform-provider-prefect\.git//(modules/[a-z-]+)\?ref=v[0-9.]+`)
	if !source.Match(data) {
		w.t.Fatalf("%s names no module of the repository", file)
	}
	w.write(file, string(source.ReplaceAll(data, []byte(relative+"$1"))))
}

// federated is the environment of a machine that has neither a secret nor a token
// until it is given one.
func federated(simulation *azure.Simulation) []string {
	return slices.DeleteFunc(simulation.FederatedEnvironment(), func(variable string) bool {
		return strings.HasPrefix(variable, "ARM_OIDC_TOKEN=") || strings.HasPrefix(variable, "ARM_USE_OIDC=")
	})
}

// identityProvider gives the tokens that GitHub and Azure DevOps give to jobs, to
// who asks as they want to be asked.
func identityProvider(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		query := in.URL.Query()
		allowed := in.Header.Get("Authorization") == "Bearer request-token" && query.Get("audience") == "api://AzureADTokenExchange"
		switch {
		case allowed && in.Method == http.MethodGet && in.URL.Path == "/github" && query.Get("job") == "1":
			_ = json.NewEncoder(out).Encode(map[string]string{"value": azure.Assertion})
		case allowed && in.Method == http.MethodPost && in.URL.Path == "/azure-devops" && query.Get("serviceConnectionId") == "connection":
			_ = json.NewEncoder(out).Encode(map[string]string{"oidcToken": azure.Assertion})
		default:
			t.Logf("the identity provider refuses %s %s", in.Method, in.URL)
			http.Error(out, "{}", http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// commandLine makes a directory with a program az that has signed in, and gives
// tokens for clusters.
func (w *workspace) commandLine(simulation *azure.Simulation) string {
	w.t.Helper()
	form := url.Values{"client_id": {azure.ClientID}, "client_assertion": {azure.Assertion}, "scope": {azure.KubernetesServerID + "/.default"}}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, simulation.Endpoint()+"/"+azure.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Token   string `json:"access_token"`
		Expires string `json:"expires_on"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		w.t.Fatalf("no token: %v", err)
	}
	w.write("command-line/az", fmt.Sprintf("#!/bin/sh\ncase \"$*\" in\n"+
		"*get-access-token*%s*) echo '{\"accessToken\": \"%s\", \"expires_on\": %s, \"tokenType\": \"Bearer\", \"tenant\": \"%s\"}' ;;\n"+
		"*) echo \"not expected: $*\" >&2; exit 1 ;;\nesac\n", azure.KubernetesServerID, answer.Token, answer.Expires, azure.TenantID))
	directory := filepath.Join(w.dir, "command-line")
	if err := os.Chmod(filepath.Join(directory, "az"), 0o700); err != nil { //nolint:gosec // a program
		w.t.Fatal(err)
	}
	return directory
}
