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

  # AKS uses these itself.
  reserved = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"]
  bounds = {
    for name, range in merge(local.subnets, { for range in local.reserved : range => range }) : name => {
      first = sum([for i, octet in split(".", cidrhost(range, 0)) : tonumber(octet) * pow(256, 3 - i)])
      size  = pow(2, 32 - tonumber(split("/", range)[1]))
    }
  }
  space = {
    first = sum([for i, octet in split(".", cidrhost(var.network.address_space, 0)) : tonumber(octet) * pow(256, 3 - i)])
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
  private_registry = !var.registry.public_network_access_enabled || length(coalesce(var.registry.allowed_ip_ranges, [])) > 0
  mirror_images    = coalesce(var.mirror_images, module.acr.mirrors)
  own_identity     = length(coalesce(var.cluster.identity_ids, [])) > 0
  # One of yours without its object id is refused at the subnet.
  cluster_principal_id = local.own_identity ? coalesce(var.cluster.identity_principal_id, "missing") : azurerm_user_assigned_identity.cluster[0].principal_id
  # An acknowledgement for everything is one for each part.
  acknowledgements = {
    cluster  = join(", ", compact([var.replacement_acknowledgement, var.cluster.replacement_acknowledgement]))
    database = join(", ", compact([var.replacement_acknowledgement, var.database.replacement_acknowledgement]))
  }

  # What cannot change without all new resources.
  fixed = {
    name          = var.name
    location      = lower(replace(var.location, " ", ""))
    global_suffix = coalesce(var.global_suffix, "derived")
  }
  changed = [
    for name, value in local.fixed : "${name} (${try(terraform_data.made_with.output[name], "-")} -> ${value})"
    if try(terraform_data.made_with.output[name], value) != value
  ]
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
      error_message = "This would replace the database server with an empty one, and with it the history of all runs, and the registry with its images: ${join(", ", local.changed)}. Nothing takes the data along: dump and restore it first if it matters. To go on, set replacement_acknowledgement to a value that it has not had, for example today's date. So too where nothing was made yet, because the first apply failed: nothing is lost then."
    }
  }
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
    precondition {
      condition     = length(local.on_reserved) == 0
      error_message = "network.address_space ${var.network.address_space} overlaps with ${join(", ", local.on_reserved)}, which AKS keeps for itself. Choose another range, for example \"10.10.0.0/16\"."
    }
  }
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
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
    precondition {
      condition     = local.own_identity == (var.cluster.identity_principal_id != null)
      error_message = "cluster.identity_ids and cluster.identity_principal_id belong together: the one names a user-assigned identity, the other is its object id (principal_id), to which the stack gives its rights on the nodes' subnet. Give both or neither."
    }
  }
}

resource "azurerm_subnet_route_table_association" "nodes" {
  count = var.cluster.outbound_type == "userDefinedRouting" ? 1 : 0

  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = var.network.route_table_id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  count = var.cluster.outbound_type == "userAssignedNATGateway" ? 1 : 0

  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = var.network.nat_gateway_id
}

# Azure may take five minutes to act on a role. So identities and their roles come first, and the cluster, which takes longer to
# make, after them.
resource "azurerm_user_assigned_identity" "cluster" {
  count = local.own_identity ? 0 : 1

  name                = "${var.name}-cluster"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_user_assigned_identity" "nodes" {
  name                = "${var.name}-nodes"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tags                = var.tags
}

# Without this, internal load balancers never get an address.
resource "azurerm_role_assignment" "network" {
  scope                = azurerm_subnet.nodes.id
  role_definition_name = "Network Contributor"
  principal_id         = local.cluster_principal_id

  skip_service_principal_aad_check = true
}

# The cluster gives its nodes their identity.
resource "azurerm_role_assignment" "nodes_identity" {
  scope                = azurerm_user_assigned_identity.nodes.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = local.cluster_principal_id

  skip_service_principal_aad_check = true
}

resource "azurerm_role_assignment" "pull" {
  scope                = module.acr.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.nodes.principal_id

  skip_service_principal_aad_check = true
}

resource "azurerm_subnet" "database" {
  name                 = "database"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
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
  count = local.private_registry ? 1 : 0

  name                = "privatelink.azurecr.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "registry" {
  count = local.private_registry ? 1 : 0

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
    id        = azurerm_user_assigned_identity.nodes.id
    client_id = azurerm_user_assigned_identity.nodes.client_id
    object_id = azurerm_user_assigned_identity.nodes.principal_id
  }
  subnet_id                   = azurerm_subnet.nodes.id
  network_cidrs               = concat([var.network.address_space], var.cluster.network_cidrs)
  pod_cidr                    = var.cluster.pod_cidr
  service_cidr                = var.cluster.service_cidr
  outbound_type               = var.cluster.outbound_type
  system_pool                 = var.cluster.system_pool
  user_pools                  = var.cluster.user_pools
  host_encryption_enabled     = var.cluster.host_encryption_enabled
  log_analytics_workspace     = var.cluster.log_analytics_workspace
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
  private_endpoint = !local.private_registry ? null : {
    subnet_id           = azurerm_subnet.private_endpoint.id
    private_dns_zone_id = one(azurerm_private_dns_zone.registry[*].id)
  }
  pull_principal_ids  = var.registry.pull_principal_ids
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
  maintenance_window             = var.database.maintenance_window
  administrator_login            = var.database.administrator_login
  administrator_password         = var.database_password
  administrator_password_version = var.database.password_version
  database_name                  = var.database.database_name
  extensions                     = var.database.extensions
  replacement_acknowledgement    = local.acknowledgements.database
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
  image_registry            = local.mirror_images ? module.acr.login_server : null
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
