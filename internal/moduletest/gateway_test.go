package moduletest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// TestGatewayAPI makes a cluster and, in the same apply, changes it with the
// module aks-gateway-api: real azurerm and azapi providers, and an Azure that
// refuses to change a cluster while it makes one of its pools.
func TestGatewayAPI(t *testing.T) {
	t.Parallel()
	simulation := newAzure(t, []byte(nowhere), 100) // pools take their time
	// azapi would take a client's login from the environment, and insist on https for it.
	environment := slices.DeleteFunc(slices.Concat(simulation.Environment(), simulation.AzapiEnvironment()), func(variable string) bool {
		return strings.HasPrefix(variable, "ARM_CLIENT_")
	})
	w := newWorkspace(t, environment...)
	w.write("gateway/main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
    azapi   = { source = "Azure/azapi" }
  }
}

provider "azurerm" {
  features {}
  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
  client_id     = %q
  client_secret = "simulated"
}

provider "azapi" {
  use_msi = true
  endpoint = [{
    resource_manager_endpoint = %q
  }]
}

resource "azurerm_resource_group" "this" {
  name     = "example"
  location = "westeurope"
}

module "aks" {
  source              = "../modules/aks"
  name                = "example"
  resource_group_name = azurerm_resource_group.this.name
  location            = "westeurope"
  user_pools          = { flows = {}, more = {}, many = {} }
}

module "gateway_api" {
  source     = "../modules/aks-gateway-api"
  cluster_id = module.aks.id
}

output "class" { value = module.gateway_api.gateway_class_name }
`, azure.ClientID, simulation.SecureEndpoint()))
	w.run("gateway", "init", "-input=false")
	w.run("gateway", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("gateway", "after the apply")
	cluster := simulation.Body("/subscriptions/" + azure.SubscriptionID + "/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example")
	want := "map[gatewayAPI:map[installation:Standard] webAppRouting:map[gatewayAPIImplementations:map[appRoutingIstio:map[mode:Enabled]]]]"
	if got := fmt.Sprint(dig(cluster, "properties", "ingressProfile")); got != want {
		t.Errorf("the cluster's ingress profile is %s, want %s", got, want)
	}
	w.run("gateway", "destroy", "-auto-approve", "-input=false")
	checkRefusedNothing(t, simulation)
}
