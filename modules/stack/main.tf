locals {
  # What the stack creates itself. An existing cluster has its network already.
  new = {
    network  = var.network.existing == null && var.cluster.existing == null
    cluster  = var.cluster.existing == null
    registry = var.registry.existing == null
    database = var.database.existing == null
  }

  suffix = coalesce(var.global_suffix, substr(sha1(azurerm_resource_group.this.id), 0, 6))
  names = {
    registry = "${replace(var.name, "-", "")}acr${local.suffix}"
    database = "${var.name}-db-${local.suffix}"
  }

  # Of a /16: nodes get a /18 (16 000 addresses), the others a /24 and a /26 near its end.
  address_space = coalesce(var.network.address_space, "10.10.0.0/16")
  prefix        = tonumber(split("/", local.address_space)[1])
  subnets = {
    nodes            = coalesce(var.network.nodes, cidrsubnet(local.address_space, 2, 0))
    database         = coalesce(var.network.database, cidrsubnet(local.address_space, 28 - local.prefix, pow(2, 28 - local.prefix) - 2))
    private_endpoint = coalesce(var.network.private_endpoint, cidrsubnet(local.address_space, 28 - local.prefix, pow(2, 28 - local.prefix) - 1))
  }
  subnet_ids = {
    nodes            = local.new.network ? azurerm_subnet.nodes[0].id : try(var.network.existing.nodes_subnet_resource_id, null)
    database         = local.new.network ? azurerm_subnet.database[0].id : try(var.network.existing.database_subnet_resource_id, null)
    private_endpoint = local.new.network ? azurerm_subnet.private_endpoint[0].id : try(var.network.existing.private_endpoint_subnet_resource_id, null)
  }
  # A subnet's id begins with its network's.
  network_ids = { for name, id in local.subnet_ids : name => try(regex("(?i)^(.*)/subnets/[^/]+$", id)[0], null) }
  # From the variable alone: the data source that reads it would otherwise wait for changes of the stack's own subnets.
  nodes_network_id = try(regex("(?i)^(.*)/subnets/[^/]+$", var.network.existing.nodes_subnet_resource_id)[0], null)
  zone_ids = {
    database = try(var.network.existing.database_private_dns_zone.resource_id, one(azurerm_private_dns_zone.database[*].id))
    registry = try(var.network.existing.registry_private_dns_zone.resource_id, one(azurerm_private_dns_zone.registry[*].id))
  }
  new_zones = {
    database = local.new.database && try(var.network.existing.database_private_dns_zone, null) == null
    registry = local.private_registry && try(var.network.existing.registry_private_dns_zone, null) == null
  }

  # AKS uses these itself.
  reserved = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"]
  bounds = {
    for name, range in merge(local.subnets, { for range in local.reserved : range => range }) : name => {
      first = sum([for i, octet in split(".", cidrhost(range, 0)) : tonumber(octet) * pow(256, 3 - i)])
      size  = pow(2, 32 - tonumber(split("/", range)[1]))
    }
  }
  space = {
    first = sum([for i, octet in split(".", cidrhost(local.address_space, 0)) : tonumber(octet) * pow(256, 3 - i)])
    size  = pow(2, 32 - local.prefix)
  }
  overlaps = flatten([
    for i, a in keys(local.subnets) : [
      for b in slice(keys(local.subnets), i + 1, length(local.subnets)) : "${a} (${local.subnets[a]}) and ${b} (${local.subnets[b]})"
      if local.bounds[a].first < local.bounds[b].first + local.bounds[b].size && local.bounds[b].first < local.bounds[a].first + local.bounds[a].size
    ]
  ])
  outside = [
    for name, range in local.subnets : "${name} (${range})"
    if local.bounds[name].first < local.space.first || local.bounds[name].first + local.bounds[name].size > local.space.first + local.space.size
  ]
  on_reserved = [
    for range in local.reserved : range
    if local.space.first < local.bounds[range].first + local.bounds[range].size && local.bounds[range].first < local.space.first + local.space.size
  ]

  # A registry with public access for some addresses only keeps its private one: the nodes' are not among them.
  public_registry  = coalesce(var.registry.public_network_access_enabled, false)
  private_registry = local.new.registry && (!local.public_registry || length(coalesce(var.registry.allowed_ip_ranges, [])) > 0)
  # Separate from the values below, which wait for more than the registry: the cluster waits for a role on it.
  registry_id = local.new.registry ? module.acr[0].id : data.azurerm_container_registry.existing[0].id
  registry = local.new.registry ? {
    login_server = module.acr[0].login_server
    mirrors      = module.acr[0].mirrors
    } : {
    login_server = data.azurerm_container_registry.existing[0].login_server
    mirrors      = false
  }
  mirror_images = coalesce(var.mirror_images, local.registry.mirrors)
  database = local.new.database ? module.postgresql[0].database : {
    host = data.azurerm_postgresql_flexible_server.existing[0].fqdn
    port = 5432
    name = coalesce(var.database.database_name, "prefect")
    user = coalesce(var.database.administrator_login, data.azurerm_postgresql_flexible_server.existing[0].administrator_login)
  }
  own_identity = length(coalesce(var.cluster.identity_ids, [])) > 0
  # One of yours without its object id is refused at the resource group.
  cluster_principal_id = local.own_identity ? coalesce(var.cluster.identity_principal_id, "missing") : one(azurerm_user_assigned_identity.cluster[*].principal_id)
  nodes_principal_id   = local.new.cluster ? azurerm_user_assigned_identity.nodes[0].principal_id : data.azurerm_kubernetes_cluster.existing[0].kubelet_identity[0].object_id
  # An acknowledgement for everything is one for each part.
  acknowledgements = {
    cluster  = join(", ", compact([var.replacement_acknowledgement, var.cluster.replacement_acknowledgement]))
    database = join(", ", compact([var.replacement_acknowledgement, var.database.replacement_acknowledgement]))
  }

  # What cannot change without replacing everything, or without deleting a part that was created.
  fixed = merge({
    name          = var.name
    location      = lower(replace(var.location, " ", ""))
    global_suffix = coalesce(var.global_suffix, "derived")
  }, { for part, new in local.new : part => new ? "created" : "existing" })
  # For stacks that were created before this was recorded.
  unrecorded = { for part in keys(local.new) : part => "created" }
  before     = { for name, value in local.fixed : name => try(terraform_data.made_with.output[name], lookup(local.unrecorded, name, value)) }
  changed    = [for name, value in local.fixed : "${name} (${local.before[name]} -> ${value})" if local.before[name] != value]

  # Settings of existing parts, which would have no effect.
  ignored = concat(
    var.network.existing == null ? [] : [for name, value in var.network : "network.${name}" if value != null && name != "existing"],
    local.new.cluster ? [] : [for name, value in var.cluster : "cluster.${name}" if value != null && name != "existing"],
    local.new.registry ? [] : [for name, value in var.registry : "registry.${name}" if value != null && name != "existing"],
    local.new.database ? [] : [
      for name, value in var.database : "database.${name}"
      if value != null && !contains(["existing", "database_name", "administrator_login", "password_version"], name)
    ],
  )
  # Subnets without which a part cannot be created.
  lacking = local.new.network ? [] : compact([
    local.new.cluster && try(var.network.existing.nodes_subnet_resource_id, null) == null ? "nodes_subnet_resource_id (for the cluster)" : "",
    local.new.database && try(var.network.existing.database_subnet_resource_id, null) == null ? "database_subnet_resource_id (for the database server)" : "",
    local.private_registry && try(var.network.existing.private_endpoint_subnet_resource_id, null) == null ? "private_endpoint_subnet_resource_id (for the registry)" : "",
  ])
}

