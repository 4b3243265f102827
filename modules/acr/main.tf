locals {
  premium = var.sku == "Premium"

  # What a Prefect Server release runs.
  server_images = { for name, repository in {
    prefect-server = "prefecthq/server"
    prefect-apollo = "prefecthq/apollo"
    prefect-ui     = "prefecthq/ui"
    prefect-core   = "prefecthq/prefect"
    hasura         = "hasura/graphql-engine"
  } : name => { source = "docker.io/${repository}", target = repository } }

  credentials_for = try(var.cache_credentials.login_server, null)
  cache_rules     = var.cache_rules == null ? (local.credentials_for == "docker.io" ? local.server_images : {}) : var.cache_rules
  without_login   = [for name, rule in local.cache_rules : name if startswith(rule.source, "docker.io/") && local.credentials_for != "docker.io"]
}

resource "azurerm_container_registry" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = var.sku
  tags                = var.tags

  # No password that is shared by all, no pulls without a login: identities get roles.
  admin_enabled          = false
  anonymous_pull_enabled = false

  public_network_access_enabled = var.public_network_access_enabled
  network_rule_bypass_option    = "AzureServices"
  zone_redundancy_enabled       = var.zone_redundancy_enabled
  retention_policy_in_days      = var.retention_policy_in_days

  dynamic "georeplications" {
    for_each = sort(var.georeplication_locations)
    content {
      location                        = georeplications.value
      global_endpoint_routing_enabled = true
      zone_redundancy_enabled         = var.zone_redundancy_enabled
      tags                            = var.tags
    }
  }

  # Said whenever it has an effect, for everybody too: left out, the rules that were there before would stay.
  network_rule_set = !local.premium ? [] : !var.public_network_access_enabled ? null : [{
    default_action = length(var.allowed_ip_ranges) == 0 ? "Allow" : "Deny"
    ip_rule        = [for range in var.allowed_ip_ranges : { action = "Allow", ip_range = range }]
  }]

  lifecycle {
    precondition {
      condition     = local.premium || var.public_network_access_enabled
      error_message = "A ${var.sku} registry always has a public address. Use sku = \"Premium\" with a private_endpoint, or say public_network_access_enabled = true."
    }
    precondition {
      condition     = local.premium || var.private_endpoint == null
      error_message = "A private endpoint needs sku = \"Premium\"; it is \"${var.sku}\". Remove private_endpoint or change the SKU."
    }
    precondition {
      condition     = local.premium || !var.zone_redundancy_enabled
      error_message = "zone_redundancy_enabled needs sku = \"Premium\"; it is \"${var.sku}\"."
    }
    precondition {
      condition     = local.premium || var.retention_policy_in_days == null
      error_message = "retention_policy_in_days needs sku = \"Premium\"; it is \"${var.sku}\". Remove it, or clean up with a scheduled task."
    }
    precondition {
      condition     = local.premium || length(var.georeplication_locations) == 0
      error_message = "georeplication_locations needs sku = \"Premium\"; it is \"${var.sku}\"."
    }
    precondition {
      condition     = !contains([for l in var.georeplication_locations : lower(replace(l, " ", ""))], lower(replace(var.location, " ", "")))
      error_message = "georeplication_locations contains the registry's own region \"${var.location}\". List only further regions."
    }
    precondition {
      condition     = length(var.allowed_ip_ranges) == 0 || (local.premium && var.public_network_access_enabled)
      error_message = "allowed_ip_ranges restricts public access, which needs sku = \"Premium\" (it is \"${var.sku}\") and public_network_access_enabled = true."
    }
    precondition {
      condition     = var.public_network_access_enabled || var.private_endpoint != null
      error_message = "Nobody could reach the registry: it has neither a private_endpoint nor public access. Give a private_endpoint, or say public_network_access_enabled = true."
    }
    precondition {
      condition     = var.build == null || try(length(var.build_context_token) > 0, false)
      error_message = "build needs build_context_token: a personal access token that may read ${try(var.build.context, "the source")} (ACR asks for one even when the repository is public)."
    }
    precondition {
      condition     = var.build == null || var.public_network_access_enabled
      error_message = "build runs on Azure's shared builders, which only reach a registry with public access. Say public_network_access_enabled = true, or build elsewhere and push through the private endpoint."
    }
    precondition {
      condition     = var.build == null || length(var.allowed_ip_ranges) == 0
      error_message = "build runs on Azure's shared builders, whose addresses are not among allowed_ip_ranges. Remove allowed_ip_ranges, or build elsewhere and push from an address that is allowed."
    }
    precondition {
      condition     = length(local.without_login) == 0
      error_message = "The cache rules ${join(", ", local.without_login)} fetch from docker.io, which ACR only does with a login. Give cache_credentials with a Docker Hub account, remove these rules, or import the images (`az acr import`)."
    }
  }
}

