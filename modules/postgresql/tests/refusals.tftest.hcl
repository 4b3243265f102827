# What the module refuses at plan. A run with the wrong values of several inputs passes only if each of them is refused.
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

run "wrong_inputs_1" {
  command = plan
  variables {
    name                   = "Example_DB"
    resource_group_name    = "example."
    location               = ""
    postgresql_version     = "11"               # version
    sku_name               = "Standard_D2ds_v5" # size
    storage_mb             = 40000              # storage
    backup_retention_days  = 3                  # backups
    high_availability      = "Always"
    administrator_login    = "admin"    # login reserved
    administrator_password = "password" # password
    database_name          = "azure_sys"
    extensions             = ["PGCRYPTO"]
    delegated_subnet_id    = "database" # subnet a name
    zone                   = "westeurope-1"

    # Zone name.
    private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/example.com"

    # Public range.
    public_network_access = { acknowledged = true, allowed = { office = { first = "198.51.100.0/24", last = "198.51.100.7" } } }
  }
  expect_failures = [
    var.name,
    var.resource_group_name,
    var.location,
    var.postgresql_version,
    var.sku_name,
    var.storage_mb,
    var.backup_retention_days,
    var.high_availability,
    var.private_dns_zone_id,
    var.public_network_access,
    var.administrator_login,
    var.administrator_password,
    var.database_name,
    var.extensions,
    var.delegated_subnet_id,
    var.zone,
  ]
}

run "wrong_inputs_2" {
  command = plan
  variables {
    administrator_login = "prefect@db" # login with server

    # Public rule name.
    public_network_access = { acknowledged = true, allowed = { "the office" = { first = "198.51.100.7", last = "198.51.100.7" } } }
  }
  expect_failures = [
    var.public_network_access,
    var.administrator_login,
  ]
}

run "public_unacknowledged" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { allowed = { office = { first = "198.51.100.7", last = "198.51.100.7" } } }
  }
  expect_failures = [var.public_network_access]
}

run "subnet_without_zone" {
  command = plan
  variables {
    private_dns_zone_id = null
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "reachable_by_nobody" {
  command = plan
  variables {
    delegated_subnet_id = null
    private_dns_zone_id = null
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "private_and_public" {
  command = plan
  variables {
    public_network_access = { acknowledged = true }
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "burstable_with_standby" {
  command = plan
  variables {
    sku_name          = "B_Standard_B2s"
    high_availability = "ZoneRedundant"
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "range_backwards" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { acknowledged = true, allowed = { office = { first = "198.51.100.9", last = "198.51.100.7" } } }
  }
  expect_failures = [var.public_network_access]
}

run "range_of_version_6" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { acknowledged = true, allowed = { office = { first = "fd00::", last = "fd00::" } } }
  }
  expect_failures = [var.public_network_access]
}

run "range_with_zeros" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { acknowledged = true, allowed = { office = { first = "198.51.100.007", last = "198.51.100.007" } } }
  }
  expect_failures = [var.public_network_access]
}

run "range_of_everybody" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { acknowledged = true, allowed = { office = { first = "0.0.0.0", last = "255.255.255.255" } } }
  }
  expect_failures = [var.public_network_access]
}

run "range_of_all_of_azure" {
  command = plan
  variables {
    delegated_subnet_id   = null
    private_dns_zone_id   = null
    public_network_access = { acknowledged = true, allowed = { office = { first = "0.0.0.0", last = "0.0.0.0" } } }
  }
  expect_failures = [var.public_network_access]
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

run "replaced" {
  override_resource {
    target = terraform_data.made_with
    values = { output = { server = { location = "northeurope" }, subnet = "none" } }
  }
  expect_failures = [azurerm_postgresql_flexible_server.this]
}

run "window_at_25" {
  command = plan
  variables {
    maintenance_window = { start_hour = 25 }
  }
  expect_failures = [var.maintenance_window]
}