data "azurerm_virtual_network" "existing" {
  count = !local.new.network && local.new.cluster ? 1 : 0

  name                = split("/", local.nodes_network_id)[8]
  resource_group_name = split("/", local.nodes_network_id)[4]

  lifecycle {
    postcondition {
      condition     = lower(self.id) == lower(local.nodes_network_id)
      error_message = "network.existing.nodes_subnet_resource_id is in another subscription than the azurerm provider's, where ${self.id} was found. The cluster must be in the subscription of its network."
    }
  }
}

data "azurerm_kubernetes_cluster" "existing" {
  count = local.new.cluster ? 0 : 1

  name                = split("/", var.cluster.existing.resource_id)[8]
  resource_group_name = split("/", var.cluster.existing.resource_id)[4]

  lifecycle {
    postcondition {
      condition     = lower(self.id) == lower(var.cluster.existing.resource_id)
      error_message = "cluster.existing.resource_id is in another subscription than the azurerm provider's, where ${self.id} was found. Configure the provider for that subscription."
    }
  }
}

data "azurerm_container_registry" "existing" {
  count = local.new.registry ? 0 : 1

  name                = split("/", var.registry.existing.resource_id)[8]
  resource_group_name = split("/", var.registry.existing.resource_id)[4]

  lifecycle {
    postcondition {
      condition     = lower(self.id) == lower(var.registry.existing.resource_id)
      error_message = "registry.existing.resource_id is in another subscription than the azurerm provider's, where ${self.id} was found. Configure the provider for that subscription."
    }
  }
}

