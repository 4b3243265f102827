# What the module creates, branch by branch.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

variables {
  name                = "exampleregistry"
  resource_group_name = "example"
  location            = "westeurope"
  private_endpoint = {
    subnet_id           = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/endpoints"
    private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
  }
}

run "private_by_default" {
  variables {
    pull_principal_ids = { cluster = "55555555-5555-4555-8555-555555555555" }
  }
  assert {
    condition = alltrue([
      azurerm_container_registry.this.sku == "Premium",
      azurerm_container_registry.this.public_network_access_enabled == false,
      azurerm_container_registry.this.admin_enabled == false,
      azurerm_container_registry.this.anonymous_pull_enabled == false,
      length(azurerm_private_endpoint.this) == 1,
    ])
    error_message = "The registry is not private by default."
  }
  assert {
    condition     = azurerm_role_assignment.pull["cluster"].role_definition_name == "AcrPull" && azurerm_role_assignment.pull["cluster"].skip_service_principal_aad_check
    error_message = "The cluster may not pull."
  }
  assert {
    condition     = length(azurerm_container_registry_cache_rule.this) == 0
    error_message = "Something is fetched from Docker Hub without a login."
  }
  assert {
    condition     = output.login_server == "exampleregistry.azurecr.io" && output.flow_image == null && output.credential_set_principal_id == null
    error_message = "The outputs are wrong."
  }
}

run "public_standard" {
  variables {
    sku                           = "Standard"
    public_network_access_enabled = true
    private_endpoint              = null
  }
  assert {
    condition     = length(azurerm_private_endpoint.this) == 0 && length(azurerm_container_registry_cache_rule.this) == 0 && azurerm_container_registry.this.public_network_access_enabled && length(azurerm_container_registry.this.network_rule_set) == 0
    error_message = "A public Standard registry cannot be asked for."
  }
}

run "premium_options" {
  variables {
    public_network_access_enabled = true
    allowed_ip_ranges             = ["198.51.100.0/24"]
    zone_redundancy_enabled       = true
    retention_policy_in_days      = 7
    georeplication_locations      = ["northeurope", "francecentral"]
  }
  assert {
    condition     = azurerm_container_registry.this.network_rule_set[0].default_action == "Deny" && [for g in azurerm_container_registry.this.georeplications : g.location] == ["francecentral", "northeurope"]
    error_message = "Premium options do not arrive, or replicas are not in alphabetical order."
  }
}

run "the_servers_images_with_credentials" {
  variables {
    cache_credentials = {
      username_secret_id = "https://example.vault.azure.net/secrets/user"
      password_secret_id = "https://example.vault.azure.net/secrets/token"
    }
  }
  assert {
    condition     = length(azurerm_container_registry_cache_rule.this) == 5 && alltrue([for rule in azurerm_container_registry_cache_rule.this : rule.source_repo == "docker.io/${rule.target_repo}" && rule.credential_set_id != null]) && output.mirrors
    error_message = "The Server's images are not mirrored."
  }
  assert {
    condition     = length(azurerm_role_assignment.credentials) == 0
    error_message = "Something is granted on a vault that nobody named."
  }
}

run "credentials_of_another_registry" {
  variables {
    cache_credentials = {
      login_server       = "ghcr.io"
      username_secret_id = "https://example.vault.azure.net/secrets/user"
      password_secret_id = "https://example.vault.azure.net/secrets/token"
    }
  }
  assert {
    condition     = length(azurerm_container_registry_cache_rule.this) == 0 && !output.mirrors
    error_message = "Docker Hub is used with the credentials of another registry."
  }
}

run "logs_of_the_registry" {
  variables {
    diagnostic_settings = {
      workspace = { workspace_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs" }
      storage   = { storage_account_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Storage/storageAccounts/logs", log_groups = [], log_categories = ["ContainerRegistryLoginEvents"], metric_categories = [] }
    }
  }
  assert {
    condition     = azurerm_monitor_diagnostic_setting.this["workspace"].target_resource_id == azurerm_container_registry.this.id && endswith(azurerm_monitor_diagnostic_setting.this["workspace"].log_analytics_workspace_id, "/workspaces/logs") && one(azurerm_monitor_diagnostic_setting.this["workspace"].enabled_log).category_group == "allLogs" && one(azurerm_monitor_diagnostic_setting.this["workspace"].enabled_metric).category == "AllMetrics"
    error_message = "The workspace does not get all logs and metrics."
  }
  assert {
    condition     = endswith(azurerm_monitor_diagnostic_setting.this["storage"].storage_account_id, "/storageAccounts/logs") && one(azurerm_monitor_diagnostic_setting.this["storage"].enabled_log).category == "ContainerRegistryLoginEvents" && length(azurerm_monitor_diagnostic_setting.this["storage"].enabled_metric) == 0
    error_message = "The storage account does not get what was asked for."
  }
}

run "premium_for_everybody_again" {
  variables {
    public_network_access_enabled = true
  }
  assert {
    condition     = azurerm_container_registry.this.network_rule_set[0].default_action == "Allow"
    error_message = "The former network rules stay."
  }
}

run "cache_with_credentials" {
  variables {
    cache_credentials = {
      username_secret_id = "https://example.vault.azure.net/secrets/user"
      password_secret_id = "https://example.vault.azure.net/secrets/token"
      key_vault          = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/secrets/providers/Microsoft.KeyVault/vaults/example" }
    }
    cache_rules = {
      from-hub  = { source = "docker.io/prefecthq/ui", target = "prefecthq/ui" }
      from-quay = { source = "quay.io/example/ui", target = "example/ui" }
    }
  }
  assert {
    condition     = azurerm_container_registry_cache_rule.this["from-hub"].credential_set_id != null && azurerm_container_registry_cache_rule.this["from-quay"].credential_set_id == null
    error_message = "Credentials are not used for their registry alone."
  }
  assert {
    condition     = azurerm_role_assignment.credentials[0].role_definition_name == "Key Vault Secrets User" && endswith(azurerm_role_assignment.credentials[0].scope, "/vaults/example")
    error_message = "The registry may not read its credentials."
  }
}

run "build" {
  variables {
    public_network_access_enabled = true
    build                         = { context = "https://github.com/example/flows.git#main:etl", image = "flows/etl:1", arguments = { VERSION = "1" } }
    build_context_token           = "token"
  }
  assert {
    condition     = output.flow_image == "exampleregistry.azurecr.io/flows/etl:1" && azurerm_container_registry_task.build[0].docker_step[0].image_names == tolist(["flows/etl:1"])
    error_message = "The flow's image is wrong."
  }
}
