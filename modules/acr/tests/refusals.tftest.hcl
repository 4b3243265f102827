# What the module refuses at plan. A run with the wrong values of several inputs passes only if each of them is refused.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

variables {
  name                          = "exampleregistry"
  resource_group_name           = "example"
  location                      = "westeurope"
  public_network_access_enabled = true
}

run "wrong_inputs_1" {
  command = plan
  variables {
    name                     = "example-registry"
    resource_group_name      = "example."
    location                 = ""
    sku                      = "Free"
    allowed_ip_ranges        = ["198.51.100.7"]                                                        # allowed range
    retention_policy_in_days = 400                                                                     # retention
    cache_rules              = { ui = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" } } # rule name too short
    pull_principal_ids       = { cluster = "/subscriptions/1/resourceGroups/example" }                 # principal a resource id
    cache_credentials        = { username_secret_id = "me", password_secret_id = "token" }             # cache credentials in the clear

    # Build image with host.
    build = { context = "https://github.com/example/flows.git#main", image = "example.azurecr.io/flows/etl:1" }
  }
  expect_failures = [
    var.name,
    var.resource_group_name,
    var.location,
    var.sku,
    var.allowed_ip_ranges,
    var.retention_policy_in_days,
    var.cache_rules,
    var.build,
    var.pull_principal_ids,
    var.cache_credentials,
  ]
}

run "wrong_inputs_2" {
  command = plan
  variables {
    name = "acr" # name too short

    # Rule name characters.
    cache_rules = { prefect_ui = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" } }

    # Build image without tag.
    build = { context = "https://github.com/example/flows.git#main", image = "flows/etl" }
  }
  expect_failures = [
    var.name,
    var.cache_rules,
    var.build,
  ]
}

run "wrong_inputs_3" {
  command = plan
  variables {
    cache_rules = { prefect-ui = { source = "prefecthq/ui", target = "prefecthq/ui" } } # rule source without host
    build       = { context = "../flows", image = "flows/etl:1" }                       # build context
  }
  expect_failures = [
    var.cache_rules,
    var.build,
  ]
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

run "rule_from_docker_hub_without_login" {
  command = plan
  variables {
    cache_rules = { prefect-ui = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" } }
  }
  expect_failures = [azurerm_container_registry.this]
}

run "secret_with_version" {
  command = plan
  variables {
    cache_credentials = {
      username_secret_id = "https://example.vault.azure.net/secrets/user/0123456789abcdef"
      password_secret_id = "https://example.vault.azure.net/secrets/token"
    }
  }
  expect_failures = [var.cache_credentials]
}

run "vault_by_name" {
  command = plan
  variables {
    cache_credentials = {
      username_secret_id = "https://example.vault.azure.net/secrets/user"
      password_secret_id = "https://example.vault.azure.net/secrets/token"
      key_vault          = { id = "example" }
    }
  }
  expect_failures = [var.cache_credentials]
}

run "build_behind_ranges" {
  command = plan
  variables {
    allowed_ip_ranges   = ["198.51.100.0/24"]
    build               = { context = "https://github.com/example/flows.git#main", image = "flows/etl:1" }
    build_context_token = "token"
  }
  expect_failures = [azurerm_container_registry.this]
}

run "official_image_without_library" {
  command = plan
  variables {
    cache_rules = { nginx = { source = "docker.io/nginx", target = "nginx" } }
  }
  expect_failures = [var.cache_rules]
}

run "range_with_host_bits" {
  command = plan
  variables {
    public_network_access_enabled = true
    allowed_ip_ranges             = ["198.51.100.7/24"]
  }
  expect_failures = [var.allowed_ip_ranges]
}

run "logs_to_nowhere" {
  command = plan
  variables {
    diagnostic_settings = { logs = {} }
  }
  expect_failures = [var.diagnostic_settings]
}

run "no_logs" {
  command = plan
  variables {
    diagnostic_settings = { logs = { workspace_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs", log_groups = [], log_categories = [], metric_categories = [] } }
  }
  expect_failures = [var.diagnostic_settings]
}

run "groups_and_categories_of_logs" {
  command = plan
  variables {
    diagnostic_settings = { logs = { workspace_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs", log_groups = ["audit"], log_categories = ["guard"] } }
  }
  expect_failures = [var.diagnostic_settings]
}