data "azurerm_postgresql_flexible_server" "existing" {
  count = local.new.database ? 0 : 1

  name                = split("/", var.database.existing.resource_id)[8]
  resource_group_name = split("/", var.database.existing.resource_id)[4]

  lifecycle {
    postcondition {
      condition     = lower(self.id) == lower(var.database.existing.resource_id)
      error_message = "database.existing.resource_id is in another subscription than the azurerm provider's, where ${self.id} was found. Configure the provider for that subscription."
    }
  }
}

# What the stack was made with. A change does not get here by itself, so that the precondition below can compare; an
# acknowledgement records anew. `terraform destroy` checks no preconditions.
resource "terraform_data" "made_with" {
  input            = local.fixed
  triggers_replace = coalesce(var.replacement_acknowledgement, "none")

  lifecycle {
    ignore_changes = [input]
  }
}

resource "azurerm_resource_group" "this" {
  name     = var.name
  location = var.location
  tags     = var.tags

  lifecycle {
    # The names of the database and the registry follow from this resource, so they would be unknown to their own checks.
    precondition {
      condition     = length(local.changed) == 0
      error_message = "This would replace or delete parts that the stack has created, such as the database server with the history of all runs and the registry with its images: ${join(", ", local.changed)}. Nothing takes the data along: dump and restore it first if it matters. To go on, set replacement_acknowledgement to a value that it has not had, for example today's date. So too where nothing was made yet, because the first apply failed: nothing is lost then."
    }
    precondition {
      condition     = length(local.ignored) == 0
      error_message = "The stack does not change existing parts, so these settings would have no effect: ${join(", ", local.ignored)}. Remove them, or remove existing beside them."
    }
    precondition {
      condition     = length(local.lacking) == 0
      error_message = "With an existing network or cluster, network.existing also needs: ${join(", ", local.lacking)}. The stack puts what it creates into subnets that the cluster reaches."
    }
    precondition {
      condition     = local.own_identity == (var.cluster.identity_principal_id != null)
      error_message = "cluster.identity_ids and cluster.identity_principal_id belong together: the one names a user-assigned identity, the other is its object id (principal_id), to which the stack gives its rights on the nodes' subnet. Give both or neither."
    }
  }
}

resource "azurerm_virtual_network" "this" {
  count = local.new.network ? 1 : 0

  name                = "${var.name}-network"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  address_space       = [local.address_space]
  tags                = var.tags

  lifecycle {
    precondition {
      condition     = length(local.outside) == 0
      error_message = "Not within network.address_space ${local.address_space}: ${join(", ", local.outside)}. Change the address space or these parts, or leave the parts null."
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "Parts of the network overlap: ${join("; ", local.overlaps)}. Give each its own range, or leave them null."
    }
    precondition {
      condition     = length(local.on_reserved) == 0
      error_message = "network.address_space ${local.address_space} overlaps with ${join(", ", local.on_reserved)}, which AKS keeps for itself. Choose another range, for example \"10.10.0.0/16\"."
    }
  }
}

