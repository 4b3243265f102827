package moduletest

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// newAzure starts a simulated Azure whose clusters hand out a kubeconfig and
// whose operations take so many polls.
func newAzure(t *testing.T, kubeconfig []byte, polls int) *azure.Simulation {
	t.Helper()
	options := azure.Options{Kubeconfig: kubeconfig, Dir: t.TempDir(), Polls: polls}
	if os.Getenv("PREFECT_MODULE_TESTS_VERBOSE") != "" {
		options.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	simulation, err := azure.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := simulation.Close(); err != nil {
			t.Error(err)
		}
	})
	return simulation
}

// nowhere is the kubeconfig of a cluster that nothing has to reach.
const nowhere = `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: Y2VydGlmaWNhdGU=}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: none}}]
`

// vault is the id of the Key Vault that keepVault makes.
const vault = "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/example"

// keepVault makes a Key Vault that Terraform has nothing to do with.
func keepVault(simulation *azure.Simulation) {
	group, _, _ := strings.Cut(vault, "/providers/")
	simulation.Edit(group, func(map[string]any) {})
	simulation.Edit(vault, func(map[string]any) {})
}

// checkGone fails the test if anything is left of what Terraform has made.
func checkGone(t *testing.T, simulation *azure.Simulation) {
	t.Helper()
	left := slices.DeleteFunc(simulation.Resources(), func(path string) bool {
		return strings.HasPrefix(strings.ToLower(vault), path)
	})
	if len(left) > 0 {
		t.Errorf("destroy has left %s", strings.Join(left, ", "))
	}
}

// azureRoot uses each Azure module with more than its defaults, apart from each
// other's networks: private and public.
const azureRoot = `
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {}
  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
}

variable "tier" { default = "Standard" }
variable "kubernetes_version" { default = null }
variable "channel" { default = "patch" }
variable "pod_cidr" { default = "10.244.0.0/16" }
variable "ranges" {
  type    = set(string)
  default = ["198.51.100.0/24"]
}
variable "login" { default = "prefect" }
variable "acknowledgement" { default = null }
variable "nodes" { default = 3 }
variable "rules" {
  type    = list(string)
  default = ["prefect-ui", "prefect-core"]
}
variable "extension" { default = "HSTORE" }
variable "password_version" { default = 1 }
variable "retention" { default = 7 }

locals {
  logs = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs"
}

resource "azurerm_resource_group" "this" {
  name     = "example"
  location = "westeurope"
}

module "aks" {
  source                          = "../modules/aks"
  name                            = "example-aks"
  resource_group_name             = azurerm_resource_group.this.name
  location                        = "westeurope"
  sku_tier                        = var.tier
  kubernetes_version              = var.kubernetes_version
  automatic_upgrade_channel       = var.channel
  maintenance_window_node_os      = { day_of_week = "Tuesday", not_allowed = [{ start = "2026-12-24T00:00:00Z", end = "2027-01-02T00:00:00Z" }] }
  pod_cidr                        = var.pod_cidr
  replacement_acknowledgement     = var.acknowledgement
  log_analytics_workspace = { id = local.logs }
  monitor_workspace = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Monitor/accounts/metrics"
  }
  diagnostic_settings = { logs = { workspace_resource_id = local.logs } }
  private_cluster_enabled         = false
  api_server_authorized_ip_ranges = ["198.51.100.0/24"]
  cluster_admin_principal_ids     = { deployer = "44444444-4444-4444-8444-444444444444" }
  host_encryption_enabled         = true
  user_pools = {
    flows = { max_count = var.nodes, labels = { purpose = "flows" } }
    cheap = { spot = true, min_count = 0, zones = ["1"] }
  }
  tags = { purpose = "test" }
}

module "acr" {
  source                        = "../modules/acr"
  name                          = "exampleregistry"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = "westeurope"
  public_network_access_enabled = true
  allowed_ip_ranges             = var.ranges
  retention_policy_in_days      = var.retention
  pull_principal_ids            = { cluster = module.aks.kubelet_object_id }
  diagnostic_settings           = { logs = { workspace_resource_id = local.logs } }
  cache_rules                   = { for rule in var.rules : rule => { source = "docker.io/example/${rule}", target = "example/${rule}" } }
  cache_credentials = {
    username_secret_id = "https://example.vault.azure.net/secrets/user"
    password_secret_id = "https://example.vault.azure.net/secrets/token"
    key_vault          = { id = "` + vault + `" }
  }
}

module "builds" {
  source                        = "../modules/acr"
  name                          = "examplebuilds"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = "westeurope"
  sku                           = "Standard"
  public_network_access_enabled = true
  build                         = { context = "https://github.com/example/flows.git#main", image = "flows/etl:1", arguments = { VERSION = "1" } }
  build_context_token           = "token"
}

module "postgresql" {
  source                         = "../modules/postgresql"
  name                           = "example-db"
  resource_group_name            = azurerm_resource_group.this.name
  location                       = "westeurope"
  administrator_password         = "Correct-Horse-1"
  administrator_password_version = var.password_version
  administrator_login            = var.login
  replacement_acknowledgement    = var.acknowledgement
  high_availability              = "ZoneRedundant"
  diagnostic_settings            = { logs = { workspace_resource_id = local.logs, log_groups = [], log_categories = ["PostgreSQLLogs"] } }
  extensions                     = ["PGCRYPTO", "PG_TRGM", var.extension]
  public_network_access          = { acknowledged = true, allowed = { office = { first = "198.51.100.7", last = "198.51.100.7" } } }
}

module "alerts" {
  source                  = "../modules/alerts"
  name                    = "example"
  resource_group_name     = azurerm_resource_group.this.name
  location                = "westeurope"
  log_analytics_workspace = { id = local.logs }
  cluster_id              = module.aks.id
  action_group_ids        = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Insights/actionGroups/on-call"]
}

output "flow_image" { value = module.builds.flow_image }
output "database" { value = module.postgresql.database }
`

