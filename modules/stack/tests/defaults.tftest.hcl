# How the stack puts the modules together.
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

run "defaults" {
  assert {
    condition     = local.subnets == { nodes = "10.10.0.0/18", database = "10.10.255.224/28", private_endpoint = "10.10.255.240/28" }
    error_message = "The parts of the network are wrong."
  }
  assert {
    condition     = length(azurerm_private_dns_zone.registry) == 1 && output.prefect.endpoint == null && output.prefect.port_forward.service == "prefect-apollo"
    error_message = "Something is public by default."
  }
  assert {
    condition     = !output.registry.mirrors && output.registry.credential_set_principal_id == null
    error_message = "The Server's images come from a registry that cannot fetch them."
  }
  assert {
    condition     = azurerm_role_assignment.network[0].principal_id == "66666666-6666-4666-8666-666666666666" && azurerm_role_assignment.pull[0].scope == module.acr[0].id
    error_message = "The cluster may not use its subnet."
  }
  assert {
    condition     = azurerm_subnet.database[0].service_endpoint[0].service == "Microsoft.Storage" && output.network.subnet_ids.nodes == azurerm_subnet.nodes[0].id
    error_message = "The subnets are wrong."
  }
  assert {
    condition     = output.registry.login_server == "exampleregistry.azurecr.io" && can(regex("^exampleacr[0-9a-f]{6}$", local.names.registry)) && can(regex("^example-db-[0-9a-f]{6}$", local.names.database))
    error_message = "The names are wrong."
  }
}

run "another_region_without_acknowledgement" {
  command = plan
  variables {
    location = "northeurope"
  }
  expect_failures = [azurerm_resource_group.this]
}

run "database_given_up_without_acknowledgement" {
  command = plan
  variables {
    database = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" } }
  }
  expect_failures = [azurerm_resource_group.this]
}

run "mirror_with_credentials" {
  variables {
    registry = {
      public_network_access_enabled = true
      allowed_ip_ranges             = ["198.51.100.0/24"]
      cache_credentials = {
        username_secret_id = "https://example.vault.azure.net/secrets/user"
        password_secret_id = "https://example.vault.azure.net/secrets/token"
        key_vault          = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/example" }
      }
    }
  }
  assert {
    condition     = output.registry.mirrors && output.registry.credential_set_principal_id != null
    error_message = "The registry is not used, in spite of its credentials."
  }
  assert {
    condition     = length(azurerm_private_dns_zone.registry) == 1
    error_message = "The nodes cannot reach a registry that is public for some."
  }
}

run "credentials_for_rules_of_your_own" {
  variables {
    registry = {
      cache_credentials = {
        username_secret_id = "https://example.vault.azure.net/secrets/user"
        password_secret_id = "https://example.vault.azure.net/secrets/token"
      }
      cache_rules = { python = { source = "docker.io/library/python", target = "library/python" } }
    }
  }
  assert {
    condition     = !output.registry.mirrors
    error_message = "The Server's images come from a registry that does not fetch them."
  }
}