resource "azurerm_subnet" "nodes" {
  count = local.new.network ? 1 : 0

  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this[0].name
  address_prefixes     = [local.subnets.nodes]

  lifecycle {
    precondition {
      condition     = var.cluster.outbound_type != "userDefinedRouting" || var.network.route_table_id != null
      error_message = "cluster.outbound_type \"userDefinedRouting\" needs a route table on the nodes' subnet before the cluster is made. Give its id in network.route_table_id."
    }
    precondition {
      condition     = var.cluster.outbound_type != "userAssignedNATGateway" || var.network.nat_gateway_id != null
      error_message = "cluster.outbound_type \"userAssignedNATGateway\" needs a NAT gateway on the nodes' subnet before the cluster is made. Give its id in network.nat_gateway_id."
    }
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  count = local.new.network && var.cluster.outbound_type == "userDefinedRouting" ? 1 : 0

  subnet_id      = azurerm_subnet.nodes[0].id
  route_table_id = var.network.route_table_id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  count = local.new.network && var.cluster.outbound_type == "userAssignedNATGateway" ? 1 : 0

  subnet_id      = azurerm_subnet.nodes[0].id
  nat_gateway_id = var.network.nat_gateway_id
}

# Azure may take five minutes to act on a role. So identities and their roles come first, and the cluster, which takes longer to
# make, after them.
resource "azurerm_user_assigned_identity" "cluster" {
  count = local.new.cluster && !local.own_identity ? 1 : 0

  name                = "${var.name}-cluster"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_user_assigned_identity" "nodes" {
  count = local.new.cluster ? 1 : 0

  name                = "${var.name}-nodes"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags
}

# Without this, internal load balancers never get an address.
resource "azurerm_role_assignment" "network" {
  count = local.new.cluster ? 1 : 0

  scope                = local.subnet_ids.nodes
  role_definition_name = "Network Contributor"
  principal_id         = local.cluster_principal_id

  skip_service_principal_aad_check = true
}

# The cluster gives its nodes their identity.
resource "azurerm_role_assignment" "nodes_identity" {
  count = local.new.cluster ? 1 : 0

  scope                = azurerm_user_assigned_identity.nodes[0].id
  role_definition_name = "Managed Identity Operator"
  principal_id         = local.cluster_principal_id

  skip_service_principal_aad_check = true
}

# An existing cluster may have this role on an existing registry already, and Azure refuses a second assignment.
resource "azurerm_role_assignment" "pull" {
  count = local.new.cluster || local.new.registry ? 1 : 0

  scope                = local.registry_id
  role_definition_name = "AcrPull"
  principal_id         = local.nodes_principal_id

  skip_service_principal_aad_check = true
}

resource "azurerm_subnet" "database" {
  count = local.new.network ? 1 : 0

  name                 = "database"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this[0].name
  address_prefixes     = [local.subnets.database]

  # The first server in the subnet adds this. Left out, every plan would take it away again.
  service_endpoint {
    service = "Microsoft.Storage"
  }

  delegation {
    name = "postgresql"
    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "private_endpoint" {
  count = local.new.network ? 1 : 0

  name                 = "private-endpoints"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this[0].name
  address_prefixes     = [local.subnets.private_endpoint]
}

resource "azurerm_private_dns_zone" "database" {
  count = local.new_zones.database ? 1 : 0

  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  count = local.new_zones.database ? 1 : 0

  name                = "database"
  private_dns_zone_id = azurerm_private_dns_zone.database[0].id
  virtual_network_id  = local.network_ids.database
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "registry" {
  count = local.new_zones.registry ? 1 : 0

  name                = "privatelink.azurecr.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "registry" {
  count = local.new_zones.registry ? 1 : 0

  name                = "registry"
  private_dns_zone_id = azurerm_private_dns_zone.registry[0].id
  virtual_network_id  = local.network_ids.private_endpoint
  tags                = var.tags
}

module "aks" {
  source = "../aks"
  count  = local.new.cluster ? 1 : 0

  name                = "${var.name}-aks"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags

  sku_tier                            = var.cluster.sku_tier
  kubernetes_version                  = var.cluster.kubernetes_version
  automatic_upgrade_channel           = var.cluster.automatic_upgrade_channel
  node_os_upgrade_channel             = var.cluster.node_os_upgrade_channel
  maintenance_window_auto_upgrade     = var.cluster.maintenance_window_auto_upgrade
  maintenance_window_node_os          = var.cluster.maintenance_window_node_os
  drain_timeout_in_minutes            = var.cluster.drain_timeout_in_minutes
  private_cluster_enabled             = var.cluster.private_cluster_enabled
  private_cluster_public_fqdn_enabled = var.cluster.private_cluster_public_fqdn_enabled
  private_dns_zone_id                 = var.cluster.private_dns_zone_id
  api_server_authorized_ip_ranges     = var.cluster.api_server_authorized_ip_ranges
  public_api_server_acknowledged      = var.cluster.public_api_server_acknowledged
  local_account_disabled              = var.cluster.local_account_disabled
  entra_tenant_id                     = var.cluster.entra_tenant_id
  admin_group_object_ids              = var.cluster.admin_group_object_ids
  cluster_admin_principal_ids         = var.cluster.cluster_admin_principal_ids
  cluster_admin_scope                 = { id = azurerm_resource_group.this.id }
  identity_ids                        = local.own_identity ? var.cluster.identity_ids : azurerm_user_assigned_identity.cluster[*].id
  kubelet_identity = {
    id        = azurerm_user_assigned_identity.nodes[0].id
    client_id = azurerm_user_assigned_identity.nodes[0].client_id
    object_id = azurerm_user_assigned_identity.nodes[0].principal_id
  }
  subnet_id                   = local.subnet_ids.nodes
  network_cidrs               = concat(local.new.network ? [local.address_space] : data.azurerm_virtual_network.existing[0].address_space, coalesce(var.cluster.network_cidrs, []))
  pod_cidr                    = var.cluster.pod_cidr
  service_cidr                = var.cluster.service_cidr
  outbound_type               = var.cluster.outbound_type
  system_pool                 = var.cluster.system_pool
  user_pools                  = var.cluster.user_pools
  host_encryption_enabled     = var.cluster.host_encryption_enabled
  log_analytics_workspace     = var.cluster.log_analytics_workspace
  monitor_workspace           = var.cluster.monitor_workspace
  diagnostic_settings         = var.cluster.diagnostic_settings
  kubelogin_login             = var.cluster.kubelogin_login
  replacement_acknowledgement = local.acknowledgements.cluster

  # Nodes are not made before they have their way out, nor the cluster before its identities have their roles.
  depends_on = [
    azurerm_subnet_route_table_association.nodes,
    azurerm_subnet_nat_gateway_association.nodes,
    azurerm_role_assignment.network,
    azurerm_role_assignment.nodes_identity,
    azurerm_role_assignment.pull,
  ]
}

module "acr" {
  source = "../acr"
  count  = local.new.registry ? 1 : 0

  name                = local.names.registry
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags

  sku                           = var.registry.sku
  public_network_access_enabled = local.public_registry
  allowed_ip_ranges             = var.registry.allowed_ip_ranges
  zone_redundancy_enabled       = var.registry.zone_redundancy_enabled
  retention_policy_in_days      = var.registry.retention_policy_in_days
  georeplication_locations      = var.registry.georeplication_locations
  private_endpoint = !local.private_registry ? null : {
    subnet_id           = local.subnet_ids.private_endpoint
    private_dns_zone_id = local.zone_ids.registry
  }
  pull_principal_ids  = var.registry.pull_principal_ids
  cache_rules         = var.registry.cache_rules
  diagnostic_settings = var.registry.diagnostic_settings
  cache_credentials   = var.registry.cache_credentials
  build               = var.registry.build
  build_context_token = var.registry_build_context_token

  depends_on = [azurerm_private_dns_zone_virtual_network_link.registry]
}

module "postgresql" {
  source = "../postgresql"
  count  = local.new.database ? 1 : 0

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
  maintenance_window             = var.database.maintenance_window
  administrator_login            = var.database.administrator_login
  administrator_password         = var.database_password
  administrator_password_version = var.database.password_version
  database_name                  = var.database.database_name
  extensions                     = var.database.extensions
  diagnostic_settings            = var.database.diagnostic_settings
  replacement_acknowledgement    = local.acknowledgements.database
  delegated_subnet_id            = local.subnet_ids.database
  private_dns_zone_id            = local.zone_ids.database

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
  image_registry            = local.mirror_images ? local.registry.login_server : null
  image_pull_policy         = var.prefect.image_pull_policy
  image_pull_secrets        = var.prefect.image_pull_secrets
  database                  = local.database
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
  watch                     = local.watch
  server_config             = var.prefect.server_config
  values                    = var.prefect.values
  timeout_seconds           = var.prefect.timeout_seconds

  # Pods need nodes.
  depends_on = [module.aks]
}

locals {
  # What the alerts read.
  watch = {
    enabled              = var.alerts == null ? try(var.prefect.watch.enabled, null) : true
    late_after_seconds   = try(var.prefect.watch.late_after_seconds, null)
    silent_after_seconds = try(var.prefect.watch.silent_after_seconds, null)
  }
  alerted_workspace = try(coalesce(var.alerts.log_analytics_workspace, var.cluster.log_analytics_workspace), null)
}

module "alerts" {
  source = "../alerts"
  count  = var.alerts == null ? 0 : 1

  name                = var.name
  resource_group_name = azurerm_resource_group.this.name
  location            = try(coalesce(local.alerted_workspace.location), var.location)
  tags                = var.tags

  log_analytics_workspace = { id = local.alerted_workspace.id }
  cluster_id              = local.new.cluster ? module.aks[0].id : data.azurerm_kubernetes_cluster.existing[0].id
  release                 = { name = var.prefect.name, namespace = var.prefect.namespace }
  action_group_ids        = var.alerts.action_group_ids
  severity                = var.alerts.severity
}
