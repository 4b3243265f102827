# What the module creates, branch by branch.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

variables {
  name                   = "example-db"
  resource_group_name    = "example"
  location               = "westeurope"
  administrator_password = "Correct-Horse-1"
  delegated_subnet_id    = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/database"
  private_dns_zone_id    = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/example.private.postgres.database.azure.com"
}

run "private_by_default" {
  assert {
    condition = alltrue([
      azurerm_postgresql_flexible_server.this.public_network_access_enabled == false,
      azurerm_postgresql_flexible_server.this.version == "16",
      azurerm_postgresql_flexible_server.this.administrator_login == "prefect",
      azurerm_postgresql_flexible_server.this.administrator_password_wo_version == 1,
      length(azurerm_postgresql_flexible_server.this.high_availability) == 0,
      azurerm_postgresql_flexible_server.this.maintenance_window[0].day_of_week == 0,
      length(azurerm_postgresql_flexible_server_firewall_rule.this) == 0,
    ])
    error_message = "The server is not private by default."
  }
  assert {
    condition     = azurerm_postgresql_flexible_server_configuration.extensions.value == "PGCRYPTO,PG_TRGM" && azurerm_postgresql_flexible_server_configuration.tls.value == "on"
    error_message = "The extensions are not allowed, or TLS is not required."
  }
  assert {
    condition     = output.database == { host = "example-db.postgres.database.azure.com", port = 5432, name = "prefect", user = "prefect" }
    error_message = "The output is not what the module prefect-server takes."
  }
}

run "logs_of_the_server" {
  variables {
    diagnostic_settings = {
      workspace = { workspace_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs" }
      storage   = { storage_account_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.Storage/storageAccounts/logs", log_groups = [], log_categories = ["PostgreSQLLogs"], metric_categories = [] }
    }
  }
  assert {
    condition     = azurerm_monitor_diagnostic_setting.this["workspace"].target_resource_id == azurerm_postgresql_flexible_server.this.id && endswith(azurerm_monitor_diagnostic_setting.this["workspace"].log_analytics_workspace_id, "/workspaces/logs") && one(azurerm_monitor_diagnostic_setting.this["workspace"].enabled_log).category_group == "allLogs" && one(azurerm_monitor_diagnostic_setting.this["workspace"].enabled_metric).category == "AllMetrics"
    error_message = "The workspace does not get all logs and metrics."
  }
  assert {
    condition     = endswith(azurerm_monitor_diagnostic_setting.this["storage"].storage_account_id, "/storageAccounts/logs") && one(azurerm_monitor_diagnostic_setting.this["storage"].enabled_log).category == "PostgreSQLLogs" && length(azurerm_monitor_diagnostic_setting.this["storage"].enabled_metric) == 0
    error_message = "The storage account does not get what was asked for."
  }
}

# The runs of a file share a state: this is a change of the server above.
run "public_when_acknowledged" {
  variables {
    replacement_acknowledgement = "public"
    delegated_subnet_id         = null
    private_dns_zone_id         = null
    public_network_access = {
      acknowledged = true
      allowed      = { office = { first = "198.51.100.7", last = "198.51.100.8" } }
    }
  }
  assert {
    condition     = azurerm_postgresql_flexible_server.this.public_network_access_enabled && azurerm_postgresql_flexible_server_firewall_rule.this["office"].end_ip_address == "198.51.100.8"
    error_message = "Public access cannot be asked for."
  }
}

run "private_again_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "public"
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "standby_and_more_extensions" {
  variables {
    replacement_acknowledgement    = "private again"
    high_availability              = "ZoneRedundant"
    extensions                     = ["pgcrypto", "pg_trgm", "hstore"]
    administrator_password_version = 2
    maintenance_window             = { enabled = false }
  }
  assert {
    condition     = length(azurerm_postgresql_flexible_server.this.maintenance_window) == 0 && azurerm_postgresql_flexible_server.this.high_availability[0].mode == "ZoneRedundant" && azurerm_postgresql_flexible_server_configuration.extensions.value == "HSTORE,PGCRYPTO,PG_TRGM"
    error_message = "The standby or the extensions are wrong."
  }
}

run "another_login_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "private again"
    administrator_login         = "somebody"
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "newer_version_acknowledged" {
  variables {
    replacement_acknowledgement = "upgrade"
    postgresql_version          = "18"
  }
  assert {
    condition     = azurerm_postgresql_flexible_server.this.version == "18" && terraform_data.made_with.output.server.postgresql_version == "18"
    error_message = "The acknowledged change is not recorded."
  }
}

run "older_version_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "upgrade"
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "version_past_its_end" {
  command = plan
  variables {
    postgresql_version          = "14"
    replacement_acknowledgement = "old"
  }
  expect_failures = [check.version_is_supported] # a warning
}