resource "azurerm_private_endpoint" "this" {
  count = var.private_endpoint == null ? 0 : 1

  name                = "${var.name}-registry"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.private_endpoint.subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "registry"
    private_connection_resource_id = azurerm_container_registry.this.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "registry"
    private_dns_zone_ids = [var.private_endpoint.private_dns_zone_id]
  }
}

resource "azurerm_role_assignment" "pull" {
  for_each = var.pull_principal_ids

  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = each.value

  # A cluster's identity may be seconds old, and not yet known everywhere in Entra ID.
  skip_service_principal_aad_check = true
}

resource "azurerm_container_registry_credential_set" "this" {
  count = var.cache_credentials == null ? 0 : 1

  name                  = "mirror"
  container_registry_id = azurerm_container_registry.this.id
  login_server          = var.cache_credentials.login_server

  authentication_credentials {
    username_secret_id = var.cache_credentials.username_secret_id
    password_secret_id = var.cache_credentials.password_secret_id
  }

  identity {
    type = "SystemAssigned"
  }
}

# The registry reads the credentials in its own name.
resource "azurerm_role_assignment" "credentials" {
  count = try(var.cache_credentials.key_vault, null) == null ? 0 : 1

  scope                = var.cache_credentials.key_vault.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_container_registry_credential_set.this[0].identity[0].principal_id

  skip_service_principal_aad_check = true
}

resource "azurerm_container_registry_cache_rule" "this" {
  for_each = local.cache_rules

  name                  = each.key
  container_registry_id = azurerm_container_registry.this.id
  source_repo           = each.value.source
  target_repo           = each.value.target
  credential_set_id = (
    var.cache_credentials != null && startswith(each.value.source, "${try(var.cache_credentials.login_server, "")}/")
    ? azurerm_container_registry_credential_set.this[0].id : null
  )
}

resource "azurerm_container_registry_task" "build" {
  count = var.build == null ? 0 : 1

  name                  = "flow-image"
  container_registry_id = azurerm_container_registry.this.id
  tags                  = var.tags

  platform {
    os           = "Linux"
    architecture = "amd64"
  }

  agent_setting {
    cpu = var.build.cpu
  }

  docker_step {
    context_path         = var.build.context
    context_access_token = var.build_context_token
    dockerfile_path      = var.build.dockerfile
    image_names          = [var.build.image]
    arguments            = var.build.arguments
  }
}

# Runs the task once for each image: a new tag is a new build.
resource "azurerm_container_registry_task_schedule_run_now" "build" {
  count = var.build == null ? 0 : 1

  container_registry_task_id = azurerm_container_registry_task.build[0].id

  lifecycle {
    replace_triggered_by = [terraform_data.build[0]]
  }
}

resource "terraform_data" "build" {
  count = var.build == null ? 0 : 1
  input = var.build
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = var.diagnostic_settings

  name                       = each.key
  target_resource_id         = azurerm_container_registry.this.id
  log_analytics_workspace_id = each.value.workspace_resource_id
  storage_account_id         = each.value.storage_account_resource_id

  dynamic "enabled_log" {
    for_each = concat(
      [for group in each.value.log_groups : { group = group, category = null }],
      [for category in each.value.log_categories : { group = null, category = category }],
    )
    content {
      category_group = enabled_log.value.group
      category       = enabled_log.value.category
    }
  }

  dynamic "enabled_metric" {
    for_each = each.value.metric_categories
    content {
      category = enabled_metric.value
    }
  }
}