run "own_identity_and_routes" {
  variables {
    network = { route_table_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/routeTables/hub" }
    cluster = {
      cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
      identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/example"]
      identity_principal_id       = "77777777-7777-4777-8777-777777777777"
      outbound_type               = "userDefinedRouting"
    }
  }
  assert {
    condition     = azurerm_role_assignment.network[0].principal_id == "77777777-7777-4777-8777-777777777777" && length(azurerm_user_assigned_identity.cluster) == 0
    error_message = "The identity has no right on the subnet."
  }
  assert {
    condition     = endswith(azurerm_subnet_route_table_association.nodes[0].route_table_id, "/hub") && length(azurerm_subnet_nat_gateway_association.nodes) == 0
    error_message = "The nodes have no routes."
  }
}

run "own_gateway" {
  variables {
    network = { nat_gateway_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/natGateways/hub" }
    cluster = { cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }, outbound_type = "userAssignedNATGateway" }
  }
  assert {
    condition     = endswith(azurerm_subnet_nat_gateway_association.nodes[0].nat_gateway_id, "/hub") && length(azurerm_subnet_route_table_association.nodes) == 0
    error_message = "The nodes have no gateway."
  }
}

run "public_registry_and_suffix" {
  variables {
    replacement_acknowledgement = "suffix"
    global_suffix               = "demo"
    registry                    = { public_network_access_enabled = true, sku = "Standard" }
    mirror_images               = true
    network                     = { address_space = "172.20.0.0/20" }
  }
  assert {
    condition     = local.names == { registry = "exampleacrdemo", database = "example-db-demo" } && length(azurerm_private_dns_zone.registry) == 0 && output.registry.mirrors
    error_message = "The public registry is wrong."
  }
  assert {
    condition     = local.subnets == { nodes = "172.20.0.0/22", database = "172.20.15.224/28", private_endpoint = "172.20.15.240/28" }
    error_message = "The parts of a small network are wrong."
  }
}

# What examples/azure-trial asks for.
run "trial" {
  variables {
    replacement_acknowledgement = "trial"
    cluster = {
      sku_tier                        = "Free"
      private_cluster_enabled         = false
      api_server_authorized_ip_ranges = ["198.51.100.7/32"]
      cluster_admin_principal_ids     = { deployer = "44444444-4444-4444-8444-444444444444" }
      system_pool                     = { vm_size = "Standard_D2ds_v5", min_count = 1, max_count = 1 }
      user_pools                      = { flows = { vm_size = "Standard_D2ds_v5", max_count = 1, os_disk_size_gb = 64 } }
    }
    registry = { sku = "Basic", public_network_access_enabled = true }
    database = { sku_name = "B_Standard_B1ms", storage_mb = 32768, backup_retention_days = 7 }
    prefect  = { components = { hasura = { env = { HASURA_GRAPHQL_PG_CONNECTIONS = "20" } } } }
  }
  assert {
    condition     = length(azurerm_private_dns_zone.registry) == 0 && output.database.host == "example-db.postgres.database.azure.com" && output.network.nodes == "10.10.0.0/18"
    error_message = "The smallest installation is not what its example says."
  }
}

run "alerts" {
  variables {
    replacement_acknowledgement = "alerts"
    cluster = {
      cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
      log_analytics_workspace     = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs", location = "northeurope" }
    }
    alerts  = { action_group_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Insights/actionGroups/on-call"] }
    prefect = { watch = { late_after_seconds = 60 } }
  }
  assert {
    condition     = length(module.alerts[0].ids) == 3 && local.alerted_workspace.location == "northeurope"
    error_message = "There are no alerts."
  }
  assert {
    condition     = local.watch.enabled && local.watch.late_after_seconds == 60 && local.watch.silent_after_seconds == null
    error_message = "The alerts have nothing to read, or watch is not as it was asked for."
  }
}

run "own_network" {
  variables {
    replacement_acknowledgement = "own network"
    network = {
      existing = {
        nodes_subnet_resource_id            = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/nodes"
        database_subnet_resource_id         = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/database"
        private_endpoint_subnet_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints"
      }
    }
  }
  assert {
    condition     = length(azurerm_virtual_network.this) == 0 && length(azurerm_subnet.nodes) + length(azurerm_subnet.database) + length(azurerm_subnet.private_endpoint) == 0
    error_message = "There is a second network."
  }
  assert {
    condition     = endswith(azurerm_role_assignment.network[0].scope, "/hub/subnets/nodes") && output.network.id == null && endswith(output.network.subnet_ids.database, "/hub/subnets/database")
    error_message = "The subnets are not those that were named."
  }
  assert {
    condition     = endswith(azurerm_private_dns_zone_virtual_network_link.database[0].virtual_network_id, "/virtualNetworks/hub") && endswith(azurerm_private_dns_zone_virtual_network_link.registry[0].virtual_network_id, "/virtualNetworks/hub")
    error_message = "The network does not know the database's name, or the registry's."
  }
}

run "own_zones" {
  variables {
    replacement_acknowledgement = "own zones"
    network = {
      existing = {
        nodes_subnet_resource_id            = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/nodes"
        database_subnet_resource_id         = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/database"
        private_endpoint_subnet_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints"
        database_private_dns_zone           = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/hub.private.postgres.database.azure.com" }
        registry_private_dns_zone           = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io" }
      }
    }
  }
  assert {
    condition     = length(azurerm_private_dns_zone.database) + length(azurerm_private_dns_zone.registry) + length(azurerm_private_dns_zone_virtual_network_link.database) + length(azurerm_private_dns_zone_virtual_network_link.registry) == 0
    error_message = "There is a second zone, or a second link to it."
  }
  assert {
    condition     = startswith(local.zone_ids.database, "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/") && startswith(local.zone_ids.registry, "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/")
    error_message = "The zones are not those that were named."
  }
}

run "own_registry_and_database" {
  variables {
    replacement_acknowledgement = "own registry and database"
    registry                    = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/hubregistry" } }
    database                    = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" }, database_name = "runs" }
    mirror_images               = true
  }
  assert {
    condition     = length(module.acr) + length(module.postgresql) == 0 && output.registry.login_server == "hubregistry.azurecr.io" && output.registry.mirrors && output.registry.flow_image == null
    error_message = "The registry is not the one that was named."
  }
  assert {
    condition     = endswith(azurerm_role_assignment.pull[0].scope, "/registries/hubregistry") && azurerm_role_assignment.pull[0].principal_id == "66666666-6666-4666-8666-666666666666"
    error_message = "The nodes may not pull from the registry."
  }
  assert {
    condition     = local.database == { host = "hub-db.postgres.database.azure.com", port = 5432, name = "runs", user = "hub" } && endswith(output.database.id, "/flexibleServers/hub-db")
    error_message = "The database is not the one that was named."
  }
  assert {
    condition     = length(azurerm_private_dns_zone.database) + length(azurerm_private_dns_zone.registry) == 0 && length(azurerm_virtual_network.this) == 1
    error_message = "There are zones for what is not made, or the nodes have no network."
  }
}

run "own_cluster" {
  variables {
    replacement_acknowledgement = "own cluster"
    network = {
      existing = { database_subnet_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/database" }
    }
    cluster  = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub" } }
    registry = { public_network_access_enabled = true }
  }
  assert {
    condition     = length(module.aks) + length(azurerm_user_assigned_identity.cluster) + length(azurerm_user_assigned_identity.nodes) + length(azurerm_role_assignment.network) + length(azurerm_role_assignment.nodes_identity) + length(azurerm_virtual_network.this) == 0
    error_message = "There is something of a second cluster."
  }
  assert {
    condition     = output.kubernetes.host == "https://hub.hcp.westeurope.azmk8s.io:443" && output.kubernetes.cluster_ca_certificate == "certificate" && output.kubernetes.exec == null && output.cluster.oidc_issuer_url == "https://oidc.example.com"
    error_message = "The cluster is not the one that was named."
  }
  assert {
    condition     = azurerm_role_assignment.pull[0].principal_id == "99999999-9999-4999-8999-999999999999" && length(module.postgresql) == 1
    error_message = "The cluster's nodes may not pull from the registry, or there is no database."
  }
}

run "own_everything" {
  variables {
    replacement_acknowledgement = "own everything"
    cluster                     = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub" } }
    registry                    = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/hubregistry" } }
    database                    = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" } }
  }
  assert {
    condition     = length(azurerm_role_assignment.pull) == 0 && length(azurerm_virtual_network.this) == 0 && local.database.name == "prefect" && !output.registry.mirrors
    error_message = "There is more than the release."
  }
}

# Another cluster of the same name, in the provider's own subscription.
run "own_cluster_elsewhere" {
  command = plan
  variables {
    replacement_acknowledgement = "own cluster elsewhere"
    cluster                     = { existing = { resource_id = "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/hub/providers/Microsoft.ContainerService/managedClusters/hub" } }
    registry                    = { existing = { resource_id = "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/hubregistry" } }
    database                    = { existing = { resource_id = "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" } }
  }
  expect_failures = [data.azurerm_kubernetes_cluster.existing, data.azurerm_container_registry.existing, data.azurerm_postgresql_flexible_server.existing]
}

run "own_network_elsewhere" {
  command = plan
  variables {
    replacement_acknowledgement = "own network elsewhere"
    network = {
      existing = { nodes_subnet_resource_id = "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/nodes" }
    }
    registry = { public_network_access_enabled = true }
    database = { existing = { resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/hub/providers/Microsoft.DBforPostgreSQL/flexibleServers/hub-db" } }
  }
  expect_failures = [data.azurerm_virtual_network.existing]
}
