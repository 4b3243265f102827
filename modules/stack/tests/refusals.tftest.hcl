# What the module refuses at plan, besides what the modules in it refuse.
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
