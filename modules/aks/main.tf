locals {
  # First address and size of each range, as numbers: two ranges overlap when each begins before the other ends.
  ranges = merge(
    {
      "pod_cidr (${var.pod_cidr})"         = var.pod_cidr
      "service_cidr (${var.service_cidr})" = var.service_cidr
    },
    { for range in var.network_cidrs : "network_cidrs (${range})" => range },
  )
  # AKS uses these itself.
  reserved = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"]
  bounds = {
    for name, range in merge(local.ranges, { for range in local.reserved : range => range }) : name => {
      first = sum([for i, octet in split(".", cidrhost(range, 0)) : tonumber(octet) * pow(256, 3 - i)])
      size  = pow(2, 32 - tonumber(split("/", range)[1]))
    }
  }
  overlaps = flatten([
    for i, a in keys(local.ranges) : [
      for b in slice(keys(local.ranges), i + 1, length(local.ranges)) : "${a} and ${b}"
      if local.bounds[a].first < local.bounds[b].first + local.bounds[b].size
      && local.bounds[b].first < local.bounds[a].first + local.bounds[a].size
      # Ranges of networks among themselves are no business of the cluster's.
      && !(startswith(a, "network_cidrs") && startswith(b, "network_cidrs"))
    ]
  ])

  on_reserved = flatten([
    for a in keys(local.ranges) : [
      for b in local.reserved : "${a} with ${b}"
      if local.bounds[a].first < local.bounds[b].first + local.bounds[b].size
      && local.bounds[b].first < local.bounds[a].first + local.bounds[a].size
      # What a peered network uses is between it and those who want to reach it.
      && !startswith(a, "network_cidrs")
    ]
  ])

  # Every node has a /24 of pod_cidr. While they are upgraded, pools have 10% more nodes (upgrade_settings), spot pools excepted.
  nodes = sum([
    for pool in concat([{ max_count = var.system_pool.max_count, spot = false }], values(var.user_pools)) :
    pool.max_count + (pool.spot ? 0 : ceil(pool.max_count / 10))
  ])
  room = floor(pow(2, 24 - tonumber(split("/", var.pod_cidr)[1])))

  # Each pool has its own name for the temporary pool that replaces it during a rotation, so that two can
  # rotate at the same time.
  temporary_names = { for name in keys(var.user_pools) : name => "t${substr(sha1(name), 0, 11)}" }
  pool_names      = concat([var.system_pool.name], keys(var.user_pools))
  taken_names = [
    for name, temporary in local.temporary_names : "${temporary} (for ${name})"
    if contains(local.pool_names, temporary) || length([for other in values(local.temporary_names) : other if other == temporary]) > 1
  ]

  # What cannot change without a new cluster. The nodes' identity only while it is given: taken away, it stays what it is.
  fixed = merge({
    name                    = var.name
    resource_group_name     = lower(var.resource_group_name)
    location                = lower(replace(var.location, " ", ""))
    private_cluster_enabled = tostring(var.private_cluster_enabled)
    pod_cidr                = var.pod_cidr
    service_cidr            = var.service_cidr
    "system_pool.name"      = var.system_pool.name
  }, var.kubelet_identity == null ? {} : { kubelet_identity = "one of yours" })
  # Values of a cluster created before they were recorded.
  unrecorded = { kubelet_identity = "made by AKS" }
  # Apart from the others, because it may be unknown when planning, and would make the whole comparison so.
  zone     = var.private_cluster_enabled ? lower(var.private_dns_zone_id) : "none"
  kubelet  = var.kubelet_identity == null ? "none" : lower(var.kubelet_identity.id)
  recorded = terraform_data.made_with.output
  before   = { for name, value in local.fixed : name => try(local.recorded.cluster[name], lookup(local.unrecorded, name, value)) }
  changed  = [for name, value in local.fixed : "${name} (${local.before[name]} -> ${value})" if local.before[name] != value]
  loss     = "This would replace the cluster, and with it Prefect Server, the Jobs that run and whatever else is installed in it"
  remedy   = "To go on, set replacement_acknowledgement to a value that it has not had, for example today's date. So too where nothing was made yet, because the first apply failed: nothing is lost then."

  own_private_dns_zone = var.private_cluster_enabled && startswith(var.private_dns_zone_id, "/")
  everybody            = anytrue([for range in var.api_server_authorized_ip_ranges : endswith(range, "/0")])
}

