locals {
  suffix = coalesce(var.global_suffix, substr(sha1(azurerm_resource_group.this.id), 0, 6))
  names = {
    registry = "${replace(var.name, "-", "")}acr${local.suffix}"
    database = "${var.name}-db-${local.suffix}"
  }

  # Of a /16: nodes get a /18 (16 000 addresses), the others a /24 and a /26 near its end.
  prefix = tonumber(split("/", var.network.address_space)[1])
  subnets = {
    nodes            = coalesce(var.network.nodes, cidrsubnet(var.network.address_space, 2, 0))
    database         = coalesce(var.network.database, cidrsubnet(var.network.address_space, 28 - local.prefix, pow(2, 28 - local.prefix) - 2))
    private_endpoint = coalesce(var.network.private_endpoint, cidrsubnet(var.network.address_space, 28 - local.prefix, pow(2, 28 - local.prefix) - 1))
  }

  bounds = {
    for name, range in local.subnets : name => {
      first = sum([for i, octet in split(".", cidrhost(range, 0)) : tonumber(octet) * pow(256, 3 - i)])
      size  = pow(2, 32 - tonumber(split("/", range)[1]))
    }
  }
  space = {
    first = sum([for i, octet in split(".", cidrhost(var.network.address_space, 0)) : tonumber(octet) * pow(256, 3 - i)])
    size  = pow(2, 32 - local.prefix)
  }
  overlaps = flatten([
    for i, a in keys(local.bounds) : [
      for b in slice(keys(local.bounds), i + 1, length(local.bounds)) : "${a} (${local.subnets[a]}) and ${b} (${local.subnets[b]})"
      if local.bounds[a].first < local.bounds[b].first + local.bounds[b].size && local.bounds[b].first < local.bounds[a].first + local.bounds[a].size
    ]
  ])
  outside = [
    for name, part in local.bounds : "${name} (${local.subnets[name]})"
    if part.first < local.space.first || part.first + part.size > local.space.first + local.space.size
  ]
}

resource "azurerm_resource_group" "this" {
  name     = var.name
  location = var.location
  tags     = var.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "${var.name}-network"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  address_space       = [var.network.address_space]
  tags                = var.tags

  lifecycle {
    precondition {
      condition     = length(local.outside) == 0
      error_message = "Not within network.address_space ${var.network.address_space}: ${join(", ", local.outside)}. Change the address space or these parts, or leave the parts null."
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "Parts of the network overlap: ${join("; ", local.overlaps)}. Give each its own range, or leave them null."
    }
  }
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.subnets.nodes]
}

resource "azurerm_subnet" "database" {
  name                 = "database"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.subnets.database]

  delegation {
    name = "postgresql"
    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "private_endpoint" {
  name                 = "private-endpoints"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.subnets.private_endpoint]
}

