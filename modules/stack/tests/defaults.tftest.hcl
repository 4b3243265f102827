# How the stack puts the modules together.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

mock_provider "helm" {}

# A mocked cluster has no kubelet identity.
override_module {
  target = module.aks
  outputs = {
    kubelet_object_id = "55555555-5555-4555-8555-555555555555"
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
    condition     = output.registry.login_server == "exampleregistry.azurecr.io" && can(regex("^exampleacr[0-9a-f]{6}$", local.names.registry)) && can(regex("^example-db-[0-9a-f]{6}$", local.names.database))
    error_message = "The names are wrong."
  }
}

run "public_registry_and_suffix" {
  variables {
    global_suffix = "demo"
    registry      = { public_network_access_enabled = true, sku = "Standard" }
    mirror_images = false
    network       = { address_space = "172.20.0.0/20" }
  }
  assert {
    condition     = local.names == { registry = "exampleacrdemo", database = "example-db-demo" } && length(azurerm_private_dns_zone.registry) == 0
    error_message = "The public registry is wrong."
  }
  assert {
    condition     = local.subnets == { nodes = "172.20.0.0/22", database = "172.20.15.224/28", private_endpoint = "172.20.15.240/28" }
    error_message = "The parts of a small network are wrong."
  }
}