# What the cluster was made with. A change does not get here by itself, so that the preconditions below can compare; an
# acknowledgement records anew. `terraform destroy` checks no preconditions.
resource "terraform_data" "made_with" {
  input            = { cluster = local.fixed, zone = local.zone, kubelet = local.kubelet }
  triggers_replace = coalesce(var.replacement_acknowledgement, "none")

  lifecycle {
    ignore_changes = [input]
  }
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  dns_prefix          = var.name
  sku_tier            = var.sku_tier
  # The one is sold with the other.
  support_plan = var.sku_tier == "Premium" ? "AKSLongTermSupport" : "KubernetesOfficial"
  tags         = var.tags

  kubernetes_version        = var.kubernetes_version
  automatic_upgrade_channel = var.automatic_upgrade_channel == "none" ? null : var.automatic_upgrade_channel
  node_os_upgrade_channel   = var.node_os_upgrade_channel

  private_cluster_enabled             = var.private_cluster_enabled
  private_cluster_public_fqdn_enabled = var.private_cluster_public_fqdn_enabled
  private_dns_zone_id                 = var.private_cluster_enabled ? var.private_dns_zone_id : null
  run_command_enabled                 = false
  role_based_access_control_enabled   = true
  local_account_disabled              = var.local_account_disabled
  oidc_issuer_enabled                 = true
  workload_identity_enabled           = true

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    tenant_id              = var.entra_tenant_id
    admin_group_object_ids = var.admin_group_object_ids
  }

  dynamic "api_server_access_profile" {
    for_each = var.private_cluster_enabled ? [] : [var.api_server_authorized_ip_ranges]
    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  identity {
    type         = length(var.identity_ids) == 0 ? "SystemAssigned" : "UserAssigned"
    identity_ids = length(var.identity_ids) == 0 ? null : var.identity_ids
  }

  dynamic "kubelet_identity" {
    for_each = var.kubelet_identity == null ? [] : [var.kubelet_identity]
    content {
      user_assigned_identity_id = kubelet_identity.value.id
      client_id                 = kubelet_identity.value.client_id
      object_id                 = kubelet_identity.value.object_id
    }
  }

  default_node_pool {
    name                         = var.system_pool.name
    vm_size                      = var.system_pool.vm_size
    orchestrator_version         = var.kubernetes_version
    auto_scaling_enabled         = true
    min_count                    = var.system_pool.min_count
    max_count                    = var.system_pool.max_count
    zones                        = length(var.system_pool.zones) == 0 ? null : var.system_pool.zones
    os_disk_size_gb              = var.system_pool.os_disk_size_gb
    os_disk_type                 = var.system_pool.os_disk_type
    host_encryption_enabled      = var.host_encryption_enabled
    only_critical_addons_enabled = true
    vnet_subnet_id               = var.subnet_id
    temporary_name_for_rotation  = "temporary"
    tags                         = var.tags

    # Azure's defaults, explicitly: otherwise every plan would show them as a change.
    upgrade_settings {
      max_surge                     = "10%"
      drain_timeout_in_minutes      = var.drain_timeout_in_minutes
      node_soak_duration_in_minutes = 0
    }
  }

  # Nodes come from the pools declared here.
  node_provisioning_profile {
    mode = "Manual"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    pod_cidr            = var.pod_cidr
    service_cidr        = var.service_cidr
    dns_service_ip      = cidrhost(var.service_cidr, 10)
    load_balancer_sku   = "standard"
    outbound_type       = var.outbound_type
  }

  dynamic "maintenance_window_auto_upgrade" {
    for_each = var.maintenance_window_auto_upgrade.enabled ? [var.maintenance_window_auto_upgrade] : []
    iterator = window
    content {
      frequency    = window.value.frequency
      interval     = window.value.interval
      day_of_week  = contains(["Weekly", "RelativeMonthly"], window.value.frequency) ? window.value.day_of_week : null
      day_of_month = window.value.day_of_month
      week_index   = window.value.week_index
      start_time   = window.value.start_time
      utc_offset   = window.value.utc_offset
      duration     = window.value.duration

      dynamic "not_allowed" {
        for_each = window.value.not_allowed
        content {
          start = not_allowed.value.start
          end   = not_allowed.value.end
        }
      }
    }
  }

  dynamic "maintenance_window_node_os" {
    for_each = var.maintenance_window_node_os.enabled ? [var.maintenance_window_node_os] : []
    iterator = window
    content {
      frequency    = window.value.frequency
      interval     = window.value.interval
      day_of_week  = contains(["Weekly", "RelativeMonthly"], window.value.frequency) ? window.value.day_of_week : null
      day_of_month = window.value.day_of_month
      week_index   = window.value.week_index
      start_time   = window.value.start_time
      utc_offset   = window.value.utc_offset
      duration     = window.value.duration

      dynamic "not_allowed" {
        for_each = window.value.not_allowed
        content {
          start = not_allowed.value.start
          end   = not_allowed.value.end
        }
      }
    }
  }

  dynamic "oms_agent" {
    for_each = var.log_analytics_workspace == null ? [] : [var.log_analytics_workspace.id]
    content {
      log_analytics_workspace_id      = oms_agent.value
      msi_auth_for_monitoring_enabled = true
    }
  }

  dynamic "monitor_metrics" {
    for_each = var.monitor_workspace == null ? [] : [1]
    content {}
  }

  depends_on = [azurerm_role_assignment.cluster_admin_before]

  lifecycle {
    # The autoscaler owns the number of nodes; the module aks-gateway-api owns the routing add-on, whose newer settings
    # azurerm reads as a block that nobody declared.
    ignore_changes = [default_node_pool[0].node_count, web_app_routing]

    precondition {
      condition     = length(local.changed) == 0
      error_message = "${local.loss}: ${join(", ", local.changed)}. ${local.remedy}"
    }
    precondition {
      condition     = try(local.recorded.zone, local.zone) == local.zone
      error_message = "${local.loss}: private_dns_zone_id (${try(local.recorded.zone, "-")} -> ${local.zone}). ${local.remedy}"
    }
    precondition {
      condition     = !startswith(try(local.recorded.kubelet, "none"), "/") || var.kubelet_identity == null || try(local.recorded.kubelet, "none") == local.kubelet
      error_message = "${local.loss}: kubelet_identity.id (${try(local.recorded.kubelet, "-")} -> ${local.kubelet}). ${local.remedy}"
    }
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "Address ranges overlap: ${join("; ", local.overlaps)}. Pods, services and the network need ranges of their own; change pod_cidr or service_cidr."
    }
    precondition {
      condition     = length(local.on_reserved) == 0
      error_message = "AKS keeps ${join(", ", local.reserved)} for itself, which overlap: ${join("; ", local.on_reserved)}. Choose other ranges, for example the defaults."
    }
    precondition {
      condition     = local.nodes <= local.room
      error_message = "pod_cidr ${var.pod_cidr} has room for ${local.room} nodes, a /24 each. All pools at their max_count, and upgraded at that, are ${local.nodes}. Choose a larger pod_cidr or a smaller max_count."
    }
    precondition {
      condition     = var.private_cluster_enabled || length(var.api_server_authorized_ip_ranges) > 0
      error_message = "With private_cluster_enabled = false the Kubernetes API has a public address. Say who may reach it in api_server_authorized_ip_ranges, for example [\"198.51.100.7/32\"], or keep the cluster private."
    }
    precondition {
      condition     = !var.private_cluster_enabled || length(var.api_server_authorized_ip_ranges) == 0
      error_message = "api_server_authorized_ip_ranges only applies to a public API server. Remove it, or set private_cluster_enabled = false."
    }
    precondition {
      condition     = !local.everybody || var.public_api_server_acknowledged
      error_message = "api_server_authorized_ip_ranges lets the whole internet reach the Kubernetes API. Name your own addresses, or set public_api_server_acknowledged = true if that is what you want."
    }
    precondition {
      condition     = var.kubernetes_version == null || contains(["none", "node-image"], var.automatic_upgrade_channel)
      error_message = "kubernetes_version is pinned while automatic_upgrade_channel \"${var.automatic_upgrade_channel}\" upgrades it, so the next plan would try to go back. Set kubernetes_version = null, or automatic_upgrade_channel = \"none\"."
    }
    precondition {
      condition     = var.automatic_upgrade_channel != "node-image" || var.node_os_upgrade_channel == "NodeImage"
      error_message = "automatic_upgrade_channel \"node-image\" needs node_os_upgrade_channel = \"NodeImage\"."
    }
    precondition {
      condition     = !local.own_private_dns_zone || length(var.identity_ids) == 1
      error_message = "A private DNS zone of your own needs a user-assigned identity that may write to it (\"Private DNS Zone Contributor\"). Give it in identity_ids, or use private_dns_zone_id = \"System\"."
    }
    precondition {
      condition     = var.kubelet_identity == null || length(var.identity_ids) == 1
      error_message = "kubelet_identity needs a user-assigned identity of the control plane that may give it to nodes (\"Managed Identity Operator\"). Give that one in identity_ids."
    }
    precondition {
      condition     = var.subnet_id != null || !contains(["userAssignedNATGateway", "userDefinedRouting"], var.outbound_type)
      error_message = "outbound_type \"${var.outbound_type}\" is a property of a subnet of yours. Give its id in subnet_id, or use \"loadBalancer\" or \"managedNATGateway\"."
    }
    precondition {
      condition     = var.subnet_id == null || var.outbound_type != "managedNATGateway"
      error_message = "outbound_type \"managedNATGateway\" is only possible in the network that AKS makes itself. Remove subnet_id, or use \"userAssignedNATGateway\" with a NAT gateway of yours on that subnet, or \"loadBalancer\"."
    }
    precondition {
      condition     = !var.private_cluster_enabled || var.private_dns_zone_id != "None" || var.private_cluster_public_fqdn_enabled
      error_message = "private_dns_zone_id \"None\" leaves the private API server without a name. Set private_cluster_public_fqdn_enabled = true, which publishes a name for its private address, or use \"System\" or a zone of yours."
    }
    precondition {
      condition     = var.private_cluster_enabled || !var.private_cluster_public_fqdn_enabled
      error_message = "private_cluster_public_fqdn_enabled only applies to a private cluster; a public one always has a public name. Remove it, or set private_cluster_enabled = true."
    }
    precondition {
      condition     = !contains(keys(var.user_pools), var.system_pool.name)
      error_message = "The system pool and a user pool are both called \"${var.system_pool.name}\". Rename one."
    }
    precondition {
      condition     = length(local.taken_names) == 0
      error_message = "Names that the module needs while it makes a pool anew are taken: ${join(", ", local.taken_names)}. Rename one of these pools."
    }
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  for_each = var.user_pools

  name                        = each.key
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  mode                        = "User"
  vm_size                     = each.value.vm_size
  orchestrator_version        = var.kubernetes_version
  auto_scaling_enabled        = true
  min_count                   = each.value.min_count
  max_count                   = each.value.max_count
  zones                       = length(each.value.zones) == 0 ? null : each.value.zones
  os_disk_size_gb             = each.value.os_disk_size_gb
  os_disk_type                = each.value.os_disk_type
  host_encryption_enabled     = var.host_encryption_enabled
  vnet_subnet_id              = var.subnet_id
  temporary_name_for_rotation = local.temporary_names[each.key]
  tags                        = var.tags

  priority        = each.value.spot ? "Spot" : "Regular"
  eviction_policy = each.value.spot ? "Delete" : null
  spot_max_price  = each.value.spot ? -1 : null

  # Azure adds these two to spot pools by itself; written down, they are no change in the next plan.
  node_labels = merge(each.value.labels, each.value.spot ? { "kubernetes.azure.com/scalesetpriority" = "spot" } : {})
  node_taints = concat(each.value.taints, each.value.spot ? ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"] : [])

  # Spot pools cannot surge.
  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : [1]
    content {
      max_surge                     = "10%"
      drain_timeout_in_minutes      = var.drain_timeout_in_minutes
      node_soak_duration_in_minutes = 0
    }
  }

  lifecycle {
    ignore_changes = [node_count]
  }
}