resource "azurerm_private_dns_zone" "database" {
  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  name                = "database"
  private_dns_zone_id = azurerm_private_dns_zone.database.id
  virtual_network_id  = azurerm_virtual_network.this.id
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "registry" {
  count = var.registry.public_network_access_enabled ? 0 : 1

  name                = "privatelink.azurecr.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "registry" {
  count = var.registry.public_network_access_enabled ? 0 : 1

  name                = "registry"
  private_dns_zone_id = azurerm_private_dns_zone.registry[0].id
  virtual_network_id  = azurerm_virtual_network.this.id
  tags                = var.tags
}

module "aks" {
  source = "../aks"

  name                = "${var.name}-aks"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags

  sku_tier                        = var.cluster.sku_tier
  kubernetes_version              = var.cluster.kubernetes_version
  automatic_upgrade_channel       = var.cluster.automatic_upgrade_channel
  node_os_upgrade_channel         = var.cluster.node_os_upgrade_channel
  private_cluster_enabled         = var.cluster.private_cluster_enabled
  private_dns_zone_id             = var.cluster.private_dns_zone_id
  api_server_authorized_ip_ranges = var.cluster.api_server_authorized_ip_ranges
  public_api_server_acknowledged  = var.cluster.public_api_server_acknowledged
  local_account_disabled          = var.cluster.local_account_disabled
  entra_tenant_id                 = var.cluster.entra_tenant_id
  admin_group_object_ids          = var.cluster.admin_group_object_ids
  cluster_admin_principal_ids     = var.cluster.cluster_admin_principal_ids
  identity_ids                    = var.cluster.identity_ids
  subnet_id                       = azurerm_subnet.nodes.id
  network_cidrs                   = concat([var.network.address_space], var.cluster.network_cidrs)
  pod_cidr                        = var.cluster.pod_cidr
  service_cidr                    = var.cluster.service_cidr
  outbound_type                   = var.cluster.outbound_type
  system_pool                     = var.cluster.system_pool
  user_pools                      = var.cluster.user_pools
  host_encryption_enabled         = var.cluster.host_encryption_enabled
  log_analytics_workspace_id      = var.cluster.log_analytics_workspace_id
}

module "acr" {
  source = "../acr"

  name                = local.names.registry
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags

  sku                           = var.registry.sku
  public_network_access_enabled = var.registry.public_network_access_enabled
  allowed_ip_ranges             = var.registry.allowed_ip_ranges
  zone_redundancy_enabled       = var.registry.zone_redundancy_enabled
  retention_policy_in_days      = var.registry.retention_policy_in_days
  georeplication_locations      = var.registry.georeplication_locations
  private_endpoint = var.registry.public_network_access_enabled ? null : {
    subnet_id           = azurerm_subnet.private_endpoint.id
    private_dns_zone_id = one(azurerm_private_dns_zone.registry[*].id)
  }
  pull_principal_ids  = merge(var.registry.pull_principal_ids, { cluster = module.aks.kubelet_object_id })
  cache_rules         = var.registry.cache_rules
  cache_credentials   = var.registry.cache_credentials
  build               = var.registry.build
  build_context_token = var.registry_build_context_token

  depends_on = [azurerm_private_dns_zone_virtual_network_link.registry]
}

module "postgresql" {
  source = "../postgresql"

  name                = local.names.database
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags

  postgresql_version             = var.database.postgresql_version
  sku_name                       = var.database.sku_name
  storage_mb                     = var.database.storage_mb
  backup_retention_days          = var.database.backup_retention_days
  geo_redundant_backup_enabled   = var.database.geo_redundant_backup_enabled
  high_availability              = var.database.high_availability
  zone                           = var.database.zone
  administrator_login            = var.database.administrator_login
  administrator_password         = var.database_password
  administrator_password_version = var.database.password_version
  database_name                  = var.database.database_name
  extensions                     = var.database.extensions
  delegated_subnet_id            = azurerm_subnet.database.id
  private_dns_zone_id            = azurerm_private_dns_zone.database.id

  # The server looks its own name up through the link.
  depends_on = [azurerm_private_dns_zone_virtual_network_link.database]
}

module "prefect_server" {
  source = "../prefect-server"

  name                      = var.prefect.name
  namespace                 = var.prefect.namespace
  create_namespace          = var.prefect.create_namespace
  chart                     = var.prefect.chart
  prefect_version           = var.prefect.prefect_version
  image_registry            = var.mirror_images ? module.acr.login_server : null
  image_pull_policy         = var.prefect.image_pull_policy
  image_pull_secrets        = var.prefect.image_pull_secrets
  database                  = module.postgresql.database
  database_password         = var.prefect.database_existing_secret == null ? var.database_password : null
  database_existing_secret  = var.prefect.database_existing_secret
  database_password_version = var.database.password_version
  agent                     = var.prefect.agent
  exposure                  = var.prefect.exposure
  ui_api_url                = var.prefect.ui_api_url
  clients                   = var.prefect.clients
  network_policies_enabled  = var.prefect.network_policies_enabled
  components                = var.prefect.components
  node_selector             = var.prefect.node_selector
  tolerations               = var.prefect.tolerations
  telemetry_enabled         = var.prefect.telemetry_enabled
  tenant_job                = var.prefect.tenant_job
  server_config             = var.prefect.server_config
  values                    = var.prefect.values
  timeout_seconds           = var.prefect.timeout_seconds

  # Pods need nodes.
  depends_on = [module.aks]
}
