# What the module refuses at plan.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

variables {
  name                          = "exampleregistry"
  resource_group_name           = "example"
  location                      = "westeurope"
  public_network_access_enabled = true
}

run "name" {
  command = plan
  variables {
    name = "example-registry"
  }
  expect_failures = [var.name]
}

run "name_too_short" {
  command = plan
  variables {
    name = "acr"
  }
  expect_failures = [var.name]
}

run "resource_group" {
  command = plan
  variables {
    resource_group_name = "example."
  }
  expect_failures = [var.resource_group_name]
}

run "location" {
  command = plan
  variables {
    location = ""
  }
  expect_failures = [var.location]
}

run "sku" {
  command = plan
  variables {
    sku = "Free"
  }
  expect_failures = [var.sku]
}

run "allowed_range" {
  command = plan
  variables {
    allowed_ip_ranges = ["198.51.100.7"]
  }
  expect_failures = [var.allowed_ip_ranges]
}

run "retention" {
  command = plan
  variables {
    retention_policy_in_days = 400
  }
  expect_failures = [var.retention_policy_in_days]
}

run "rule_name_too_short" {
  command = plan
  variables {
    cache_rules = { ui = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" } }
  }
  expect_failures = [var.cache_rules]
}

run "rule_name_characters" {
  command = plan
  variables {
    cache_rules = { prefect_ui = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" } }
  }
  expect_failures = [var.cache_rules]
}

run "rule_source_without_host" {
  command = plan
  variables {
    cache_rules = { prefect-ui = { source = "prefecthq/ui", target = "prefecthq/ui" } }
  }
  expect_failures = [var.cache_rules]
}

run "rule_source_with_tag" {
  command = plan
  variables {
    cache_rules = { prefect-ui = { source = "docker.io/prefecthq/ui:1", target = "prefecthq/ui" } }
  }
  expect_failures = [var.cache_rules]
}

run "rule_targets_twice" {
  command = plan
  variables {
    cache_rules = { first = { source = "docker.io/a/b", target = "a/b" }, second = { source = "quay.io/a/b", target = "a/b" } }
  }
  expect_failures = [var.cache_rules]
}

run "build_image_with_host" {
  command = plan
  variables {
    build = { context = "https://github.com/example/flows.git#main", image = "example.azurecr.io/flows/etl:1" }
  }
  expect_failures = [var.build]
}

run "build_image_without_tag" {
  command = plan
  variables {
    build = { context = "https://github.com/example/flows.git#main", image = "flows/etl" }
  }
  expect_failures = [var.build]
}

run "build_context" {
  command = plan
  variables {
    build = { context = "../flows", image = "flows/etl:1" }
  }
  expect_failures = [var.build]
}

run "standard_cannot_be_private" {
  command = plan
  variables {
    sku                           = "Standard"
    public_network_access_enabled = false
  }
  expect_failures = [azurerm_container_registry.this]
}

run "standard_private_endpoint" {
  command = plan
  variables {
    sku              = "Standard"
    private_endpoint = { subnet_id = "/subscriptions/1/resourceGroups/e/providers/Microsoft.Network/virtualNetworks/e/subnets/e", private_dns_zone_id = "/subscriptions/1/resourceGroups/e/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io" }
  }
  expect_failures = [azurerm_container_registry.this]
}

run "standard_zones" {
  command = plan
  variables {
    sku                     = "Standard"
    zone_redundancy_enabled = true
  }
  expect_failures = [azurerm_container_registry.this]
}

run "basic_retention" {
  command = plan
  variables {
    sku                      = "Basic"
    retention_policy_in_days = 7
  }
  expect_failures = [azurerm_container_registry.this]
}

run "standard_replicas" {
  command = plan
  variables {
    sku                      = "Standard"
    georeplication_locations = ["northeurope"]
  }
  expect_failures = [azurerm_container_registry.this]
}

run "replica_at_home" {
  command = plan
  variables {
    georeplication_locations = ["West Europe"]
  }
  expect_failures = [azurerm_container_registry.this]
}

run "standard_ranges" {
  command = plan
  variables {
    sku               = "Standard"
    allowed_ip_ranges = ["198.51.100.0/24"]
  }
  expect_failures = [azurerm_container_registry.this]
}

run "reachable_by_nobody" {
  command = plan
  variables {
    public_network_access_enabled = false
  }
  expect_failures = [azurerm_container_registry.this]
}

run "build_without_token" {
  command = plan
  variables {
    build = { context = "https://github.com/example/flows.git#main", image = "flows/etl:1" }
  }
  expect_failures = [azurerm_container_registry.this]
}

run "build_in_private" {
  command = plan
  variables {
    public_network_access_enabled = false
    private_endpoint              = { subnet_id = "/subscriptions/1/resourceGroups/e/providers/Microsoft.Network/virtualNetworks/e/subnets/e", private_dns_zone_id = "/subscriptions/1/resourceGroups/e/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io" }
    build                         = { context = "https://github.com/example/flows.git#main", image = "flows/etl:1" }
    build_context_token           = "token"
  }
  expect_failures = [azurerm_container_registry.this]
}

run "principal_a_resource_id" {
  command = plan
  variables {
    pull_principal_ids = { cluster = "/subscriptions/1/resourceGroups/example" }
  }
  expect_failures = [var.pull_principal_ids]
}

run "private_endpoint_wrong_zone" {
  command = plan
  variables {
    private_endpoint = {
      subnet_id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/endpoints"
      private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/azurecr.io"
    }
  }
  expect_failures = [var.private_endpoint]
}

run "cache_credentials_in_the_clear" {
  command = plan
  variables {
    cache_credentials = { username_secret_id = "me", password_secret_id = "token" }
  }
  expect_failures = [var.cache_credentials]
}
