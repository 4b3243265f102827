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

// newAzure starts a simulated Azure whose clusters hand out a kubeconfig.
func newAzure(t *testing.T, kubeconfig []byte) *azure.Simulation {
	t.Helper()
	options := azure.Options{Kubeconfig: kubeconfig, Dir: t.TempDir(), Polls: 1}
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
}

variable "tier" { default = "Standard" }
variable "nodes" { default = 3 }
variable "rules" {
  type    = list(string)
  default = ["prefect-ui", "prefect-core"]
}
variable "extension" { default = "HSTORE" }
variable "password_version" { default = 1 }
variable "retention" { default = 7 }

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
  allowed_ip_ranges             = ["198.51.100.0/24"]
  retention_policy_in_days      = var.retention
  pull_principal_ids            = { cluster = module.aks.kubelet_object_id }
  cache_rules                   = { for rule in var.rules : rule => { source = "docker.io/example/${rule}", target = "example/${rule}" } }
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
  high_availability              = "ZoneRedundant"
  extensions                     = ["PGCRYPTO", "PG_TRGM", var.extension]
  public_network_access          = { acknowledged = true, allowed = { office = { first = "198.51.100.7", last = "198.51.100.7" } } }
}

output "flow_image" { value = module.acr.flow_image }
output "database" { value = module.postgresql.database }
`

// TestAzure applies the Azure modules with the real azurerm provider, plans
// again, changes what can be changed in place, and destroys.
func TestAzure(t *testing.T) {
	t.Parallel()
	simulation := newAzure(t, []byte(nowhere))
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

	checkGateway(t, simulation, group+"Microsoft.ContainerService/managedClusters/example-aks")
	w.planIsEmpty("azure", "after the Gateway API")

	changed := []string{"-var=tier=Premium", "-var=nodes=4", `-var=rules=["prefect-ui"]`, "-var=extension=CITEXT", "-var=password_version=2", "-var=retention=30"}
	want := map[string]string{
		"module.aks.azurerm_kubernetes_cluster.this":                                    "update",
		`module.aks.azurerm_kubernetes_cluster_node_pool.this["flows"]`:                 "update",
		"module.acr.azurerm_container_registry.this":                                    "update",
		`module.acr.azurerm_container_registry_cache_rule.this["prefect-core"]`:         "delete",
		"module.postgresql.azurerm_postgresql_flexible_server.this":                     "update",
		"module.postgresql.azurerm_postgresql_flexible_server_configuration.extensions": "update",
	}
	if got := w.actions("azure", changed...); !maps.Equal(got, want) {
		t.Errorf("the change would do %v, want %v", got, want)
	}
	w.run("azure", "apply", "-auto-approve", "-input=false", "plan.bin")
	if output, code := w.try("azure", append([]string{"plan", "-detailed-exitcode", "-no-color"}, changed...)...); code != 0 {
		t.Errorf("the plan after the change is not empty:\n%s", output)
	}

	w.run("azure", "destroy", "-auto-approve", "-input=false")
	if left := simulation.Resources(); len(left) > 0 {
		t.Errorf("destroy has left %s", strings.Join(left, ", "))
	}
	failed := slices.DeleteFunc(simulation.Requests(), func(r azure.Request) bool { return r.Status < 400 || r.Status == 404 })
	if len(failed) > 0 {
		t.Errorf("Azure refused %v", failed)
	}
}

// checkGateway applies the module aks-gateway-api with the real azapi provider
// to a cluster that is there.
func checkGateway(t *testing.T, simulation *azure.Simulation, cluster string) {
	t.Helper()
	w := newWorkspace(t, simulation.AzapiEnvironment()...)
	w.write("gateway/main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    azapi = { source = "Azure/azapi" }
  }
}

provider "azapi" {
  use_msi = true
  endpoint = [{
    resource_manager_endpoint = %q
  }]
}

module "gateway_api" {
  source     = "../modules/aks-gateway-api"
  cluster_id = %q
}

output "class" { value = module.gateway_api.gateway_class_name }
`, simulation.SecureEndpoint(), cluster))
	w.run("gateway", "init", "-input=false")
	w.run("gateway", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("gateway", "after the apply")
	properties, _ := simulation.Body(cluster)["properties"].(map[string]any)
	want := "map[gatewayAPI:map[installation:Standard] webAppRouting:map[gatewayAPIImplementations:map[appRoutingIstio:map[mode:Enabled]]]]"
	if got := fmt.Sprint(properties["ingressProfile"]); got != want {
		t.Errorf("the cluster's ingress profile is %s, want %s", got, want)
	}
}