// TestAzure applies the Azure modules with the real azurerm provider, plans
// again, changes what can be changed in place, and destroys.
func TestAzure(t *testing.T) {
	t.Parallel()
	simulation := newAzure(t, []byte(nowhere), 1)
	keepVault(simulation)
	w := newWorkspace(t, simulation.Environment()...)
	w.write("azure/main.tf", azureRoot)
	w.run("azure", "init", "-input=false")
	w.run("azure", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("azure", "after the apply")

	group := "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/example/providers/"
	cluster := simulation.Body(group + "Microsoft.ContainerService/managedClusters/example-aks")
	if sku, ok := cluster["sku"].(map[string]any); !ok || sku["tier"] != "Standard" {
		t.Errorf("the cluster's SKU is %v, want the tier Standard", cluster["sku"])
	}
	if w.stateHolds("azure", "Correct-Horse-1") {
		t.Error("the state holds the database's password")
	}

	growDatabase(simulation, group+"Microsoft.DBforPostgreSQL/flexibleServers/example-db")
	w.planIsEmpty("azure", "after the disk has grown and the zones were swapped")

	upgradeCluster(simulation, group+"Microsoft.ContainerService/managedClusters/example-aks")
	w.planIsEmpty("azure", "after Azure has upgraded the cluster")

	checkWindows(t, simulation, group)

	version := []string{"-var=kubernetes_version=" + newerKubernetes, "-var=channel=none"}
	changed := []string{"-var=ranges=[]", "-var=tier=Premium", "-var=nodes=4", `-var=rules=["prefect-ui"]`, "-var=extension=CITEXT", "-var=password_version=2", "-var=retention=30"}
	want := map[string]string{
		"module.aks.azurerm_kubernetes_cluster.this":                                    "update",
		`module.aks.azurerm_kubernetes_cluster_node_pool.this["flows"]`:                 "update",
		`module.aks.azurerm_kubernetes_cluster_node_pool.this["cheap"]`:                 "update",
		"module.acr.azurerm_container_registry.this":                                    "update",
		`module.acr.azurerm_container_registry_cache_rule.this["prefect-core"]`:         "delete",
		"module.postgresql.azurerm_postgresql_flexible_server.this":                     "update",
		"module.postgresql.azurerm_postgresql_flexible_server_configuration.extensions": "update",
	}
	if got := w.actions("azure", slices.Concat(changed, version)...); !maps.Equal(got, want) {
		t.Errorf("the change would do %v, want %v", got, want)
	}
	w.run("azure", "apply", "-auto-approve", "-input=false", "plan.bin")
	if output, code := w.try("azure", slices.Concat([]string{"plan", "-detailed-exitcode", "-no-color"}, changed, version)...); code != 0 {
		t.Errorf("the plan after the change is not empty:\n%s", output)
	}
	checkPools(t, simulation, group+"Microsoft.ContainerService/managedClusters/example-aks")

	// The new minor version is there; from here on Azure patches it.
	want = map[string]string{"module.aks.azurerm_kubernetes_cluster.this": "update"}
	if got := w.actions("azure", changed...); !maps.Equal(got, want) {
		t.Errorf("to leave the version to Azure again would do %v, want %v", got, want)
	}
	w.run("azure", "apply", "-auto-approve", "-input=false", "plan.bin")
	if output, code := w.try("azure", append([]string{"plan", "-detailed-exitcode", "-no-color"}, changed...)...); code != 0 {
		t.Errorf("the plan with the version left to Azure is not empty:\n%s", output)
	}
	checkPools(t, simulation, group+"Microsoft.ContainerService/managedClusters/example-aks")
	registry := simulation.Body(group + "Microsoft.ContainerRegistry/registries/exampleregistry")
	if rules := fmt.Sprint(dig(registry, "properties", "networkRuleSet")); rules != "map[defaultAction:Allow ipRules:[]]" {
		t.Errorf("without allowed ranges the registry has the network rules %s", rules)
	}

	w.checkReplacement(changed)

	// Not even a change that is refused keeps a destroy from working.
	w.run("azure", append([]string{"destroy", "-auto-approve", "-input=false", "-var=login=third", "-var=acknowledgement=once"}, changed...)...)
	checkGone(t, simulation)
	checkRefusedNothing(t, simulation)
}

// newerKubernetes is of the minor version after that of a cluster which asked for
// none.
const newerKubernetes = "1.35.1"

// checkWindows checks when Azure may upgrade by itself.
func checkWindows(t *testing.T, simulation *azure.Simulation, group string) {
	t.Helper()
	for name, want := range map[string]string{"aksManagedAutoUpgradeSchedule": "Saturday", "aksManagedNodeOSUpgradeSchedule": "Tuesday"} {
		body := simulation.Body(group + "Microsoft.ContainerService/managedClusters/example-aks/maintenanceConfigurations/" + name)
		if day := dig(body, "properties", "maintenanceWindow", "schedule", "weekly", "dayOfWeek"); day != want {
			t.Errorf("%s is on %v, want %s", name, day, want)
		}
	}
	server := simulation.Body(group + "Microsoft.DBforPostgreSQL/flexibleServers/example-db")
	if window := dig(server, "properties", "maintenanceWindow", "customWindow"); window != "Enabled" {
		t.Errorf("the database's window is %v", window)
	}
}

// dig gives what is in objects in objects, nil if it is not there.
func dig(body map[string]any, keys ...string) any {
	var at any = body
	for _, key := range keys {
		inner, _ := at.(map[string]any)
		at = inner[key]
	}
	return at
}

// growDatabase does to a server what Azure does by itself: its disk grows, a
// failover swaps its zones.
func growDatabase(simulation *azure.Simulation, server string) {
	simulation.Edit(server, func(body map[string]any) {
		storage, _ := dig(body, "properties", "storage").(map[string]any)
		storage["storageSizeGB"], storage["tier"] = 128, "P10"
		properties, _ := body["properties"].(map[string]any)
		standby, _ := properties["highAvailability"].(map[string]any)
		properties["availabilityZone"], standby["standbyAvailabilityZone"] = "2", "1"
	})
}

// upgradeCluster does to a cluster what Azure does by itself where it may.
func upgradeCluster(simulation *azure.Simulation, cluster string) {
	upgrade := func(keys ...string) func(map[string]any) {
		return func(body map[string]any) {
			properties, _ := body["properties"].(map[string]any)
			for _, key := range keys {
				properties[key] = "1.34.2"
			}
		}
	}
	simulation.Edit(cluster, upgrade("kubernetesVersion", "currentKubernetesVersion"))
	for _, pool := range []string{"system", "flows", "cheap"} {
		simulation.Edit(cluster+"/agentPools/"+pool, upgrade("orchestratorVersion", "currentOrchestratorVersion"))
	}
}

// checkPools checks that the nodes have followed the cluster's version.
func checkPools(t *testing.T, simulation *azure.Simulation, cluster string) {
	t.Helper()
	for _, pool := range []string{"system", "flows", "cheap"} {
		body := simulation.Body(cluster + "/agentPools/" + pool)
		if version := dig(body, "properties", "currentOrchestratorVersion"); version != newerKubernetes {
			t.Errorf("the nodes of %s run Kubernetes %v, want %s", pool, version, newerKubernetes)
		}
	}
}

// checkReplacement changes what would replace the database and the cluster:
// refused, unless it is acknowledged, and that just once.
func (w *workspace) checkReplacement(variables []string) {
	w.t.Helper()
	with := func(more ...string) []string { return slices.Concat(variables, more) }
	w.refuses("azure", "administrator_login (prefect -> other)", with("-var=login=other")...)
	w.refuses("azure", "pod_cidr (10.244.0.0/16 -> 10.246.0.0/16)", with("-var=pod_cidr=10.246.0.0/16")...)

	acknowledged := with("-var=acknowledgement=once")
	if got := w.actions("azure", append(acknowledged, "-var=pod_cidr=10.246.0.0/16")...)["module.aks.azurerm_kubernetes_cluster.this"]; got != "replace" {
		w.t.Errorf("an acknowledged change of the pods' addresses would do %q to the cluster, want a replacement", got)
	}
	acknowledged = append(acknowledged, "-var=login=other")
	if got := w.actions("azure", acknowledged...)["module.postgresql.azurerm_postgresql_flexible_server.this"]; got != "replace" {
		w.t.Errorf("an acknowledged change of the login would do %q to the server, want a replacement", got)
	}
	w.run("azure", "apply", "-auto-approve", "-input=false", "plan.bin")
	if output, code := w.try("azure", append([]string{"plan", "-detailed-exitcode", "-no-color"}, acknowledged...)...); code != 0 {
		w.t.Errorf("the plan after the replacement is not empty:\n%s", output)
	}
	w.refuses("azure", "administrator_login (other -> prefect)", with("-var=acknowledgement=once")...)

	// A server that is imported has nothing to be compared with at first.
	const server = "module.postgresql.azurerm_postgresql_flexible_server.this"
	w.run("azure", "state", "rm", server, "module.postgresql.terraform_data.made_with")
	w.run("azure", append(append([]string{"import", "-input=false"}, acknowledged...), server,
		"/subscriptions/"+azure.SubscriptionID+"/resourceGroups/example/providers/Microsoft.DBforPostgreSQL/flexibleServers/example-db")...)
	want := map[string]string{"module.postgresql.terraform_data.made_with": "create", server: "update"}
	if got := w.actions("azure", acknowledged...); !maps.Equal(got, want) {
		w.t.Errorf("after the import, the plan would do %v, want %v", got, want)
	}
	w.run("azure", "apply", "-auto-approve", "-input=false", "plan.bin")
	w.refuses("azure", "administrator_login (other -> prefect)", with("-var=acknowledgement=once")...)
}

// refuses fails the test if a plan is made, or refused for another reason.
func (w *workspace) refuses(dir, reason string, arguments ...string) {
	w.t.Helper()
	output, code := w.try(dir, append([]string{"plan", "-input=false", "-no-color"}, arguments...)...)
	if text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " "); code != 1 || !strings.Contains(text, reason) {
		w.t.Errorf("the plan ended with %d, want it refused for %q:\n%s", code, reason, output)
	}
}

// checkRefusedNothing fails the test if Azure has refused a request, but for
// saying that something is not there.
func checkRefusedNothing(t *testing.T, simulation *azure.Simulation) {
	t.Helper()
	failed := slices.DeleteFunc(simulation.Requests(), func(r azure.Request) bool { return r.Status < 400 || r.Status == 404 })
	if len(failed) > 0 {
		t.Errorf("Azure refused %v", failed)
	}
}
