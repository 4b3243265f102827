locals {
  # First address and size of each range, as numbers: two ranges overlap when each begins before the other ends.
  ranges = merge(
    {
      "pod_cidr (${var.pod_cidr})"         = var.pod_cidr
      "service_cidr (${var.service_cidr})" = var.service_cidr
    },
    { for range in var.network_cidrs : "network_cidrs (${range})" => range },
  )
  bounds = {
    for name, range in local.ranges : name => {
      first = sum([for i, octet in split(".", cidrhost(range, 0)) : tonumber(octet) * pow(256, 3 - i)])
      size  = pow(2, 32 - tonumber(split("/", range)[1]))
    }
  }
  overlaps = flatten([
    for i, a in keys(local.bounds) : [
      for b in slice(keys(local.bounds), i + 1, length(local.bounds)) : "${a} and ${b}"
      if local.bounds[a].first < local.bounds[b].first + local.bounds[b].size
      && local.bounds[b].first < local.bounds[a].first + local.bounds[a].size
      # Ranges of networks among themselves are no business of the cluster's.
      && !(startswith(a, "network_cidrs") && startswith(b, "network_cidrs"))
    ]
  ])

  own_private_dns_zone = var.private_cluster_enabled && startswith(var.private_dns_zone_id, "/")
  everybody            = anytrue([for range in var.api_server_authorized_ip_ranges : endswith(range, "/0")])
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

  private_cluster_enabled           = var.private_cluster_enabled
  private_dns_zone_id               = var.private_cluster_enabled ? var.private_dns_zone_id : null
  run_command_enabled               = false
  role_based_access_control_enabled = true
  local_account_disabled            = var.local_account_disabled
  oidc_issuer_enabled               = true
  workload_identity_enabled         = true

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

  default_node_pool {
    name                         = var.system_pool.name
    vm_size                      = var.system_pool.vm_size
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

    # Azure's own values, in so many words: left out, they would show as a change in every plan.
    upgrade_settings {
      max_surge                     = "10%"
      drain_timeout_in_minutes      = 30
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

  dynamic "oms_agent" {
    for_each = var.log_analytics_workspace_id == null ? [] : [var.log_analytics_workspace_id]
    content {
      log_analytics_workspace_id      = oms_agent.value
      msi_auth_for_monitoring_enabled = true
    }
  }

  lifecycle {
    # The autoscaler owns the number of nodes; the module aks-gateway-api owns the routing add-on, whose newer settings
    # azurerm reads as a block that nobody declared.
    ignore_changes = [default_node_pool[0].node_count, web_app_routing]

    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "Address ranges overlap: ${join("; ", local.overlaps)}. Pods, services and the network need ranges of their own; change pod_cidr or service_cidr."
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
      condition     = var.subnet_id != null || !contains(["userAssignedNATGateway", "userDefinedRouting"], var.outbound_type)
      error_message = "outbound_type \"${var.outbound_type}\" is a property of a subnet of yours. Give its id in subnet_id, or use \"loadBalancer\" or \"managedNATGateway\"."
    }
    precondition {
      condition     = !contains(keys(var.user_pools), var.system_pool.name)
      error_message = "The system pool and a user pool are both called \"${var.system_pool.name}\". Rename one."
    }
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  for_each = var.user_pools

  name                        = each.key
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  mode                        = "User"
  vm_size                     = each.value.vm_size
  auto_scaling_enabled        = true
  min_count                   = each.value.min_count
  max_count                   = each.value.max_count
  zones                       = length(each.value.zones) == 0 ? null : each.value.zones
  os_disk_size_gb             = each.value.os_disk_size_gb
  os_disk_type                = each.value.os_disk_type
  host_encryption_enabled     = var.host_encryption_enabled
  vnet_subnet_id              = var.subnet_id
  temporary_name_for_rotation = "temporary"
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
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  lifecycle {
    ignore_changes = [node_count]
  }
}

resource "azurerm_role_assignment" "cluster_admin" {
  for_each = var.cluster_admin_principal_ids

  scope                = azurerm_kubernetes_cluster.this.id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = each.value
}

check "someone_may_sign_in" {
  assert {
    condition     = !var.local_account_disabled || length(var.admin_group_object_ids) + length(var.cluster_admin_principal_ids) > 0
    error_message = "Local accounts are off and nobody has been given access: only subscription-level role assignments let anyone use the cluster. Name groups in admin_group_object_ids, or principals (at least the one that runs Terraform) in cluster_admin_principal_ids."
  }
}
