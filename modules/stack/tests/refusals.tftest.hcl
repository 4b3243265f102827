# What the module refuses at plan, besides what the modules in it refuse.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

mock_provider "helm" {}

# A mocked cluster has no kubelet identity.
override_module {
  target = module.aks
  outputs = {
    id                    = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example"
    kubelet_object_id     = "55555555-5555-4555-8555-555555555555"
    identity_principal_id = "66666666-6666-4666-8666-666666666666"
  }
}

# Both zones would have the database's id.
override_resource {
  target = azurerm_private_dns_zone.registry
  values = {
    id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
  }
}

variables {
  name              = "example"
  location          = "westeurope"
  database_password = "Correct-Horse-1"
  cluster           = { cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" } }
}

run "name" {
  command = plan
  variables {
    name = "Example"
  }
  expect_failures = [var.name]
}

run "suffix" {
  command = plan
  variables {
    global_suffix = "A_B"
  }
  expect_failures = [var.global_suffix]
}

run "location" {
  command = plan
  variables {
    location = ""
  }
  expect_failures = [var.location]
}

run "address_space_too_small" {
  command = plan
  variables {
    network = { address_space = "10.10.0.0/24" }
  }
  expect_failures = [var.network]
}

run "part_not_a_range" {
  command = plan
  variables {
    network = { nodes = "10.10.0.0" }
  }
  expect_failures = [var.network]
}

run "part_of_version_6" {
  command = plan
  variables {
    network = { private_endpoint = "fd00::/64" }
  }
  expect_failures = [var.network]
}

run "part_outside" {
  command = plan
  variables {
    network = { nodes = "10.20.0.0/18" }
  }
  expect_failures = [azurerm_virtual_network.this]
}

run "parts_overlap" {
  command = plan
  variables {
    network = { nodes = "10.10.0.0/17", database = "10.10.64.0/28" }
  }
  expect_failures = [azurerm_virtual_network.this]
}

run "address_in_the_range" {
  command = plan
  variables {
    network = { address_space = "10.10.5.0/16" }
  }
  expect_failures = [var.network]
}

run "database_too_small" {
  command = plan
  variables {
    network = { database = "10.10.255.0/29" }
  }
  expect_failures = [var.network]
}

run "routes_by_name" {
  command = plan
  variables {
    network = { route_table_id = "hub" }
  }
  expect_failures = [var.network]
}

run "gateway_by_name" {
  command = plan
  variables {
    network = { nat_gateway_id = "hub" }
  }
  expect_failures = [var.network]
}

run "network_where_aks_is" {
  command = plan
  variables {
    network = { address_space = "172.16.0.0/12" }
  }
  expect_failures = [azurerm_virtual_network.this]
}

run "routing_without_routes" {
  command = plan
  variables {
    cluster = { outbound_type = "userDefinedRouting" }
  }
  expect_failures = [azurerm_subnet.nodes]
}

run "gateway_without_gateway" {
  command = plan
  variables {
    cluster = { outbound_type = "userAssignedNATGateway" }
  }
  expect_failures = [azurerm_subnet.nodes]
}

run "identity_without_its_object_id" {
  command = plan
  variables {
    cluster = { identity_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/example"] }
  }
  expect_failures = [azurerm_resource_group.this]
}

run "settings_of_what_exists" {
  command = plan
  variables {
    database = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" }, sku_name = "B_Standard_B1ms" }
  }
  expect_failures = [azurerm_resource_group.this]
}

run "network_without_a_subnet_for_the_registry" {
  command = plan
  variables {
    network = {
      existing = { database_subnet_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/database" }
    }
    cluster  = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub" } }
    registry = { sku = "Premium" }
  }
  expect_failures = [azurerm_resource_group.this]
}

run "subnet_by_name" {
  command = plan
  variables {
    network = { existing = { nodes_subnet_resource_id = "nodes" } }
  }
  expect_failures = [var.network]
}

run "zone_by_name" {
  command = plan
  variables {
    network = { existing = { database_private_dns_zone = { resource_id = "example.private.postgres.database.azure.com" } } }
  }
  expect_failures = [var.network]
}

run "cluster_by_name" {
  command = plan
  variables {
    cluster = { existing = { resource_id = "hub" } }
  }
  expect_failures = [var.cluster]
}

run "registry_by_name" {
  command = plan
  variables {
    registry = { existing = { resource_id = "hubregistry" } }
  }
  expect_failures = [var.registry]
}

run "database_by_name" {
  command = plan
  variables {
    database = { existing = { resource_id = "hub-db" } }
  }
  expect_failures = [var.database]
}

run "alerts_without_logs" {
  command = plan
  variables {
    alerts = { action_group_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Insights/actionGroups/on-call"] }
  }
  expect_failures = [var.alerts]
}

run "replaced" {
  override_resource {
    target = terraform_data.made_with
    values = { output = { name = "example", location = "northeurope", global_suffix = "derived" } }
  }
  expect_failures = [azurerm_resource_group.this]
}
