# What the module refuses at plan.
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

run "name" {
  command = plan
  variables {
    name = "Example_DB"
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

run "version" {
  command = plan
  variables {
    postgresql_version = "11"
  }
  expect_failures = [var.postgresql_version]
}

run "size" {
  command = plan
  variables {
    sku_name = "Standard_D2ds_v5"
  }
  expect_failures = [var.sku_name]
}

run "storage" {
  command = plan
  variables {
    storage_mb = 40000
  }
  expect_failures = [var.storage_mb]
}

run "backups" {
  command = plan
  variables {
    backup_retention_days = 3
  }
  expect_failures = [var.backup_retention_days]
}

run "high_availability" {
  command = plan
  variables {
    high_availability = "Always"
  }
  expect_failures = [var.high_availability]
}

run "zone_name" {
  command = plan
  variables {
    private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/example.com"
  }
  expect_failures = [var.private_dns_zone_id]
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

run "public_range" {
  command = plan
  variables {
    public_network_access = { acknowledged = true, allowed = { office = { first = "198.51.100.0/24", last = "198.51.100.7" } } }
  }
  expect_failures = [var.public_network_access]
}

run "public_rule_name" {
  command = plan
  variables {
    public_network_access = { acknowledged = true, allowed = { "the office" = { first = "198.51.100.7", last = "198.51.100.7" } } }
  }
  expect_failures = [var.public_network_access]
}

run "login_reserved" {
  command = plan
  variables {
    administrator_login = "admin"
  }
  expect_failures = [var.administrator_login]
}

run "login_with_server" {
  command = plan
  variables {
    administrator_login = "prefect@db"
  }
  expect_failures = [var.administrator_login]
}

run "password" {
  command = plan
  variables {
    administrator_password = "password"
  }
  expect_failures = [var.administrator_password]
}

run "database_name" {
  command = plan
  variables {
    database_name = "azure_sys"
  }
  expect_failures = [var.database_name]
}

run "extensions" {
  command = plan
  variables {
    extensions = ["PGCRYPTO"]
  }
  expect_failures = [var.extensions]
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

run "subnet_a_name" {
  command = plan
  variables {
    delegated_subnet_id = "database"
  }
  expect_failures = [var.delegated_subnet_id]
}

run "zone" {
  command = plan
  variables {
    zone = "westeurope-1"
  }
  expect_failures = [var.zone]
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
