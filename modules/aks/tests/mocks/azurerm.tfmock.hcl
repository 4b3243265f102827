# Azure's answers, limited to what the modules read.
mock_resource "azurerm_resource_group" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example"
  }
}

mock_resource "azurerm_virtual_network" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example"
  }
}

mock_resource "azurerm_subnet" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/example"
  }
}

mock_resource "azurerm_private_dns_zone" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/example.private.postgres.database.azure.com"
  }
}

mock_resource "azurerm_private_endpoint" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateEndpoints/example"
  }
}

mock_resource "azurerm_kubernetes_cluster" {
  defaults = {
    id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example"
    fqdn         = "example.public"
    private_fqdn = "example.private"
    kube_config = [{
      host                   = "https://example.hcp.westeurope.azmk8s.io:443"
      cluster_ca_certificate = "Y2VydGlmaWNhdGU="
      client_certificate     = ""
      client_key             = ""
      username               = "clusterUser"
      password               = ""
    }]
  }
}

mock_resource "azurerm_container_registry" {
  defaults = {
    id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerRegistry/registries/exampleregistry"
    login_server = "exampleregistry.azurecr.io"
  }
}

mock_resource "azurerm_container_registry_credential_set" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerRegistry/registries/exampleregistry/credentialSets/mirror"
  }
}

mock_resource "azurerm_container_registry_task" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerRegistry/registries/exampleregistry/tasks/flow-image"
  }
}

mock_resource "azurerm_postgresql_flexible_server" {
  defaults = {
    id   = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.DBforPostgreSQL/flexibleServers/example-db"
    fqdn = "example-db.postgres.database.azure.com"
  }
}

mock_resource "azurerm_monitor_data_collection_rule" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Insights/dataCollectionRules/example-containers"
  }
}

mock_resource "azurerm_monitor_data_collection_endpoint" {
  defaults = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Insights/dataCollectionEndpoints/example-metrics"
  }
}

mock_resource "azurerm_user_assigned_identity" {
  defaults = {
    id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/example"
    client_id    = "88888888-8888-4888-8888-888888888888"
    principal_id = "66666666-6666-4666-8666-666666666666"
  }
}

# What there is already, for the module stack.
mock_data "azurerm_virtual_network" {
  defaults = {
    id            = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"
    address_space = ["10.20.0.0/16"]
  }
}

mock_data "azurerm_kubernetes_cluster" {
  defaults = {
    id                  = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub"
    oidc_issuer_url     = "https://oidc.example.com"
    node_resource_group = "MC_hub"
    kubelet_identity    = [{ client_id = "1", object_id = "99999999-9999-4999-8999-999999999999", user_assigned_identity_id = "none" }]
    kube_config = [{
      host                   = "https://hub.hcp.westeurope.azmk8s.io:443"
      cluster_ca_certificate = "Y2VydGlmaWNhdGU="
      client_certificate     = ""
      client_key             = ""
      username               = "clusterUser"
      password               = ""
    }]
  }
}

mock_data "azurerm_container_registry" {
  defaults = {
    id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/hubregistry"
    login_server = "hubregistry.azurecr.io"
  }
}

mock_data "azurerm_postgresql_flexible_server" {
  defaults = {
    id                  = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db"
    fqdn                = "hub-db.postgres.database.azure.com"
    administrator_login = "hub"
  }
}