# On the resource group, the role is older than the cluster, and in effect when the cluster is ready.
resource "azurerm_role_assignment" "cluster_admin_before" {
  for_each = var.cluster_admin_scope == null ? {} : var.cluster_admin_principal_ids

  scope                = var.cluster_admin_scope.id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = each.value
}

resource "azurerm_role_assignment" "cluster_admin" {
  for_each = var.cluster_admin_scope == null ? var.cluster_admin_principal_ids : {}

  scope                = azurerm_kubernetes_cluster.this.id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = each.value
}

# What the agent that oms_agent installs is to collect, and where to: it asks for this by the association's name.
resource "azurerm_monitor_data_collection_rule" "containers" {
  count = var.log_analytics_workspace == null ? 0 : 1

  name                = "${var.name}-containers"
  resource_group_name = var.resource_group_name
  location            = coalesce(var.log_analytics_workspace.location, var.location)
  tags                = var.tags

  destinations {
    log_analytics {
      name                  = "workspace"
      workspace_resource_id = var.log_analytics_workspace.id
    }
  }

  data_sources {
    extension {
      name           = "ContainerInsightsExtension"
      extension_name = "ContainerInsights"
      streams        = ["Microsoft-ContainerInsights-Group-Default"]
      extension_json = jsonencode({
        dataCollectionSettings = { interval = "1m", namespaceFilteringMode = "Off", enableContainerLogV2 = true }
      })
    }
  }

  data_flow {
    streams      = ["Microsoft-ContainerInsights-Group-Default"]
    destinations = ["workspace"]
  }
}

