# What the module refuses at plan. A run with the wrong values of several inputs passes only if each of them is refused.
mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  name                        = "example"
  resource_group_name         = "example"
  location                    = "westeurope"
  cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
}

run "wrong_inputs_1" {
  command = plan
  variables {
    name                        = "-example"
    resource_group_name         = "example."
    location                    = " "
    sku_tier                    = "Paid"
    kubernetes_version          = "1.33" # version alias
    automatic_upgrade_channel   = "weekly"
    node_os_upgrade_channel     = "Weekly"
    private_dns_zone_id         = "privatelink.westeurope.azmk8s.io"
    admin_group_object_ids      = ["admins"] # group by name
    subnet_id                   = "nodes"    # subnet by name
    network_cidrs               = ["10.10.0.0"]
    pod_cidr                    = "10.244.0.0"
    service_cidr                = "10.0.0.0/8" # service range too large
    outbound_type               = "proxy"
    system_pool                 = { name = "System1" }
    user_pools                  = { "flow-runs" = {} }
    cluster_admin_principal_ids = { deployer = "me@example.com" }                 # admin a name
    entra_tenant_id             = "example.onmicrosoft.com"                       # tenant a domain
    log_analytics_workspace     = { id = "11111111-1111-4111-8111-111111111111" } # workspace by customer id
    monitor_workspace           = { id = "metrics" }
    kubelogin_login             = "password"

    # Two identities.
    identity_ids = [for n in ["a", "b"] : "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${n}"]
  }
  expect_failures = [
    var.name,
    var.resource_group_name,
    var.location,
    var.sku_tier,
    var.kubernetes_version,
    var.automatic_upgrade_channel,
    var.node_os_upgrade_channel,
    var.private_dns_zone_id,
    var.admin_group_object_ids,
    var.identity_ids,
    var.subnet_id,
    var.network_cidrs,
    var.pod_cidr,
    var.service_cidr,
    var.outbound_type,
    var.system_pool,
    var.user_pools,
    var.cluster_admin_principal_ids,
    var.entra_tenant_id,
    var.log_analytics_workspace,
    var.monitor_workspace,
    var.kubelogin_login,
  ]
}

run "wrong_inputs_2" {
  command = plan
  variables {
    name         = "a123456789b123456789c123456789d123456789e123456789f12345" # name too long
    identity_ids = ["my-identity"]                                            # identity a name
    system_pool  = { min_count = 5, max_count = 3 }                           # system pool counts
    user_pools   = { flows = { min_count = 3, max_count = 2 } }               # user pool counts

    # Addresses in the ranges instead of their first ones.
    network_cidrs = ["10.10.0.0/16", "10.20.5.0/16"]
    pod_cidr      = "10.244.1.0/16"
    service_cidr  = "10.245.1.0/16"
  }
  expect_failures = [
    var.name,
    var.identity_ids,
    var.system_pool,
    var.user_pools,
    var.network_cidrs,
    var.pod_cidr,
    var.service_cidr,
  ]
}

run "all_pools_tainted" {
  command = plan
  variables {
    user_pools = { flows = { taints = ["dedicated=flows:NoSchedule"] }, cheap = { spot = true } }
  }
  expect_failures = [var.user_pools]
}

run "taint" {
  command = plan
  variables {
    user_pools = { flows = {}, gpu = { taints = ["gpu"] } }
  }
  expect_failures = [var.user_pools]
}

run "authorized_range" {
  command = plan
  variables {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["198.51.100.7"]
  }
  expect_failures = [var.api_server_authorized_ip_ranges]
}

