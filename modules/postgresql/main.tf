locals {
  # What cannot change without a new, empty server or database; or, in the version's case, cannot change back.
  fixed = {
    name                         = var.name
    resource_group_name          = lower(var.resource_group_name)
    location                     = lower(replace(var.location, " ", ""))
    postgresql_version           = var.postgresql_version
    administrator_login          = var.administrator_login
    database_name                = var.database_name
    geo_redundant_backup_enabled = tostring(var.geo_redundant_backup_enabled)
  }
  # Apart from the others, because it may be unknown when planning, and would make the whole comparison so.
  subnet   = lower(coalesce(var.delegated_subnet_id, "none"))
  recorded = terraform_data.made_with.output
  changed = [
    for name, value in local.fixed : "${name} (${try(local.recorded.server[name], "-")} -> ${value})"
    if try(local.recorded.server[name], value) != value
  ]
  remedy = "Nothing takes the data along: dump and restore it first if it matters. To go on, set replacement_acknowledgement to a value that it has not had, for example today's date. So too where nothing was made yet, because the first apply failed: nothing is lost then."
}

# What the server was made with. A change does not get here by itself, so that the preconditions below can compare; an
# acknowledgement records anew. `terraform destroy` checks no preconditions.
resource "terraform_data" "made_with" {
  input            = { server = local.fixed, subnet = local.subnet }
  triggers_replace = coalesce(var.replacement_acknowledgement, "none")

  lifecycle {
    ignore_changes = [input]
  }
}

resource "azurerm_postgresql_flexible_server" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  version             = var.postgresql_version
  sku_name            = var.sku_name
  tags                = var.tags
  zone                = var.zone

  storage_mb                   = var.storage_mb
  auto_grow_enabled            = true
  backup_retention_days        = var.backup_retention_days
  geo_redundant_backup_enabled = var.geo_redundant_backup_enabled

  administrator_login               = var.administrator_login
  administrator_password_wo         = var.administrator_password
  administrator_password_wo_version = var.administrator_password_version

  delegated_subnet_id           = var.delegated_subnet_id
  private_dns_zone_id           = var.private_dns_zone_id
  public_network_access_enabled = var.public_network_access != null

  dynamic "high_availability" {
    for_each = var.high_availability == "none" ? [] : [var.high_availability]
    content {
      mode = high_availability.value
    }
  }

  dynamic "maintenance_window" {
    for_each = var.maintenance_window.enabled ? [var.maintenance_window] : []
    content {
      day_of_week  = maintenance_window.value.day_of_week
      start_hour   = maintenance_window.value.start_hour
      start_minute = maintenance_window.value.start_minute
    }
  }

  lifecycle {
    # Azure chooses a zone when none is given, and swaps the two zones in a failover. The disk grows by itself and cannot
    # shrink: going back to storage_mb would replace the server.
    ignore_changes = [zone, high_availability[0].standby_availability_zone, storage_mb]

    precondition {
      condition     = length(local.changed) == 0
      error_message = "This would replace the server or its database with an empty one, and with it the history of all runs; a newer postgresql_version would upgrade it for good: ${join(", ", local.changed)}. ${local.remedy}"
    }
    precondition {
      condition     = try(local.recorded.subnet, local.subnet) == local.subnet
      error_message = "This would replace the server with an empty one, and with it the history of all runs: delegated_subnet_id (${try(local.recorded.subnet, "-")} -> ${local.subnet}). ${local.remedy}"
    }

    precondition {
      condition     = (var.delegated_subnet_id == null) == (var.private_dns_zone_id == null)
      error_message = "delegated_subnet_id and private_dns_zone_id belong together: the zone names the address that the server gets in the subnet. Give both or neither."
    }
    precondition {
      condition     = var.delegated_subnet_id != null || var.public_network_access != null
      error_message = "Nobody could reach the server: it has neither a subnet nor public access. Give delegated_subnet_id and private_dns_zone_id, or public_network_access with acknowledged = true."
    }
    precondition {
      condition     = var.delegated_subnet_id == null || var.public_network_access == null
      error_message = "A server in a subnet cannot have a public address as well. Remove public_network_access or delegated_subnet_id."
    }
    precondition {
      condition     = var.high_availability == "none" || !startswith(var.sku_name, "B_")
      error_message = "A burstable server (${var.sku_name}) cannot have a standby. Choose a GP_ or MO_ size, or high_availability = \"none\"."
    }
  }
}

# Which extensions the migrations may create. Without this the first start of Prefect Server fails.
resource "azurerm_postgresql_flexible_server_configuration" "extensions" {
  name      = "azure.extensions"
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = join(",", sort([for extension in var.extensions : upper(extension)]))
}

# On is Azure's own default. Declaring it undoes anybody's attempt to switch it off.
resource "azurerm_postgresql_flexible_server_configuration" "tls" {
  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = "on"

  # The server takes one change at a time.
  depends_on = [azurerm_postgresql_flexible_server_configuration.extensions]
}

resource "azurerm_postgresql_flexible_server_database" "this" {
  name      = var.database_name
  server_id = azurerm_postgresql_flexible_server.this.id
  charset   = "UTF8"
  collation = "en_US.utf8"

  depends_on = [azurerm_postgresql_flexible_server_configuration.tls]
}

resource "azurerm_postgresql_flexible_server_firewall_rule" "this" {
  for_each = var.public_network_access == null ? {} : var.public_network_access.allowed

  name             = each.key
  server_id        = azurerm_postgresql_flexible_server.this.id
  start_ip_address = each.value.first
  end_ip_address   = each.value.last
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = var.diagnostic_settings

  name                       = each.key
  target_resource_id         = azurerm_postgresql_flexible_server.this.id
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

check "version_is_supported" {
  assert {
    condition     = !contains(["13", "14"], var.postgresql_version)
    error_message = "PostgreSQL ${var.postgresql_version} has reached its end (13 in November 2025, 14 in November 2026): it gets no fixes from its community, and Azure charges for extended support. Raise postgresql_version, for example to \"16\": Azure upgrades in place. Try it on a server restored from a backup first."
  }
}