resource "azurerm_monitor_data_collection_rule_association" "containers" {
  count = var.log_analytics_workspace == null ? 0 : 1

  name                    = "ContainerInsightsExtension"
  target_resource_id      = azurerm_kubernetes_cluster.this.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.containers[0].id
}

# Managed Prometheus: monitor_metrics installs what collects, and these say where to.
resource "azurerm_monitor_data_collection_endpoint" "metrics" {
  count = var.monitor_workspace == null ? 0 : 1

  # Azure takes up to 44 characters.
  name                = "${substr(var.name, 0, 36)}-metrics"
  resource_group_name = var.resource_group_name
  location            = coalesce(var.monitor_workspace.location, var.location)
  kind                = "Linux"
  tags                = var.tags
}

resource "azurerm_monitor_data_collection_rule" "metrics" {
  count = var.monitor_workspace == null ? 0 : 1

  name                        = "${var.name}-metrics"
  resource_group_name         = var.resource_group_name
  location                    = coalesce(var.monitor_workspace.location, var.location)
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.metrics[0].id
  kind                        = "Linux"
  tags                        = var.tags

  destinations {
    monitor_account {
      name               = "workspace"
      monitor_account_id = var.monitor_workspace.id
    }
  }

  data_sources {
    prometheus_forwarder {
      name    = "PrometheusDataSource"
      streams = ["Microsoft-PrometheusMetrics"]
    }
  }

  data_flow {
    streams      = ["Microsoft-PrometheusMetrics"]
    destinations = ["workspace"]
  }
}

resource "azurerm_monitor_data_collection_rule_association" "metrics" {
  count = var.monitor_workspace == null ? 0 : 1

  name                    = "${var.name}-metrics"
  target_resource_id      = azurerm_kubernetes_cluster.this.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.metrics[0].id
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = var.diagnostic_settings

  name                       = each.key
  target_resource_id         = azurerm_kubernetes_cluster.this.id
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

check "someone_may_sign_in" {
  assert {
    condition     = !var.local_account_disabled || length(var.admin_group_object_ids) + length(var.cluster_admin_principal_ids) > 0
    error_message = "Local accounts are off and nobody has been given access: only subscription-level role assignments let anyone use the cluster. Name groups in admin_group_object_ids, or principals (at least the one that runs Terraform) in cluster_admin_principal_ids."
  }
}