run "pods_overlap_services" {
  command = plan
  variables {
    pod_cidr     = "10.244.0.0/15"
    service_cidr = "10.245.0.0/16"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "pods_overlap_network" {
  command = plan
  variables {
    pod_cidr      = "10.10.128.0/17"
    network_cidrs = ["10.10.0.0/16"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "services_overlap_network" {
  command = plan
  variables {
    network_cidrs = ["192.168.0.0/16", "10.245.8.0/24"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "public_for_nobody_named" {
  command = plan
  variables {
    private_cluster_enabled = false
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "ranges_of_private" {
  command = plan
  variables {
    api_server_authorized_ip_ranges = ["198.51.100.0/24"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "public_for_everybody" {
  command = plan
  variables {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["0.0.0.0/0"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "pinned_and_upgraded" {
  command = plan
  variables {
    kubernetes_version = "1.33.5"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "node_image_channels" {
  command = plan
  variables {
    automatic_upgrade_channel = "node-image"
    node_os_upgrade_channel   = "SecurityPatch"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "own_zone_without_identity" {
  command = plan
  variables {
    private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "routes_without_subnet" {
  command = plan
  variables {
    outbound_type = "userDefinedRouting"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "same_pool_name" {
  command = plan
  variables {
    user_pools = { system = {} }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "nobody_signs_in" {
  command = plan
  variables {
    cluster_admin_principal_ids = {}
  }
  expect_failures = [check.someone_may_sign_in]
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
    values = { output = {
      cluster = { location = "northeurope", kubelet_identity = "one of yours" }, zone = "none"
      kubelet = "/subscriptions/11111111-1111-4111-8111-111111111111/resourcegroups/example/providers/microsoft.managedidentity/userassignedidentities/other"
    } }
  }
  variables {
    identity_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "services_where_aks_is" {
  command = plan
  variables {
    service_cidr = "172.30.128.0/20"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "more_nodes_than_ranges_for_pods" {
  command = plan
  variables {
    pod_cidr   = "10.244.0.0/21" # room for 8: 3 + 1, and 4 + 1
    user_pools = { flows = { max_count = 4 } }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "managed_gateway_in_own_network" {
  command = plan
  variables {
    subnet_id     = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/nodes"
    outbound_type = "managedNATGateway"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "private_without_a_name" {
  command = plan
  variables {
    private_dns_zone_id = "None"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "public_name_of_public_cluster" {
  command = plan
  variables {
    private_cluster_enabled             = false
    api_server_authorized_ip_ranges     = ["198.51.100.0/24"]
    private_cluster_public_fqdn_enabled = true
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "temporary_name_taken" {
  command = plan
  variables {
    user_pools = { flows = {}, t93a9c236e93 = {} }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "admin_scope_not_a_group" {
  command = plan
  variables {
    cluster_admin_scope = { id = "example" }
  }
  expect_failures = [var.cluster_admin_scope]
}

run "kubelet_identity_alone" {
  command = plan
  variables {
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "burstable_system_pool" {
  command = plan
  variables {
    system_pool = { vm_size = "Standard_B4ms" }
  }
  expect_failures = [var.system_pool]
}

run "range_with_host_bits" {
  command = plan
  variables {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["198.51.100.7/24"]
  }
  expect_failures = [var.api_server_authorized_ip_ranges]
}

run "kubelet_identity_by_name" {
  command = plan
  variables {
    identity_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "nodes"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [var.kubelet_identity]
}

run "kubelet_identity_by_application" {
  command = plan
  variables {
    identity_ids = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
      client_id = "nodes"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [var.kubelet_identity]
}

run "window_frequency" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { frequency = "Yearly" }
    maintenance_window_node_os      = { frequency = "Yearly" }
    drain_timeout_in_minutes        = 0
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os, var.drain_timeout_in_minutes]
}

run "window_day" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { day_of_week = "sunday" }
    maintenance_window_node_os      = { day_of_week = "sunday" }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}

run "window_day_of_month" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { frequency = "AbsoluteMonthly" }
    maintenance_window_node_os      = { frequency = "AbsoluteMonthly" }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}

run "window_week" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { week_index = "First" }
    maintenance_window_node_os      = { week_index = "First" }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}

run "window_start" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { start_time = "2am" }
    maintenance_window_node_os      = { start_time = "2am" }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}

run "window_duration" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { duration = 2 }
    maintenance_window_node_os      = { duration = 2 }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}

run "window_spans" {
  command = plan
  variables {
    maintenance_window_auto_upgrade = { not_allowed = [{ start = "2027-01-02T00:00:00Z", end = "2026-12-24T00:00:00Z" }] }
    maintenance_window_node_os      = { not_allowed = [{ start = "2027-01-02T00:00:00Z", end = "2026-12-24T00:00:00Z" }] }
  }
  expect_failures = [var.maintenance_window_auto_upgrade, var.maintenance_window_node_os]
}
